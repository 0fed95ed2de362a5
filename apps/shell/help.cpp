#include "apps/shell/help.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <sstream>

#include "schemas/names.hpp"

namespace hamgen::apps {
namespace {

constexpr std::size_t width = 110, column = 30;  // of a line; where the explanations begin

// Words of a text in lines of the page, each below the column's beginning.
std::string wrapped(const std::string& text, std::size_t indent) {
  std::string lines;
  std::size_t at = indent;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    if (at > indent && at + 1 + word.size() > width) {
      lines += "\n" + std::string(indent, ' ');
      at = indent;
    }
    lines += (at > indent ? " " : "") + word;
    at += word.size() + (at > indent ? 1 : 0);
  }
  return lines;
}

std::string row(const std::string& name, const std::string& text) {
  std::string line = "  " + name;
  line +=
      line.size() + 2 <= column ? std::string(column - line.size(), ' ') : "\n" + std::string(column, ' ');
  return line + wrapped(text, column) + "\n";
}

std::string shown(const Flag& flag) {
  const std::string letter = flag.letter == '\0' ? "    " : std::string("-") + flag.letter + ", ";
  return letter + "--" + flag.name + (flag.placeholder.empty() ? "" : " " + flag.placeholder);
}

std::string flags_text(const CommandLine& line, const std::function<bool(const Flag&)>& is_shown) {
  std::string text;
  for (const FlagGroup& group : line.groups) {
    std::string rows;
    for (const Flag& flag : group.flags)
      if (is_shown(flag)) rows += row(shown(flag), flag.help);
    if (!rows.empty()) text += "\n" + group.title + ":\n" + rows;
  }
  return text;
}

// What every program answers, beside its own commands.
const std::vector<Command>& common_commands() {
  static const std::vector<Command> all{
      {"help", "[COMMAND]", "print this, or what a command takes", {}, nullptr},
      {"version", "", "print the version", {}, nullptr},
      {"completion", "bash|zsh", "print what completes command lines in this shell", {}, nullptr},
  };
  return all;
}

std::vector<Command> all_commands(const CommandLine& line) {
  std::vector<Command> all = line.commands;
  all.insert(all.end(), common_commands().begin(), common_commands().end());
  return all;
}

// ---- completion ------------------------------------------------------------------------------------------

// "-o --out" as a shell's words.
std::string spellings(const Flag& flag, const std::string& between) {
  return (flag.letter == '\0' ? "" : std::string("-") + flag.letter + between) + "--" + flag.name;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

// What stands behind a flag: names of its own, a directory, a file, or nothing that is known.
std::string completed_value(const Flag& flag) {
  if (flag.values != nullptr)
    return "COMPREPLY=($(compgen -W '" + joined(flag.values()) + "' -- \"$current\"))";
  if (flag.placeholder == "DIR" || flag.placeholder == "RUN")
    return "COMPREPLY=($(compgen -d -- \"$current\"))";
  if (flag.placeholder == "FILE") return "COMPREPLY=($(compgen -f -- \"$current\"))";
  return "COMPREPLY=()";
}

std::string bash_completion(const CommandLine& line) {
  std::string function = "_" + line.program, flags, commands, arguments;
  std::ranges::replace(function, '-', '_');
  std::string text =
      "# Completes command lines of " + line.program + ":  source <(" + line.program + " completion bash)\n" +
      function +
      "() {\n  local current=\"${COMP_WORDS[COMP_CWORD]}\" before=\"${COMP_WORDS[COMP_CWORD-1]}\"\n"
      "  case \"$before\" in\n";
  for (const Flag* flag : flags_of(line)) {
    flags += (flags.empty() ? "" : " ") + spellings(*flag, " ");
    if (!flag->placeholder.empty())
      text += "    " + spellings(*flag, "|") + ") " + completed_value(*flag) + "; return ;;\n";
  }
  for (const Command& command : all_commands(line)) {
    commands += (commands.empty() ? "" : " ") + command.name;
    std::string words = command.argument;
    std::ranges::replace(words, '|', ' ');
    if (command.argument.find('|') != std::string::npos)
      arguments +=
          "    " + command.name + ") COMPREPLY=($(compgen -W '" + words + "' -- \"$current\")); return ;;\n";
    else if (command.argument == "DIR")
      arguments += "    " + command.name + ") COMPREPLY=($(compgen -d -- \"$current\")); return ;;\n";
  }
  arguments += "    help) COMPREPLY=($(compgen -W '" + commands + "' -- \"$current\")); return ;;\n";
  return text + arguments + "  esac\n  if [[ \"$current\" == -* ]]; then\n    COMPREPLY=($(compgen -W '" +
         flags + "' -- \"$current\"))\n  elif ((COMP_CWORD == 1)); then\n    COMPREPLY=($(compgen -W '" +
         commands + "' -- \"$current\")" + (line.words.empty() ? "" : " $(compgen -d -- \"$current\")") +
         ")\n  else\n    COMPREPLY=($(compgen -d -- \"$current\"))\n  fi\n}\ncomplete -o filenames -F " +
         function + " " + line.program + "\n";
}

// Quotes and colons mean something to _arguments.
std::string zsh_text(const std::string& text) {
  std::string quoted;
  for (const char letter : text) {
    if (letter == '\'') {
      quoted += "'\\''";
      continue;
    }
    if (letter == ':' || letter == '[' || letter == ']' || letter == '\\') quoted += '\\';
    quoted += letter;
  }
  return quoted;
}

std::string zsh_completion(const CommandLine& line) {
  std::string function = "_" + line.program;
  std::ranges::replace(function, '-', '_');
  std::string text = "#compdef " + line.program + "\n# Completes command lines of " + line.program +
                     ":  source <(" + line.program + " completion zsh)\n" + function +
                     "() {\n  _arguments -s -S";
  for (const Flag* flag : flags_of(line)) {
    std::string value;
    if (flag->values != nullptr)
      value = ":" + flag->placeholder + ":(" + joined(flag->values()) + ")";
    else if (flag->placeholder == "DIR" || flag->placeholder == "RUN")
      value = ":" + flag->placeholder + ":_files -/";
    else if (!flag->placeholder.empty())
      value = ":" + flag->placeholder + ":" + (flag->placeholder == "FILE" ? "_files" : " ");
    std::vector<std::string> names{"--" + flag->name};
    if (flag->letter != '\0') names.push_back(std::string("-") + flag->letter);
    for (const std::string& name : names)
      text += " \\\n  '" + name + "[" + zsh_text(flag->help) + "]" + value + "'";
  }
  std::string commands;
  for (const Command& command : all_commands(line))
    commands += (commands.empty() ? "" : " ") + command.name + "\\:\"" + zsh_text(command.summary) + "\"";
  return text + " \\\n  '1: :" + (line.words.empty() ? "" : "_files -/' '1: :") + "((" + commands +
         "))' \\\n  '*: :_files'\n";
}

}  // namespace

std::string help_text(const CommandLine& line) {
  std::string text = line.program + " - " + line.overview;
  text += "\nUsage:\n  " + line.program + " " + line.synopsis + "\n\nCommands:\n";
  for (const Command& command : all_commands(line))
    text += row(command.name + (command.argument.empty() ? "" : " " + command.argument), command.summary);
  return text + flags_text(line, [](const Flag&) { return true; });
}

std::string help_text(const CommandLine& line, const Command& command) {
  std::string text =
      line.program + " " + command.name + (command.argument.empty() ? "" : " " + command.argument);
  text += " - " + command.summary + "\n";
  return text + flags_text(line, [&](const Flag& flag) {
           return takes(line, &command, flag) || flag.name == "help";
         });
}

std::string completion_text(const CommandLine& line, const std::string& shell) {
  if (shell == "bash") return bash_completion(line);
  if (shell == "zsh") return zsh_completion(line);
  const std::vector<std::string_view> known{"bash", "zsh"};
  schemas::refuse_unknown("shell", shell, known);
}

}  // namespace hamgen::apps
