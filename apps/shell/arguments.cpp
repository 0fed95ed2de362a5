#include "apps/shell/arguments.hpp"

#include <algorithm>
#include <cxxopts.hpp>

#include "schemas/names.hpp"

namespace hamgen::apps {
namespace {

using schemas::FieldError;

const Flag* find_flag(const CommandLine& line, std::string_view name) {
  for (const Flag* flag : flags_of(line))
    if (flag->name == name) return flag;
  return nullptr;
}

const Flag* find_letter(const CommandLine& line, char letter) {
  for (const Flag* flag : flags_of(line))
    if (flag->letter == letter || (flag->name.size() == 1 && flag->name.front() == letter)) return flag;
  return nullptr;
}

// "--frames" is known elsewhere; "--image-sise" is a slip; a field's own name is set otherwise.
[[noreturn]] void refuse_flag(const CommandLine& line, const std::string& name) {
  const std::string head = "there is no flag --" + name;
  if (const auto known = std::ranges::find(line.synonyms, name, &Synonym::name); known != line.synonyms.end())
    throw FieldError(head + ": " + known->instead);
  std::vector<std::string_view> names;
  for (const Flag* flag : flags_of(line)) names.push_back(flag->name);
  std::string underscored = name;
  std::ranges::replace(underscored, '_', '-');
  const auto nearest = schemas::nearest_name(underscored, names);
  throw FieldError(head + (nearest ? "; did you mean --" + std::string(*nearest) + "?"
                                   : " (" + line.program + " --help lists all)"));
}

// The flag that begins a word: null where the word is none.
const Flag* flag_of(const CommandLine& line, const std::string& word) {
  if (word.size() < 2 || word[0] != '-') return nullptr;
  if (word[1] != '-') {
    if (std::isalpha(static_cast<unsigned char>(word[1])) == 0) return nullptr;  // "-5"
    const Flag* const flag = find_letter(line, word[1]);
    if (flag == nullptr) refuse_flag(line, word.substr(1));
    return flag;
  }
  const std::string name = word.substr(2, word.find('=') - 2);
  const Flag* const flag = find_flag(line, name);
  if (flag == nullptr && !name.empty()) refuse_flag(line, name);
  return flag;
}

// Unknown flags are refused before cxxopts sees them, with what was meant. It knows one-letter flags with one
// dash only: --n and --n=5 become -n.
std::vector<std::string> checked(const CommandLine& line, const std::vector<std::string>& typed) {
  std::vector<std::string> arguments{line.program};
  for (std::size_t i = 0; i < typed.size(); ++i) {
    const std::string& word = typed[i];
    if (word == "--") {
      arguments.insert(arguments.end(), typed.begin() + static_cast<std::ptrdiff_t>(i), typed.end());
      break;
    }
    const Flag* const flag = flag_of(line, word);
    const bool holds_value =
        word.find('=') != std::string::npos || (word[0] == '-' && word[1] != '-' && word.size() > 2);
    if (flag != nullptr && flag->name.size() == 1 && word[1] == '-') {
      arguments.push_back("-" + flag->name);
      if (holds_value) arguments.push_back(word.substr(word.find('=') + 1));
    } else {
      arguments.push_back(word);
    }
    if (flag == nullptr || flag->placeholder.empty() || holds_value) continue;
    if (i + 1 == typed.size()) throw FieldError("--" + flag->name + " needs a value: " + flag->placeholder);
    arguments.push_back(typed[++i]);
  }
  return arguments;
}

cxxopts::Options parser_of(const CommandLine& line) {
  cxxopts::Options options(line.program);
  auto add = options.add_options();
  for (const Flag* flag : flags_of(line)) {
    const std::string name = (flag->letter != '\0' ? std::string(1, flag->letter) + "," : "") + flag->name;
    if (flag->placeholder.empty())
      add(name, "");
    else
      add(name, "", cxxopts::value<std::string>());
  }
  add("words", "", cxxopts::value<std::vector<std::string>>());
  options.parse_positional({"words"});
  return options;
}

}  // namespace

std::vector<const Flag*> flags_of(const CommandLine& line) {
  std::vector<const Flag*> all;
  for (const FlagGroup& group : line.groups)
    for (const Flag& flag : group.flags) all.push_back(&flag);
  return all;
}

const FlagGroup& group_of(const CommandLine& line, const Flag& flag) {
  return *std::ranges::find_if(line.groups, [&](const FlagGroup& group) {
    return std::ranges::any_of(group.flags, [&](const Flag& one) { return &one == &flag; });
  });
}

const Command* find_command(const CommandLine& line, std::string_view name) {
  const auto found = std::ranges::find(line.commands, name, &Command::name);
  return found == line.commands.end() ? nullptr : &*found;
}

bool takes(const CommandLine& line, const Command* command, const Flag& flag) {
  const std::string& only = group_of(line, flag).command;
  if (command == nullptr) return only.empty();
  return only == command->name || std::ranges::find(command->flags, flag.name) != command->flags.end();
}

Arguments::Arguments(const CommandLine& line, std::vector<std::string> typed)
    : assignments_(take_assignments(typed)) {
  const std::vector<std::string> arguments = checked(line, typed);
  std::vector<const char*> pointers;
  for (const std::string& argument : arguments) pointers.push_back(argument.c_str());
  cxxopts::Options options = parser_of(line);
  const auto parsed = options.parse(static_cast<int>(pointers.size()), pointers.data());
  for (const Flag* flag : flags_of(line)) {
    if (parsed.count(flag->name) == 0) continue;
    given_.push_back(flag);
    values_[flag->name] = flag->placeholder.empty() ? "" : parsed[flag->name].as<std::string>();
  }
  if (parsed.count("words") > 0) words_ = parsed["words"].as<std::vector<std::string>>();
  if (const Flag* const set = find_flag(line, "set"); set != nullptr && !assignments_.empty())
    given_.push_back(set);
  else if (!assignments_.empty())
    refuse_flag(line, "set");
}

std::string Arguments::text(const std::string& flag) const {
  const auto found = values_.find(flag);
  return found == values_.end() ? "" : found->second;
}

std::int64_t Arguments::whole(const std::string& flag, std::int64_t otherwise, double at_least,
                              double at_most) const {
  return has(flag) ? whole_number(flag, text(flag), at_least, at_most) : otherwise;
}

Assignments Arguments::assignments() const {
  Assignments all;
  for (const Flag* flag : given_)
    if (!flag->path.empty()) all.emplace_back(flag->path, text(flag->name));
  all.insert(all.end(), assignments_.begin(), assignments_.end());
  return all;
}

void Arguments::refuse(const std::vector<std::string>& flags, const std::string& why) const {
  for (const Flag* flag : given_)
    if (std::ranges::find(flags, flag->name) != flags.end()) throw FieldError("--" + flag->name + " " + why);
}

Assignments take_assignments(std::vector<std::string>& arguments) {
  Assignments assignments;
  for (auto at = arguments.begin(); at != arguments.end();) {
    std::string text;
    if (*at == "--set" && at + 1 != arguments.end()) {
      text = *(at + 1);
      at = arguments.erase(at, at + 2);
    } else if (at->starts_with("--set=")) {
      text = at->substr(6);
      at = arguments.erase(at);
    } else {
      ++at;
      continue;
    }
    const auto equals = text.find('=');
    if (equals == std::string::npos || equals == 0)
      throw FieldError("--set " + text + " is not understood: expected --set path=value");
    assignments.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return assignments;
}

std::int64_t whole_number(const std::string& flag, const std::string& text, double at_least, double at_most) {
  const Json value = Json::parse(text, nullptr, false);
  const auto field = schemas::integer("--" + flag, 0, "", "").at_least(at_least).at_most(at_most);
  if (!value.is_number_integer()) return std::get<std::int64_t>(field.checked(text));
  return std::get<std::int64_t>(field.checked(value.get<std::int64_t>()));
}

}  // namespace hamgen::apps
