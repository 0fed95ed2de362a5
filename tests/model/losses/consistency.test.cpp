// Parts of windows, and how far what they imply is from the rollout: known cases, invariance, and a model
// that learns it.
#include "model/losses/consistency.hpp"

#include <doctest/doctest.h>
#include <torch/optim/adam.h>

#include <cmath>
#include <set>

#include "model/data/encoder_input.hpp"
#include "tests/model/small_dataset.hpp"

using namespace hamgen;
using namespace hamgen::model;

namespace {

// The oscillator H = (q^2 + p^2) / 2 from different starts: q and p [sequences, frames].
PhaseSpace oscillators(std::int64_t sequences, std::int64_t frames) {
  const Tensor phase =
      at::arange(sequences, at::kDouble).unsqueeze(1) + 0.2 * at::arange(frames, at::kDouble);
  const Tensor radius = 1 + at::arange(sequences, at::kDouble).unsqueeze(1);
  return {(radius * phase.cos()).unsqueeze(2), (-radius * phase.sin()).unsqueeze(2)};
}

PhaseSpace states_at(const PhaseSpace& path, const std::vector<Part>& parts) {
  std::vector<Tensor> q, p;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto row = static_cast<std::int64_t>(i);
    q.push_back(path.q[row][parts[i].implied]);
    p.push_back(path.p[row][parts[i].implied] * (parts[i].is_backward ? -1 : 1));
  }
  return {at::stack(q), at::stack(p)};
}

}  // namespace

TEST_CASE("parts lie in the window, imply states of the rollout, and are of every length from a third on") {
  std::set<std::int64_t> begins, lengths, ends;
  const Context context{30, 0};
  for (std::uint64_t step = 0; step < 100; ++step)
    for (const Part& part : choose_parts(16, 31, {0, 12}, context, true, StepContext{1, step, 12})) {
      (part.is_backward ? ends : begins).insert(part.begin);
      lengths.insert(part.length);
      CHECK(part.implied == part.begin);
      CHECK((part.is_backward ? part.begin - part.length >= -1 : part.begin + part.length <= 31));
    }
  CHECK((begins.size() == 12 && *begins.begin() == 0 && *begins.rbegin() == 11));
  CHECK((ends.size() == 3 && *ends.begin() == 9 && *ends.rbegin() == 11));  // ten frames back fit there
  CHECK((*lengths.begin() == 10 && *lengths.rbegin() == 30));
  for (const Part& part : choose_parts(16, 31, {0, 31}, context, false, StepContext{1, 0, 31}))
    CHECK(!part.is_backward);
  for (const Part& part : choose_parts(16, 31, {0, 9}, context, true, StepContext{1, 0, 9}))
    CHECK(!part.is_backward);
  for (const Part& part : choose_parts(16, 3, {0, 3}, {1, 0}, true, StepContext{1, 0, 3}))
    CHECK(part.length == 1);
}

TEST_CASE("parts of a window whose middle state is inferred imply their own middle's, mirrored backward") {
  const Context context{31, 15};
  for (const Span span : {Span{13, 4}, Span{0, 31}}) {
    std::set<std::int64_t> implied, lengths;
    std::int64_t at_an_end = 0, backward = 0;
    for (std::uint64_t step = 0; step < 200; ++step)
      for (const Part& part : choose_parts(16, 31, span, context, true, StepContext{1, step, span.count})) {
        const std::int64_t direction = part.is_backward ? -1 : 1,
                           last = part.begin + direction * (part.length - 1),
                           before = direction * (part.implied - part.begin);
        implied.insert(part.implied);
        lengths.insert(part.length);
        backward += part.is_backward ? 1 : 0;
        at_an_end += part.begin == (part.is_backward ? 30 : 0) ? 1 : 0;
        CHECK((std::min(part.begin, last) >= 0 && std::max(part.begin, last) <= 30));
        CHECK((part.implied >= span.first && part.implied < span.first + span.count));
        CHECK(std::abs(2 * before - (part.length - 1)) <= 1);
      }
    CHECK((*lengths.begin() == 10 && *lengths.rbegin() == 31));
    CHECK(std::abs(backward - 1600) < 120);
    // Of a part of ten frames the sixth is its middle.
    CHECK((*implied.begin() == (span.count == 4 ? 13 : 4)));
    CHECK((*implied.rbegin() == (span.count == 4 ? 16 : 26)));
    if (span.count == 31) CHECK(at_an_end > 1500);
  }
}

TEST_CASE("a process chooses for its rows what one process would choose for them") {
  StepContext step{7, 3, 31};
  const auto whole = choose_parts(8, 31, {0, 31}, {31, 15}, true, step);
  for (std::int64_t part = 0; part < 2; ++part) {
    step.share = {part, 2};
    const auto mine = choose_parts(4, 31, {0, 31}, {31, 15}, true, step);
    for (std::size_t i = 0; i < 4; ++i) {
      const Part& expected = whole[4 * static_cast<std::size_t>(part) + i];
      CHECK(mine[i].begin == expected.begin);
      CHECK(mine[i].length == expected.length);
      CHECK(mine[i].implied == expected.implied);
      CHECK(mine[i].is_backward == expected.is_backward);
    }
  }
}

