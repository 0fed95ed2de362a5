#include "apps/generate/redraws.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace hamgen::apps {
namespace {

constexpr double worth_a_warning = 0.01, too_many = 0.2;  // of the starts drawn
constexpr std::uint64_t few = 5;                          // whatever their share: they may be chance

double share(std::uint64_t redraws, std::uint64_t trajectories) {
  return static_cast<double>(redraws) / static_cast<double>(redraws + trajectories);
}

// "energy_drift 26, stalled 3"
std::string reasons_text(const dataset::ShardStatistics& statistics) {
  std::string text;
  for (const auto& [reason, count] : statistics.redraw_reasons)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", reason, count);
  return text;
}

}  // namespace

std::map<std::string, std::uint64_t> redraw_reasons(const simulators::RedrawCounts& counts) {
  std::map<std::string, std::uint64_t> reasons;
  for (std::size_t i = 0; i < counts.size(); ++i)
    if (counts[i] > 0) reasons[simulators::redraw_names[i]] = counts[i];
  return reasons;
}

bool allows_redraws(const Config& config, const dataset::Plan& plan) {
  const auto field = std::ranges::find(config.fields, "integrator.allow_redraws", &schemas::Field::path);
  return config.settings.boolean(field->path) || !contains(plan.config, *field);
}

void require_few_redraws(const std::string& split, std::int64_t trajectories,
                         const dataset::ShardStatistics& so_far) {
  const auto size = static_cast<std::uint64_t>(trajectories);
  if (so_far.redraws < few || share(so_far.redraws, size) <= too_many) return;
  throw TooManyRedraws(fmt::format(
      "too many starts of {} cannot be followed: {} were given up ({}), more than {:.0f} % of those drawn, and "
      "the trajectories that are kept would not be distributed as start.* says. Choose starts that can be "
      "followed, allow more (integrator.max_energy_drift, integrator.max_steps), or take what there is with "
      "--set integrator.allow_redraws=true",
      split, so_far.redraws, reasons_text(so_far), 100 * too_many));
}

std::string redraw_warning(const dataset::Manifest& manifest) {
  std::string text;
  for (const dataset::SplitRecord& split : manifest.splits) {
    const dataset::ShardStatistics total = split.statistics();
    if (const double given_up = share(total.redraws, split.trajectories()); given_up > worth_a_warning)
      text += fmt::format(
          "WARNING: {:.1f} % of the starts drawn for {} could not be followed and were drawn again ({}): its "
          "trajectories are not distributed as start.* says\n",
          100 * given_up, split.name, reasons_text(total));
  }
  return text;
}

}  // namespace hamgen::apps
