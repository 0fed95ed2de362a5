// Rollouts beyond the window, and at other speeds, against frames of the exact motion; beside them what two
// constant pictures score on the very same frames: the mean image, and the window's first frame.
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
  // `frames` outlives it. `mean_image`: [3, S, S] on the run's device.
  CourseErrors(const RunFrames& frames, const EvaluationOptions& options, const at::Tensor& mean_image);

  // `inferred`: the state at the model's anchor; `start`: that at the window's first frame; `first_frame`: what
  // was seen there, [B, 3, S, S].
  void add(const model::VideoModel& model, TrueMotion& motion, const std::vector<model::Window>& windows,
           const model::PhaseSpace& inferred, const model::PhaseSpace& start, const at::Tensor& first_frame);

  // Adds each course's errors under its name. Sequences whose exact motion could not be integrated do not count.
  void add_to(Json& errors) const;
  // {"forward": ..., ...}: mean squared errors of the constant pictures, on the frames that count.
  Json mean_image_json() const;
  Json static_image_json() const;
  // From the edge of the window on, in both directions.
  Json valid_prediction_time() const;

 private:
  struct Followed {
    Course course;
    // [N, intervals + 1]: of the frames, of the constant pictures; the truth's mean squared pixel values.
    Gathered errors = {}, mean_image = {}, static_image = {}, squares = {};
  };
  Json constant_json(Gathered Followed::*errors) const;
  Json course_json(const Followed& followed) const;

  const RunFrames& frames_;
  at::Tensor mean_image_;
  std::vector<Followed> all_;
};

}  // namespace hamgen::apps
