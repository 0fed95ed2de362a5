#include "apps/generate/suite.hpp"

#include <algorithm>

#include "apps/shell/preset_texts.hpp"
#include "schemas/names.hpp"

namespace hamgen::apps {

const std::vector<DatasetPreset>& suite() {
  static const std::vector<DatasetPreset> list = [] {
    std::vector<DatasetPreset> all;
    for (const auto& [name, text] : suite_texts()) {
      Json json = parse_json(text);
      all.push_back({name, json.at("summary").get<std::string>(), std::move(json.at("config"))});
    }
    return all;
  }();
  return list;
}

const DatasetPreset& find_dataset_preset(const std::string& name) {
  const auto renamed = std::ranges::find(suite(), suite_prefix + name, &DatasetPreset::name);
  return renamed != suite().end() ? *renamed
                                  : schemas::find_named(suite(), "preset", name, &DatasetPreset::name);
}

}  // namespace hamgen::apps
