#include <gif_lib.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <utility>

#include "render/picture.hpp"

namespace hamgen::render {
namespace {

using Rgb = std::array<std::uint8_t, 3>;
constexpr std::size_t colors = 256;

// Colours are told apart by their six upper bits a channel.
constexpr std::uint32_t cell_of(const std::uint8_t* pixel) {
  return std::uint32_t{pixel[0]} >> 2 << 12 | std::uint32_t{pixel[1]} >> 2 << 6 |
         std::uint32_t{pixel[2]} >> 2;
}

struct Cell {
  Rgb color;
  std::uint64_t count;
  std::uint32_t id;
};

struct Palette {
  std::vector<Rgb> entries;
  std::map<std::uint32_t, std::uint8_t> entry_of_cell;
};

std::vector<Cell> histogram(const std::vector<Picture>& frames) {
  std::map<std::uint32_t, Cell> cells;
  for (const Picture& frame : frames)
    for (std::size_t i = 0; i < frame.rgb.size(); i += 3) {
      const std::uint8_t* const pixel = &frame.rgb[i];
      const auto [cell, is_new] =
          cells.try_emplace(cell_of(pixel), Cell{{pixel[0], pixel[1], pixel[2]}, 0, cell_of(pixel)});
      ++cell->second.count;
    }
  std::vector<Cell> list;
  for (const auto& [id, cell] : cells) list.push_back(cell);
  return list;
}

// The channel in which a box of cells is widest, and how wide.
std::pair<std::size_t, int> widest_channel(std::span<const Cell> box) {
  std::pair<std::size_t, int> widest{0, -1};
  for (std::size_t channel = 0; channel < 3; ++channel) {
    const auto [low, high] =
        std::ranges::minmax(box, {}, [&](const Cell& cell) { return cell.color[channel]; });
    const int width = high.color[channel] - low.color[channel];
    if (width > widest.second) widest = {channel, width};
  }
  return widest;
}

// Median cut (Heckbert 1982, doi:10.1145/965145.801294): the widest box is halved until there are enough.
Palette median_cut(std::vector<Cell> cells) {
  std::vector<std::span<Cell>> boxes{cells};
  while (boxes.size() < colors) {
    const auto widest =
        std::ranges::max_element(boxes, {}, [](auto box) { return widest_channel(box).second; });
    if (widest->size() < 2) break;
    const std::size_t channel = widest_channel(*widest).first;
    std::ranges::sort(*widest, {}, [&](const Cell& cell) { return cell.color[channel]; });
    const std::span<Cell> whole = *widest;
    *widest = whole.first(whole.size() / 2);
    boxes.push_back(whole.subspan(whole.size() / 2));
  }
  Palette palette;
  for (const auto box : boxes) {
    std::array<double, 3> mean{};
    double total = 0;
    for (const Cell& cell : box) {
      total += static_cast<double>(cell.count);
      for (std::size_t c = 0; c < 3; ++c) mean[c] += static_cast<double>(cell.count) * cell.color[c];
      palette.entry_of_cell[cell.id] = static_cast<std::uint8_t>(palette.entries.size());
    }
    Rgb entry{};
    for (std::size_t c = 0; c < 3; ++c) entry[c] = static_cast<std::uint8_t>(mean[c] / total + 0.5);
    palette.entries.push_back(entry);
  }
  return palette;
}

// A GIF under construction in memory; every failure throws with giflib's reason.
class GifFile {
 public:
  GifFile() {
    const auto append = [](GifFileType* gif, const GifByteType* data, int length) {
      static_cast<std::string*>(gif->UserData)
          ->append(reinterpret_cast<const char*>(data), static_cast<std::size_t>(length));
      return length;
    };
    int error = E_GIF_ERR_OPEN_FAILED;
    file_ = EGifOpen(&bytes_, append, &error);
    if (file_ == nullptr) fail(error);
    EGifSetGifVersion(file_, true);
  }
  GifFile(const GifFile&) = delete;
  GifFile& operator=(const GifFile&) = delete;
  ~GifFile() {
    if (file_ != nullptr) EGifCloseFile(file_, nullptr);
  }
  GifFileType* get() const { return file_; }
  void check(int status) const {
    if (status == GIF_ERROR) fail(file_->Error);
  }
  const std::string& finish() {
    int error = 0;
    if (EGifCloseFile(std::exchange(file_, nullptr), &error) == GIF_ERROR) fail(error);
    return bytes_;
  }

 private:
  [[noreturn]] static void fail(int error) {
    const char* const reason = GifErrorString(error);
    throw PictureError(std::string("cannot make a GIF: ") +
                       (reason != nullptr ? reason : "unknown giflib error"));
  }
  std::string bytes_;
  GifFileType* file_ = nullptr;
};

struct ColorMapDeleter {
  void operator()(ColorMapObject* map) const { GifFreeMapObject(map); }
};

void write_header(const GifFile& gif, const Palette& palette, int width, int height) {
  std::array<GifColorType, colors> entries{};
  for (std::size_t i = 0; i < palette.entries.size(); ++i)
    entries[i] = {palette.entries[i][0], palette.entries[i][1], palette.entries[i][2]};
  const std::unique_ptr<ColorMapObject, ColorMapDeleter> map(GifMakeMapObject(colors, entries.data()));
  gif.check(EGifPutScreenDesc(gif.get(), width, height, 8, 0, map.get()));
  const unsigned char forever[] = {1, 0, 0};
  gif.check(EGifPutExtensionLeader(gif.get(), APPLICATION_EXT_FUNC_CODE));
  gif.check(EGifPutExtensionBlock(gif.get(), 11, "NETSCAPE2.0"));
  gif.check(EGifPutExtensionBlock(gif.get(), sizeof forever, forever));
  gif.check(EGifPutExtensionTrailer(gif.get()));
}

void write_frame(const GifFile& gif, const Palette& palette, const Picture& frame, int delay) {
  GraphicsControlBlock control{DISPOSE_DO_NOT, false, delay, NO_TRANSPARENT_COLOR};
  GifByteType packed[4];
  EGifGCBToExtension(&control, packed);
  gif.check(EGifPutExtension(gif.get(), GRAPHICS_EXT_FUNC_CODE, sizeof packed, packed));
  gif.check(EGifPutImageDesc(gif.get(), 0, 0, static_cast<int>(frame.width), static_cast<int>(frame.height),
                             false, nullptr));
  std::vector<GifByteType> line(frame.width);
  for (std::size_t row = 0; row < frame.height; ++row) {
    for (std::size_t column = 0; column < frame.width; ++column)
      line[column] = palette.entry_of_cell.at(cell_of(&frame.rgb[3 * (row * frame.width + column)]));
    gif.check(EGifPutLine(gif.get(), line.data(), static_cast<int>(line.size())));
  }
}

}  // namespace

void write_gif(const std::filesystem::path& file, const std::vector<Picture>& frames, int delay) {
  constexpr std::size_t most = 65535;  // giflib cuts larger sizes to their lower 16 bits, without a word
  const std::size_t width = frames.front().width, height = frames.front().height;
  if (width > most || height > most)
    throw PictureError("cannot write " + file.string() + ": a GIF has at most " + std::to_string(most) +
                       " pixels a side, not " + std::to_string(width) + " x " + std::to_string(height));
  const Palette palette = median_cut(histogram(frames));
  GifFile gif;
  write_header(gif, palette, static_cast<int>(width), static_cast<int>(height));
  for (const Picture& frame : frames) write_frame(gif, palette, frame, delay);
  write_picture(file, gif.finish());
}

}  // namespace hamgen::render
