// Rollouts beyond the window, and at other speeds, against frames of the exact motion.
#pragma once

#include <vector>

#include "apps/evaluate/run_frames.hpp"
#include "apps/shell/field_json.hpp"

namespace hamgen::apps {

// One way of rolling out, where it is compared with the truth.
struct Course {
  const char* name;        // of its entry in the result
  std::int64_t intervals;  // from the window's first frame on
  double speed;            // of an interval, over the dataset's; negative: backward
  std::int64_t first;  // the first frame that counts; frames of the window do not, in a course that leaves it
  bool leaves_window() const { return first > 0; }
};

class CourseErrors {
 public:
  // `frames` outlives it.
  CourseErrors(const RunFrames& frames, const EvaluationOptions& options);

  // `inferred`: the state at the model's anchor; `start`: that at the window's first frame.
  void add(const model::VideoModel& model, TrueMotion& motion, const std::vector<model::Window>& windows,
           const model::PhaseSpace& inferred, const model::PhaseSpace& start);

  // Adds each course's errors under its name.
  void add_to(Json& errors) const;
  // From the edge of the window on, in both directions.
  Json valid_prediction_time() const;

 private:
  struct Followed {
    Course course;
    Gathered errors = {}, squares = {};  // [N, intervals + 1]: of the frames; of the truth's pixel values
  };
  Json course_json(const Followed& followed) const;

  const RunFrames& frames_;
  std::vector<Followed> all_;
};

}  // namespace hamgen::apps
