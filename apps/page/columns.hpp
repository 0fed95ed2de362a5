// What an evaluation's tables show, described once: evaluation_text.cpp prints it for the terminal,
// tables.cpp for the page, each under titles of its own.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "apps/page/html.hpp"
#include "apps/page/values.hpp"

namespace hamgen::apps {

// How a value is read and printed.
enum class Kind {
  number,
  count,
  words,
  seconds,
  mebibytes,
  pixel_error,      // mean squared, with its interval, in units of 1e-4
  state_error,      // likewise, but in the terminal the mean itself alone
  share,            // of the mean image's error
  percentage,       // of a part of 1
  prediction_time,  // a median, which may be a bound from below
  verdict,          // yes or no
  covered,          // how many of a density's modes
  last_bound        // of its logarithm: that of the most draws
};

enum class Best { none, lowest, highest };

// A column is not shown where it has no title.
struct Column {
  const char* path;  // JSON pointer, from the run
  Kind kind;
  struct {
    const char *title = nullptr, *format = "{:.2f}";
  } terminal;
  struct {
    const char *group = "", *title = nullptr;
    Best best = Best::none;
    int digits = 3;
    bool has_frames = false;  // below the title: over how many, where all runs agree
  } page = {};
};
using Columns = std::vector<Column>;

extern const Columns pixel_error_columns, dynamics_columns, latent_columns, diagnosis_columns,
    state_error_columns, density_columns, cost_columns;
extern const Columns group_columns;  // of a group of runs that differ in the seed

// What a run has in a column; nothing is no finite value and no words.
struct Reading {
  double value = not_a_number, half_width = not_a_number;
  double whole = 1;       // what the value is a part of
  bool is_bound = false;  // the true one may be larger
  std::string words = {};
};
Reading reading_of(const Column& column, const Json& run, const Json& evaluation);

// The noise and constant pictures by name, each in the form of a run that has errors on test videos alone.
std::vector<std::pair<std::string, Json>> yardstick_runs(const Json& evaluation);
bool is_of_yardsticks(const Column& column);  // whether it is one of these errors

}  // namespace hamgen::apps
