# Run at every build: writes OUTPUT with the version and the commit of SOURCE, and touches it only when they change.
execute_process(
  COMMAND git describe --always --abbrev=40 --match= --dirty
  WORKING_DIRECTORY ${SOURCE}
  OUTPUT_VARIABLE commit
  OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(NOT commit)
  set(commit "unknown")
endif()
set(text "#include \"apps/shell/version.hpp\"

namespace hamgen::apps {
const char* const version = \"${VERSION}\";
const char* const git_commit = \"${commit}\";
}  // namespace hamgen::apps
")
if(EXISTS ${OUTPUT})
  file(READ ${OUTPUT} before)
endif()
if(NOT "${before}" STREQUAL "${text}")
  file(WRITE ${OUTPUT} "${text}")
endif()
