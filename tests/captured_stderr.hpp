// What a test's subject prints on stderr.
#pragma once

#include <unistd.h>

#include <cstdio>
#include <string>

namespace hamgen::tests {

// What `work` prints there: stderr is a file meanwhile.
template <class Work>
std::string captured_stderr(Work work) {
  std::FILE* const file = std::tmpfile();
  {
    struct Redirected {
      explicit Redirected(int to) : saved(dup(STDERR_FILENO)) {
        std::fflush(stderr);
        dup2(to, STDERR_FILENO);
      }
      ~Redirected() {
        std::fflush(stderr);
        dup2(saved, STDERR_FILENO);
        close(saved);
      }
      int saved;
    } const redirected(fileno(file));
    work();
  }
  std::string text;
  std::rewind(file);
  for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file)) text += static_cast<char>(c);
  std::fclose(file);
  return text;
}

}  // namespace hamgen::tests
