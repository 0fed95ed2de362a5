#include "apps/evaluate/value_json.hpp"

#include "dataset/format/sealed_json.hpp"
#include "model/base/tensors.hpp"
#include "model/metrics/statistics.hpp"

namespace hamgen::apps {

Json interval_json(const std::vector<double>& values) {
  const model::Interval interval = model::mean_interval(values);
  return {{"mean", dataset::number(interval.mean)},
          {"ci95", dataset::number(interval.half_width)},
          {"n", interval.count}};
}

Json about_json(const TrainedRun& run) {
  const auto& settings = run.config.settings;
  Json json{{"run", run.path.string()},
            {"title", run.title()},
            {"model", run.config.model->name},
            {"seed", settings.integer("seed")},
            {"parameters", model::parameter_count(*run.network)}};
  if (settings.values().contains("integrator.method"))
    json["integrator"] = settings.text("integrator.method");
  for (const auto& [key, name] : {std::pair("steps", "steps"), std::pair("seconds", "seconds"),
                                  std::pair("steps_per_second", "steps_per_second"),
                                  std::pair("peak_memory_mib", "memory_mib"), std::pair("ending", "ending")})
    if (run.result.contains(key)) json[name] = run.result.at(key);
  return json;
}

Json list_json(const at::Tensor& values) {
  Json list = Json::array();
  for (const double value : model::to_vector(values)) list.push_back(dataset::number(value));
  return list;
}

}  // namespace hamgen::apps
