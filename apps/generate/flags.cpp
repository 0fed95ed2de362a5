#include "apps/generate/flags.hpp"

#include <algorithm>
#include <set>

#include "apps/generate/config.hpp"
#include "apps/generate/suite.hpp"
#include "apps/shell/common_flags.hpp"
#include "schemas/names.hpp"

namespace hamgen::apps {
namespace {

std::vector<std::string> system_names() {
  std::vector<std::string> names;
  for (const auto& system : simulators::systems()) names.push_back(system.name);
  return names;
}

std::vector<std::string> preset_names() {
  std::vector<std::string> names;
  for (const DatasetPreset& preset : suite()) names.push_back(preset.name);
  return names;
}

std::vector<std::string> field_assignments() {
  std::set<std::string> paths;
  for (const auto& system : simulators::systems())
    for (const auto& field : fields_of(system)) paths.insert(field.path + "=");
  return {paths.begin(), paths.end()};
}

}  // namespace

std::string where_known(const std::string& word) {
  const auto is_in = [](const std::vector<std::string>& names, const std::string& name) {
    return std::ranges::find(names, name) != names.end();
  };
  if (is_in(system_names(), word)) return word + " is a system:  hamgen --system " + word;
  for (const std::string& name : {word, suite_prefix + word})  // as it is called now
    if (is_in(preset_names(), name)) return word + " is a preset:  hamgen --preset " + name;
  return "";
}

std::string guess_name(const std::string& word) {
  if (const std::string known = where_known(word); !known.empty()) return known;
  const std::vector<std::string> names = system_names();
  const auto nearest = schemas::nearest_name(word, {names.begin(), names.end()});
  return nearest ? "did you mean  hamgen --system " + std::string(*nearest) + " ?" : "";
}

std::vector<FlagGroup> flag_groups() {
  const std::vector<Flag> dataset{
      {"system", "NAME", "the system to simulate (hamgen systems lists them)", "", 0, system_names},
      {"preset", "NAME", "begin with a ready-made configuration (hamgen presets lists them)", "", 0,
       preset_names},
      {"n", "N", "trajectories of the train split [1000]", "n"},
      {"n-test", "N", "trajectories of the test split, 0 for none [n / 5]", "n_test"},
      {"n-validation", "N", "trajectories of the validation split, 0 for none [n / 5, at most 200]",
       "n_validation"},
      {"seed", "N", "seed of every random number [0]", "seed"},
      {"image-size", "PIXELS", "pixels along each side, a multiple of 8 [64]", "image.size"},
      {"steps", "N", "steps of a trajectory; it has one frame more [30]", "steps"},
      {"dt", "FLOAT", "time between frames [0.125]", "dt"},
      {"noise-std", "FLOAT", "observation noise on q and p [by system]", "noise.std"},
      {"shard-size", "N", "trajectories of a shard [500; more for over 100,000]", "shard_size"},
      {"config", "FILE", "JSON file with any of the fields of --print-config, - for stdin"},
      {"set", "PATH=VALUE", "one field, e.g. --set start.radius=[0.5,1] (repeatable; wins over --config)", "",
       0, field_assignments},
  };
  const std::vector<Flag> run{
      {"out", "DIR", "output directory [./NAME]", "", 'o'},
      {"force", "", "replace a dataset that is already there"},
      {"threads", "N", "worker threads [all cores it may use]"},
      {"worker", "I/N", "make only shards I, I+N, ... of the plan; then hamgen finish"},
      {"dry-run", "", "simulate 16 trajectories and tell the bytes and seconds to expect"},
      {"print-config", "", "print the complete configuration as JSON and stop"},
  };
  const std::vector<Flag> output{
      quiet_flag,
      {"json", "", "results as JSON"},
      version_flag,
      help_flag,
  };
  const std::vector<Flag> preview{
      {"split", "NAME", "of the dataset [train]"},
      {"index", "I", "first trajectory to show [0]"},
      {"clean", "", "noise-free frames, drawn anew where the split has none [where it has them]"},
      {"observed", "", "frames with the noise"},
      {"scale", "N", "pixels of a picture for each of a frame, 1 to 64 [as fits]"},
      {"fps", "N", "frames of the animation per second, 1 to 50 [12]"},
  };
  const std::vector<Flag> verify{
      {"full", "", "also decompress every frame and compare the content's hash"},
      {"regenerate", "SHARE", "also simulate and render a random sample again: 1% or a number"},
  };
  return {{"Dataset", dataset},
          {"Run", run},
          {"Output", output},
          {"Preview", preview, "preview"},
          {"Verify", verify, "verify"}};
}

std::vector<Synonym> synonyms() {
  return {{"frames", "--steps N makes trajectories of N + 1 frames"},
          {"length", "--steps N makes trajectories of N + 1 frames"},
          {"noise", "the observation noise is --noise-std FLOAT"},
          {"size", "frames are --image-size PIXELS wide and high"},
          {"resolution", "frames are --image-size PIXELS wide and high"},
          {"num", "the number of trajectories is --n N"},
          {"trajectories", "the number of trajectories is --n N"},
          {"samples", "the number of trajectories is --n N"},
          {"output", "the directory is --out DIR, or -o DIR"},
          {"output-dir", "the directory is --out DIR, or -o DIR"},
          {"dir", "the directory is --out DIR, or -o DIR"},
          {"overwrite", "a dataset that is there is replaced with --force"},
          {"workers", "threads of one process are --threads N; one of several processes is --worker I/N"},
          {"jobs", "threads are --threads N"},
          {"resume", "the same command as before goes on with a run that was interrupted"},
          {"test", "the number of test trajectories is --n-test N"},
          {"colors", "colours are fields: --set look.colors=[...], see hamgen reference config"},
          {"verbose", "progress is shown unless --quiet is given"}};
}

}  // namespace hamgen::apps
