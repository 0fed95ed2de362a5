#include "apps/inspect/verification.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "apps/shell/progress.hpp"

namespace hamgen::apps {

std::string verification_text(const std::filesystem::path& dataset, const Verification& verification) {
  std::string text;
  for (const Problem& problem : verification.problems)
    text += fmt::format("  {}  {}: {}\n", problem.word(), problem.file, problem.what);
  for (const std::string& note : verification.notes) text += "  note     " + note + "\n";
  if (verification.regenerated > 0)
    text += fmt::format("  {} trajectories made again: {} equal to the last bit, {} within tolerance\n",
                        verification.regenerated, verification.regenerated_exactly,
                        verification.regenerated - verification.regenerated_exactly);
  const std::string looked = fmt::format("{} files, {}, {} shards, {} trajectories", verification.files,
                                         bytes_text(static_cast<double>(verification.bytes)),
                                         verification.shards, verification.trajectories);
  if (verification.problems.empty()) return fmt::format("{}: whole ({})\n{}", dataset.string(), looked, text);
  if (std::ranges::any_of(verification.problems, &Problem::is_unreadable))
    text += "What cannot be read may be whole: see to permissions, limits or the disk, and verify again\n";
  if (!std::ranges::all_of(verification.problems, &Problem::is_unreadable))
    text += fmt::format("Mend it:  hamgen repair {}\n", dataset.string());
  return fmt::format("{}: {} problem(s) ({})\n{}", dataset.string(), verification.problems.size(), looked,
                     text);
}

Json verification_json(const Verification& verification) {
  Json problems = Json::array();
  for (const Problem& problem : verification.problems)
    problems.push_back(
        {{"file", problem.file}, {"what", problem.what}, {"is_unreadable", problem.is_unreadable}});
  return {{"whole", verification.problems.empty()},
          {"problems", std::move(problems)},
          {"notes", verification.notes},
          {"files", verification.files},
          {"bytes", verification.bytes},
          {"shards", verification.shards},
          {"trajectories", verification.trajectories},
          {"regenerated", verification.regenerated},
          {"regenerated_exactly", verification.regenerated_exactly}};
}

}  // namespace hamgen::apps
