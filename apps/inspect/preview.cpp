#include "apps/inspect/preview.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>

#include "apps/generate/planned_shards.hpp"
#include "apps/inspect/phase_portrait.hpp"
#include "dataset/format/manifest.hpp"
#include "render/contact_sheet.hpp"
#include "render/text.hpp"

namespace hamgen::apps {
namespace {

namespace fs = std::filesystem;
using simulators::Simulation;

std::string time_text(const Simulation& simulation, std::size_t t) {
  return fmt::format("t = {:.4g}", simulation.times()[t]);
}

// Trajectories downwards, time to the right.
render::Surface contact_sheet(const Sample& sample, const Simulation& simulation, const std::string& title,
                              std::size_t scale) {
  render::ContactSheet sheet{.title = title,
                             .subtitle = sample.shown + "; t in " + simulation.system().time_unit(),
                             .frames = sample.frames,
                             .size = sample.size,
                             .rows = {},
                             .time_label = [&](std::size_t t) { return time_text(simulation, t); }};
  for (std::size_t i = 0; i < sample.count; ++i)
    sheet.rows.push_back({sample.name(i), [&sample, i](std::size_t t) { return sample.frame(i, t); }});
  return render::draw_contact_sheet(sheet, {.columns = 8,
                                            .tile = scale == 0 ? 96 : scale * sample.size,
                                            .margin = 72,
                                            .header = 82,
                                            .title_size = 16,
                                            .label_size = 13,
                                            .label_left = 12,
                                            .has_times_above = true});
}

// All of the sample at once, with a caption below.
std::vector<render::Picture> animation(const Sample& sample, const Simulation& simulation,
                                       std::size_t scale) {
  constexpr std::size_t gap = 4, line = 18;
  constexpr double most_bytes = 2e9;
  const std::size_t columns = std::min<std::size_t>(4, sample.count),
                    rows = (sample.count + columns - 1) / columns;
  const std::size_t zoom = scale == 0 ? render::zoom_of(128, sample.size) : scale, tile = sample.size * zoom;
  const std::size_t width = columns * (tile + gap) - gap, top = rows * (tile + gap), height = top + 2 * line;
  const render::Picture blank = render::blank_picture(width, height);
  if (3.0 * static_cast<double>(sample.frames) * static_cast<double>(width * height) > most_bytes)
    throw render::PictureError(
        fmt::format("an animation of {} frames of {} x {} pixels is too large: --scale below {}",
                    sample.frames, width, height, zoom));
  std::vector<render::Picture> pictures;
  for (std::size_t t = 0; t < sample.frames; ++t) {
    render::Picture picture = blank;
    for (std::size_t i = 0; i < sample.count; ++i)
      picture.paste(sample.frame(i, t), sample.size, i % columns * (tile + gap), i / columns * (tile + gap),
                    zoom);
    const render::Surface surface = to_surface(picture);
    const render::Context context = render::make_context(surface);
    cairo_set_source_rgb(context.get(), 0.15, 0.15, 0.15);
    const auto write = [&](std::size_t number, const std::string& text) {
      render::draw_text(context.get(), 4, static_cast<double>(top + number * line - 4), 12, text,
                        static_cast<double>(width - 8));
    };
    write(1, time_text(simulation, t) + " " + simulation.system().time_unit());
    write(2, sample.shown);
    pictures.push_back(to_picture(surface));
  }
  return pictures;
}

void require_writable(const fs::path& out) {
  std::error_code error;
  fs::create_directories(out, error);
  if (!error && ::access(out.c_str(), W_OK | X_OK) != 0) error.assign(errno, std::generic_category());
  if (error)
    throw render::PictureError(fmt::format("cannot write pictures to {}: {}; --out chooses another directory",
                                           out.string(), error.message()));
}

}  // namespace

std::vector<fs::path> make_preview(const PreviewOptions& options) {
  const dataset::Manifest manifest = dataset::read_manifest(options.dataset);
  const Config config = config_of(options.dataset, manifest.plan);
  if (manifest.find(options.split) == nullptr)
    throw schemas::FieldError(options.dataset.string() + " has no split \"" + options.split + "\"");
  const Simulations simulations(config);
  const Simulation& simulation = simulations.of(split_named(options.split));
  const dataset::SplitReader reader(options.dataset, manifest, options.split);
  const Sample sample = read_sample(reader, options.first, options.frames, config, simulation);
  const fs::path out = options.out.empty() ? options.dataset : options.out;
  require_writable(out);
  const std::vector<fs::path> files{out / "preview.png", out / "preview.gif", out / "portrait.png"};
  const auto scale = static_cast<std::size_t>(options.scale);
  const auto delay = static_cast<int>(std::lround(100.0 / static_cast<double>(options.frames_per_second)));
  render::write_png(files[0], contact_sheet(sample, simulation,
                                            config.system->name + ", " + options.split + " split", scale));
  render::write_gif(files[1], animation(sample, simulation, scale), delay);
  render::write_png(files[2], phase_portrait(sample, simulation, config, options.split));
  return files;
}

}  // namespace hamgen::apps
