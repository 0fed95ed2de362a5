# Writes OUTPUT: hamgen::apps::FUNCTION(), which HEADER declares, the texts of FILES (separated by commas), by the name
# of each without its ending.
string(REPLACE "," ";" files "${FILES}")
set(rows "")
foreach(file IN LISTS files)
  get_filename_component(name ${file} NAME_WE)
  file(READ ${file} content)
  string(APPEND rows "      {\"${name}\", R\"text(${content})text\"},\n")
endforeach()
file(
  WRITE ${OUTPUT}
  "#include \"${HEADER}\"

namespace hamgen::apps {
std::vector<std::pair<std::string, std::string>> ${FUNCTION}() {
  return {
${rows}  };
}
}  // namespace hamgen::apps
")
