// What a program takes on its command line, as one table: parsing, help, completion and guesses at what was
// meant all read it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "apps/shell/field_json.hpp"

namespace hamgen::apps {

class Arguments;

struct Flag {
  std::string name;         // "image-size": typed with two dashes
  std::string placeholder;  // of its value, "N" or "DIR"; empty where it takes none
  std::string help;
  std::string path{};                              // of the configuration field that it is short for
  char letter = '\0';                              // typed with one dash
  std::vector<std::string> (*values)() = nullptr;  // names that can stand there
};

struct FlagGroup {
  std::string title;
  std::vector<Flag> flags;
  std::string command{};  // the one command that they are for
};

// A word that a program begins with, in place of flags: "hamgen info DIR".
struct Command {
  std::string name;
  std::string argument;  // what it needs, in words; empty where it needs nothing
  std::string summary;
  std::vector<std::string> flags;  // those that it takes beside the group of its own; all others are refused
  int (*run)(const Arguments&);
};

// A flag of other programs, or of none, and what does it here: "frames" -> "--steps N gives N + 1 frames".
struct Synonym {
  std::string name, instead;
};

struct CommandLine {
  std::string program;
  std::string synopsis;  // without the program's name: "--system NAME [options]"
  std::string overview;  // above the flags
  std::vector<FlagGroup> groups;
  std::vector<Command> commands;
  std::vector<Synonym> synonyms;
  std::string words{};  // "RUN...": what may stand there beside commands
  // A sentence for a word that is no command but was meant as something; "" where nothing is known of it.
  std::string (*guess)(const std::string& word) = nullptr;
  std::string (*version)() = nullptr;
  int (*run)(const Arguments&) = nullptr;  // where no command is given
  // Whether what was typed, without a command, computes with OpenMP: its threads wait asleep then (restart.hpp).
  bool (*uses_openmp)(const Arguments&) = nullptr;
};

// Every flag of a line, in the order of the help.
std::vector<const Flag*> flags_of(const CommandLine& line);
const FlagGroup& group_of(const CommandLine& line, const Flag& flag);
const Command* find_command(const CommandLine& line, std::string_view name);
// Whether a flag is for this command; null: for the program where no command is given.
bool takes(const CommandLine& line, const Command* command, const Flag& flag);

// What was typed. Every member throws schemas::FieldError (and cxxopts its own) that names the flag.
class Arguments {
 public:
  Arguments(const CommandLine& line, std::vector<std::string> typed);

  bool has(const std::string& flag) const { return values_.contains(flag); }
  // The last value; "" where there is none.
  std::string text(const std::string& flag) const;
  std::string text(const std::string& flag, const std::string& otherwise) const {
    return has(flag) ? text(flag) : otherwise;
  }
  std::int64_t whole(const std::string& flag, std::int64_t otherwise, double at_least, double at_most) const;
  // Those flags that were given, in the order of the help.
  const std::vector<const Flag*>& given() const { return given_; }
  const std::vector<std::string>& words() const { return words_; }
  // Of shorthands, then of --set: later ones win.
  Assignments assignments() const;
  bool sets_fields() const { return !assignments_.empty(); }
  // The argument of a command; the last word.
  const std::string& argument() const { return words_.back(); }
  // The first of these that was given is refused: "--index does not go with --sample".
  void refuse(const std::vector<std::string>& flags, const std::string& why) const;

 private:
  std::map<std::string, std::string> values_;
  std::vector<const Flag*> given_;
  std::vector<std::string> words_;
  Assignments assignments_;
};

// Removes "--set path=value" and "--set=path=value" from the arguments: values hold commas inside lists, at
// which cxxopts would cut them. Throws schemas::FieldError for anything else behind --set.
Assignments take_assignments(std::vector<std::string>& arguments);

// The value of --flag. Throws schemas::FieldError that names the flag and what is allowed.
std::int64_t whole_number(const std::string& flag, const std::string& text, double at_least, double at_most);

}  // namespace hamgen::apps