TEST_CASE("an encoder sees a part's frames where its anchor asks for them, and blank ones around them") {
  const auto seen = [](const Context& context) { return shown_of({{1, 3, 1}, {3, 2, 3, true}}, 5, context); };
  constexpr auto none = blank_frame;
  CHECK(seen({4, 0}) == std::vector<std::int64_t>{1, 2, 3, none, 8, 7, none, none});
  CHECK(seen({5, 2}) == std::vector<std::int64_t>{none, 1, 2, 3, none, none, 8, 7, none, none});
}

TEST_CASE("inconsistency is 0 where states agree, 2 where they have nothing in common, whatever the units") {
  const std::int64_t sequences = 64, turn = 31;  // 0.2 * 31 is nearly a whole one
  const PhaseSpace path = oscillators(sequences, turn);
  std::vector<Part> parts, others;
  for (std::int64_t i = 0; i < sequences; ++i) {
    parts.push_back({0, 10, (7 * i) % turn, i % 2 == 1});
    others.push_back({0, 10, (5 * i + 3) % turn, i % 2 == 1});
  }
  CHECK(inconsistency(states_at(path, parts), path, 0, parts, mean_motion(path)).item<double>() == 0);
  const PhaseSpace later{path.q.slice(1, 3), path.p.slice(1, 3)};  // of those that are left
  std::vector<Part> left = parts;
  for (Part& part : left) part.implied = std::max<std::int64_t>(part.implied, 3);
  CHECK(inconsistency(states_at(path, left), later, 3, left, mean_motion(later)).item<double>() == 0);
  const PhaseSpace elsewhere = states_at(path, others);
  const double apart = inconsistency(elsewhere, path, 0, parts, mean_motion(path)).item<double>();
  CHECK(apart == doctest::Approx(2).epsilon(0.1));
  const PhaseSpace scaled{1e3 * path.q + 50, 20 * path.p};
  CHECK(inconsistency({1e3 * elsewhere.q + 50, 20 * elsewhere.p}, scaled, 0, parts, mean_motion(scaled))
            .item<double>() == doctest::Approx(apart).epsilon(1e-9));
  const PhaseSpace still{at::ones({sequences, turn, 2}, at::kDouble),
                         at::zeros({sequences, turn, 2}, at::kDouble)};
  CHECK(inconsistency(states_at(still, parts), still, 0, parts, mean_motion(still)).item<double>() == 0);
}

TEST_CASE("a sequence that hardly moves weighs no more than the others, and the horizon changes no weight") {
  const std::int64_t frames = 9;
  const Tensor time = at::arange(frames, at::kFloat) * 0.7;
  const auto circle = [&](double radius) { return radius * at::stack({time.cos(), time.sin()}, 1); };
  const PhaseSpace path{at::stack({circle(1e-3), circle(1)}), at::stack({circle(1e-3), circle(1)})};
  const std::vector<Part> parts(2, {.begin = 0, .length = frames, .implied = 0});
  const auto missed_by = [&](double first, double second) {
    const Tensor miss = at::tensor({first, second}).to(at::kFloat).view({2, 1});
    const PhaseSpace inferred{path.q.select(1, 0) + miss, path.p.select(1, 0) + miss};
    return inconsistency(inferred, path, 0, parts, mean_motion(path)).item<double>();
  };
  CHECK(missed_by(0.1, 0) == doctest::Approx(missed_by(0, 0.1)));
  // Of the whole window, whatever part of it has been rolled out.
  const Span half{0, frames / 2};
  const PhaseSpace begun{path.q.narrow(1, 0, half.count), path.p.narrow(1, 0, half.count)};
  const PhaseSpace inferred{path.q.select(1, 0) + 0.1, path.p.select(1, 0) + 0.1};
  CHECK(inconsistency(inferred, begun, 0, parts, mean_motion(path)).item<double>() ==
        doctest::Approx(inconsistency(inferred, path, 0, parts, mean_motion(path)).item<double>()));
}

TEST_CASE("a model is trained to be consistent, and its log tells how much") {
  const auto after = [](double weight) {
    const tests::SmallRun run(std::filesystem::temp_directory_path() / "hamgen-consistency",
                              {{"objective", {{"consistency", weight}}}});
    const auto source =
        window_source(run.config.settings, run.training, run.data.splits(), run.network->observation(),
                      run.network->training_frames(run.training.shape));
    const auto optimizer = std::make_unique<torch::optim::Adam>(run.network->parameters(), 3e-3);
    double last = 0;
    for (std::uint64_t step = 0; step < 150; ++step) {
      const Batch batch = source->training(0, false);
      const LossTerms terms = run.network->loss(batch, {1, step, 8});
      for (const Tensor& parameter : run.network->parameters()) parameter.mutable_grad().reset();
      terms.loss.backward();
      optimizer->step();
      for (const auto& [name, value] : terms.averaged)
        if (name == "inconsistency") last = value.item<double>();
    }
    return last;
  };
  CHECK(after(0.1) < 0.25 * after(1e-9));
}
