// The pages that --help prints, and the files that complete command lines in a shell.
#pragma once

#include <string>

#include "apps/shell/arguments.hpp"

namespace hamgen::apps {

// Of the whole program.
std::string help_text(const CommandLine& line);
// Of one command: what it does and the flags that it takes.
std::string help_text(const CommandLine& line, const Command& command);

// To be sourced by bash, or to lie in a directory of zsh's fpath. Throws schemas::FieldError for another shell.
std::string completion_text(const CommandLine& line, const std::string& shell);

}  // namespace hamgen::apps
