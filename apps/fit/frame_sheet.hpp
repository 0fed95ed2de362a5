// Sequences of frames as pictures: sheets with one sequence a row and time to the right, bare strips,
// animations.
#pragma once

#include <string>
#include <vector>

#include "model/base/torch.hpp"
#include "render/picture.hpp"

namespace hamgen::apps {

struct SheetRow {
  std::string label;
  at::Tensor frames;       // [T, 3, S, S] in units of 255
  bool is_spaced = false;  // begins a new group
};

// Some frames of each row, evenly chosen. All rows have equally many frames of one size.
struct Sheet {
  std::string title;
  std::vector<SheetRow> rows;
  std::vector<std::string> notes;  // below, a line each
};
render::Surface draw(const Sheet& sheet);

// The rows' frames, all of them, side by side without gap, label or zoom.
render::Picture strip(const std::vector<SheetRow>& rows);
// Frame t shows frame t of every row, from left to right.
std::vector<render::Picture> animation(const std::vector<SheetRow>& rows);

}  // namespace hamgen::apps
