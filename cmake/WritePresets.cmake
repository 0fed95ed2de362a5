# Writes OUTPUT: hamgen::apps::FUNCTION(), the texts of the JSON files PRESETS (separated by commas), by the name of each.
string(REPLACE "," ";" files "${PRESETS}")
set(rows "")
foreach(file IN LISTS files)
  get_filename_component(name ${file} NAME_WE)
  file(READ ${file} content)
  string(APPEND rows "      {\"${name}\", R\"json(${content})json\"},\n")
endforeach()
file(
  WRITE ${OUTPUT}
  "#include \"apps/shell/preset_texts.hpp\"

namespace hamgen::apps {
std::vector<std::pair<std::string, std::string>> ${FUNCTION}() {
  return {
${rows}  };
}
}  // namespace hamgen::apps
")
