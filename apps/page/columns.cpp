#include "apps/page/columns.hpp"

#include <string_view>

namespace hamgen::apps {
namespace {

constexpr const char *encoded = "Encoded and reconstructed", *rolled = "Rolled out, against clean frames",
                     *valid = "Valid prediction time", *back = "There and back",
                     *map = "From latent to true state", *code = "Code", *derivatives = "Time derivatives",
                     *energy = "Energy along rollouts", *of_state = "Of the state",
                     *stretch = "A small error grows by",
                     *frequency = "Frequency error, %, by fifths of amplitude";

}  // namespace

using enum Kind;
using enum Best;

const Columns pixel_error_columns{
    {"/pixel_error/train/mse", pixel_error, {"train"}, {encoded, "train", lowest}},
    {"/pixel_error/test/mse", pixel_error, {"test"}, {encoded, "test", lowest}},
    {"/pixel_error/test/mse_clean", pixel_error, {"clean"}, {encoded, "test, clean", lowest}},
    {"/pixel_error/test/mse", share, {"% of mean image", "{:.1f}"}, {encoded, "of mean image", none, 2}},
    {"/pixel_error/forward/mse_clean", pixel_error, {"forward"}, {rolled, "forward", lowest, 3, true}},
    {"/pixel_error/backward/mse_clean", pixel_error, {"backward"}, {rolled, "backward", lowest, 3, true}},
    {"/pixel_error/half_speed/mse_clean", pixel_error, {"half speed"}, {rolled, "half speed", lowest}},
    {"/pixel_error/double_speed/mse_clean", pixel_error, {"double speed"}, {rolled, "double speed", lowest}}};

const Columns dynamics_columns{
    {"/valid_prediction_time/forward", prediction_time, {"valid forward"}, {valid, "forward", highest}},
    {"/valid_prediction_time/backward", prediction_time, {"valid backward"}, {valid, "backward", highest}},
    {"/energy/drift", number, {"energy drift", "{:.2g}"}, {"Energy", "drift", none, 2}},
    {"/energy/spread", number, {}, {"Energy", "spread", none, 2}},
    {"/energy/variance", number, {"energy variance", "{:.2g}"}},
    {"/reversibility/state_error", number, {"reversal", "{:.1e}"}, {back, "state error", none, 2}},
    {"/reversibility/pixel_mse", pixel_error, {}, {back, "pixel MSE × 10<sup>4</sup>", none, 2}},
    {"/symplecticity/error", number, {"symplectic", "{:.1e}"}, {"", "Symplecticity error", none, 2}}};

const Columns latent_columns{{"/latent/r2_q", number, {"R2 q", "{:.3f}"}, {map, "R² of q"}},
                             {"/latent/r2_p", number, {"R2 p", "{:.3f}"}, {map, "R² of p"}},
                             {"/latent/symplectic_error", number, {}, {map, "symplectic error", none, 2}},
                             {"/latent/symetric", verdict, {"SyMetric", "{:.0f}"}, {map, "SyMetric"}},
                             {"/kl", number, {"KL", "{:.1f}"}, {code, "KL"}},
                             {"/elbo", number, {}, {code, "ELBO"}},
                             {"/active_latents", count, {"active", "{:.0f}"}, {code, "active latents"}}};

const Columns diagnosis_columns{
    {"/diagnosis/numbers", count, {"numbers", "{:.0f}"}, {of_state, "numbers"}},
    {"/diagnosis/directions", count, {"directions", "{:.0f}"}, {of_state, "directions"}},
    {"/diagnosis/stretch/largest", number, {"stretch", "{:.1f}"}, {stretch, "learned", none, 2}},
    {"/diagnosis/true_stretch/largest", number, {"true stretch", "{:.1f}"}, {stretch, "exact", none, 2}},
    {"/diagnosis/frequency/error",
     percentage,
     {"frequency error %"},
     {frequency, "mean of all, without sign", none, 2}},
    {"/diagnosis/frequency/by_amplitude/0/error",
     percentage,
     {"small swings"},
     {frequency, "smallest", none, 2}},
    {"/diagnosis/frequency/by_amplitude/1/error", percentage, {}, {frequency, "second", none, 2}},
    {"/diagnosis/frequency/by_amplitude/2/error", percentage, {}, {frequency, "third", none, 2}},
    {"/diagnosis/frequency/by_amplitude/3/error", percentage, {}, {frequency, "fourth", none, 2}},
    {"/diagnosis/frequency/by_amplitude/4/error",
     percentage,
     {"large swings"},
     {frequency, "largest", none, 2}}};

const Columns state_error_columns{
    {"/state_error/train/derivative_mse",
     state_error,
     {"derivatives, train", "{:.3e}"},
     {derivatives, "train", lowest}},
    {"/state_error/test/derivative_mse",
     state_error,
     {"derivatives, test", "{:.3e}"},
     {derivatives, "test", lowest}},
    {"/state_error/test/derivative_mse_of_exact_law", state_error, {"exact law, test", "{:.3e}"}},
    {"/state_error/test/energy_mse", state_error, {"energy, test", "{:.3e}"}, {energy, "test", lowest}}};

const Columns density_columns{{"/density/data", words, {"data"}},
                              {"/density/bounds/0/mean", number, {"ELBO", "{:.4f}"}},
                              {"/density/bounds", last_bound, {"IWAE", "{:.4f}"}},
                              {"/density/exact_log_likelihood/mean", number, {"exact", "{:.4f}"}},
                              {"/density/grid/divergence", number, {"KL on grid", "{:.4f}"}},
                              {"/density/modes", covered, {"modes", "{:.0f}"}},
                              {"/density/modes/stray", number, {"stray", "{:.3f}"}},
                              {"/density/inversion_fp32/largest", number, {"inversion", "{:.1e}"}},
                              {"/density/inversion_fp64/largest", number, {"fp64", "{:.1e}"}},
                              {"/density/volume_error", number, {"|det J| - 1", "{:.1e}"}},
                              {"/density/samples_per_second", number, {"samples/s", "{:.2g}"}}};

const Columns cost_columns{{"/run", words, {"run"}, {"", "Directory"}},
                           {"/model", words, {}, {"", "Model"}},
                           {"/integrator", words, {}, {"", "Integrator"}},
                           {"/seed", count, {}, {"", "Seed"}},
                           {"/parameters", count, {"parameters", "{:.0f}"}, {"", "Parameters"}},
                           {"/steps", count, {"steps", "{:.0f}"}, {"", "Steps"}},
                           {"/seconds", seconds, {}, {"", "Training time"}},
                           {"/steps_per_second", number, {"steps/s", "{:.1f}"}, {"", "Steps/s"}},
                           {"/seconds", seconds, {"minutes", "{:.1f}"}},
                           {"/memory_mib", mebibytes, {"memory MiB", "{:.0f}"}, {"", "Memory"}}};

const Columns group_columns{{"/seeds", count, {"seeds", "{:.0f}"}, {"", "Seeds"}},
                            {"/test/mse", pixel_error, {"test"}, {"", "against the frames"}},
                            {"/test/mse_clean", pixel_error, {"clean"}, {"", "against clean frames"}}};

Reading reading_of(const Column& column, const Json& run, const Json& evaluation) {
  const Json& json = value_at(run, column.path);
  const Measure measure = measure_at(run, column.path);
  switch (column.kind) {
    case words:
      return {.words = text_at(run, column.path)};
    case pixel_error:
    case state_error:
      return {.value = measure.mean, .half_width = measure.half_width};
    case share:
      return {.value = measure.mean, .whole = measure_at(evaluation, "/yardsticks/mean_image/mse").mean};
    case prediction_time:
      return {.value = number_at(json, "/median"), .is_bound = flag_at(json, "/is_censored")};
    case verdict:
      if (json.is_boolean())
        return {.value = 1.0 * json.get<bool>(), .words = json.get<bool>() ? "yes" : "no"};
      break;
    case covered:
      return {.value = number_at(json, "/covered"), .whole = number_at(json, "/modes")};
    case last_bound:
      return {.value = list_at(run, column.path).empty() ? not_a_number : number_at(json.back(), "/mean")};
    default:
      break;
  }
  return {.value = number_at(run, column.path)};
}

std::vector<std::pair<std::string, Json>> yardstick_runs(const Json& evaluation) {
  const auto run = [](const Json& noisy, const Json& clean) -> Json {
    return {{"pixel_error", {{"test", {{"mse", noisy}, {"mse_clean", clean}}}}}};
  };
  constexpr const char* courses[] = {"forward", "backward", "half_speed", "double_speed"};
  const Json& yardsticks = value_at(evaluation, "/yardsticks");
  const auto picture = [&](const char* path) {
    const Json& errors = value_at(yardsticks, path);
    Json all = run(value_at(errors, "/mse"), value_at(errors, "/mse_clean"));
    for (const std::string course : courses)  // each on the frames of its own
      all["pixel_error"][course] = {{"mse_clean", value_at(errors, ("/" + course).c_str())}};
    return all;
  };
  return {{"noise floor", run(value_at(yardsticks, "/noise_floor"), nullptr)},
          {"mean image", picture("/mean_image")},
          {"static image", picture("/static_image")}};
}

bool is_of_yardsticks(const Column& column) {
  const std::string_view path = column.path;
  return path.starts_with("/pixel_error/") && !path.starts_with("/pixel_error/train/");
}

}  // namespace hamgen::apps
