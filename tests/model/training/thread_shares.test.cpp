#include "model/training/thread_shares.hpp"

#include <doctest/doctest.h>

#include "model/training/trainer.hpp"
#include "tests/model/small_dataset.hpp"
#include "tests/temporary_directory.hpp"

using namespace hamgen;
using namespace hamgen::model;

namespace {

// A loss whose gradient is known: the mean of w * x over the rows, and what the shares have together.
class Line : public Model {
 public:
  Line() : weight_(register_parameter("weight", at::full({}, 2.0, at::kDouble))) {}
  Observation observation() const override { return Observation::points; }
  LossTerms loss(const Batch& batch, const StepContext& context) override {
    const Tensor x = batch.points.to(at::kDouble);
    if (fails_in == context.share.part) throw std::runtime_error("share 1 fails");
    const Tensor mean = context.of_batch(x.mean());
    return {(weight_ * x).mean(), {{"together", mean}}, {{"rows", at::full({}, double(x.size(0)))}}};
  }
  Validation validate(const Batch&) override { return {}; }
  const Tensor& weight() const { return weight_; }
  std::int64_t fails_in = -1;

 private:
  Tensor weight_;
};

Batch eight_rows() {
  Batch batch;
  batch.points = at::arange(8, at::kFloat).unsqueeze(1);
  return batch;
}

// LibTorch's number of threads, for as long as this lives.
struct TwoThreads {
  int before = at::get_num_threads();
  TwoThreads() { at::set_num_threads(2); }
  ~TwoThreads() { at::set_num_threads(before); }
};

}  // namespace

TEST_CASE("threads share a batch where its rows go into them evenly") {
  const TwoThreads threads;
  CHECK(thread_shares(at::kCPU, 8) == 2);
  CHECK(thread_shares(at::kCPU, 7) == 1);
  CHECK(thread_shares(at::kCPU, 1) == 1);
  at::set_num_threads(1);
  CHECK(thread_shares(at::kCPU, 8) == 1);
}

TEST_CASE("the shares' loss, scalars and gradient are the batch's") {
  const TwoThreads threads;
  Line line;
  line.weight().mutable_grad() = at::zeros({}, at::kDouble);
  const LossTerms terms = loss_of_shares(line, eight_rows(), {}, 2);
  CHECK(terms.loss.item<double>() == doctest::Approx(7));
  CHECK(line.weight().grad().item<double>() == doctest::Approx(3.5));
  CHECK(terms.averaged.of("together").item<double>() == doctest::Approx(3.5));  // not one share's
  CHECK(terms.momentary.of("rows").item<double>() == 4);
}

TEST_CASE("a share that fails ends the step, and nobody waits for it") {
  const TwoThreads threads;
  Line line;
  line.weight().mutable_grad() = at::zeros({}, at::kDouble);
  line.fails_in = 1;
  CHECK_THROWS_WITH_AS(loss_of_shares(line, eight_rows(), {}, 2), "share 1 fails", std::runtime_error);
  line.fails_in = -1;
  CHECK(loss_of_shares(line, eight_rows(), {}, 2).loss.item<double>() == doctest::Approx(7));
}

TEST_CASE("a model of videos learns in shares what it learns as a whole") {
  apps::Json changes = apps::Json::object();
  SUBCASE("a latent image, consistent") {
    changes = {{"objective", {{"consistency", 0.003}}}};
  }
  SUBCASE("a latent vector, guided") {
    changes = tests::vector_state;
  }
  changes["train"]["steps"] = 3;
  std::vector<Tensor> weights;
  for (const int threads : {1, 2}) {
    const int before = at::get_num_threads();
    at::set_num_threads(threads);
    const TemporaryDirectory directory;
    tests::SmallRun run(directory.path(), changes);
    run.trainer.train({}, {});
    std::vector<Tensor> flat;
    for (const Tensor& parameter : run.network->parameters())
      flat.push_back(parameter.detach().flatten().clone());
    weights.push_back(at::cat(flat));
    at::set_num_threads(before);
  }
  const double apart = (weights[0] - weights[1]).abs().max().item<double>();
  CHECK(apart > 0);  // sums in another order
  CHECK(apart < 1e-4);
}
