#include "apps/evaluate/evaluate_density.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "apps/evaluate/value_json.hpp"
#include "apps/fit/fit_data.hpp"
#include "model/base/tensors.hpp"
#include "model/density/nhf.hpp"
#include "model/metrics/density_metrics.hpp"
#include "model/metrics/statistics.hpp"

namespace hamgen::apps {

namespace fs = std::filesystem;
using at::Tensor;
using dataset::number;

namespace {

constexpr const char* caption =
    "Log-likelihoods are in nats, means over points of the test split with their standard error. ELBO: one "
    "draw of the latent variables; IWAE: the logarithm of the mean of several importance weights, which "
    "grows with their number towards the exact value. Of a built-in target the exact log-density of the same "
    "points is known. Divergence: KL(target || model) on a grid. A mode is covered if it has at least a "
    "quarter of the samples that it should have; stray samples are near none. Inversion: |inverse(flow(s)) - "
    "s|; volume: ||det J| - 1|.";

constexpr std::int64_t shown = 1000;  // points and samples, as in A.2

std::vector<double> rounded(const Tensor& values) {
  // Seven digits are more than a picture shows, and half the bytes.
  std::vector<double> list = model::to_vector(values);
  for (double& x : list)
    if (std::isfinite(x) && x != 0) {
      const double unit = std::pow(10, 6 - std::floor(std::log10(std::abs(x))));
      x = std::round(x * unit) / unit;
    }
  return list;
}

Json list_of(const Tensor& values) {
  Json list = Json::array();
  for (const double x : rounded(values)) list.push_back(number(x));
  return list;
}

Json mean_json(const Tensor& values) {
  const auto count = static_cast<double>(values.numel());
  return {{"mean", number(values.mean().item<double>())},
          {"standard_error", number(values.std().item<double>() / std::sqrt(count))}};
}

std::vector<std::int64_t> powers_of_ten(std::int64_t most) {
  std::vector<std::int64_t> list;
  for (std::int64_t k = 1; k <= most; k *= 10) list.push_back(k);
  return list;
}

Json bounds_json(const model::DensityModel& network, const Tensor& points, const DensityOptions& options,
                 const at::Device& device) {
  Json list = Json::array();
  for (const auto& bound : likelihood_bounds(network, points, powers_of_ten(options.draws), device))
    list.push_back({{"draws", bound.draws},
                    {"mean", number(bound.mean)},
                    {"standard_error", number(bound.standard_error)}});
  return list;
}

Json target_json(const model::DensityModel& network, const model::Target& target, const Tensor& points,
                 const Tensor& samples, const DensityOptions& options, const at::Device& device) {
  const model::Entropy entropy = target.entropy();
  Json json{{"exact_log_likelihood", mean_json(target.log_density(points))},
            {"entropy", {{"value", entropy.value}, {"standard_error", entropy.standard_error}}}};
  if (const auto coverage = mode_coverage(samples, target); coverage.modes > 0)
    json["modes"] = {{"modes", coverage.modes},
                     {"covered", coverage.covered},
                     {"largest_error", number(coverage.largest_error)},
                     {"stray", number(coverage.stray)}};
  if (target.dimension() != 2) return json;
  // Cells no wider than the banana's noise, however far its tails reach: for smooth densities that is plenty.
  const auto needed = static_cast<std::int64_t>(std::ceil(2 * target.extent() / 0.4));
  const auto grid =
      compare_on_grid(network, target, std::max(options.cells, needed), options.grid_draws, device);
  json["grid"] = {{"divergence", number(grid.divergence)},
                  {"model_mass", number(grid.mass)},
                  {"cells", grid.cells},
                  {"draws", grid.draws},
                  {"half_side", target.extent()}};
  return json;
}

Json inversion_json(const model::DensityModel& network) {
  const auto error = inversion_error(network, 1000, 0);
  return {{"largest", number(error.largest)}, {"median", number(error.median)}};
}

// The flow as it computes (fp32), and in double precision, which tells rounding from errors of the method.
Json exactness_json(model::DensityModel& network) {
  Json json{{"inversion_fp32", inversion_json(network)}};
  network.to(at::kDouble);
  json["inversion_fp64"] = inversion_json(network);
  if (network.has_latent()) json["volume_error"] = number(volume_error(network, 50, 0));
  network.to(at::kFloat);
  return json;
}

double samples_per_second(const model::DensityModel& network) {
  using Clock = std::chrono::steady_clock;
  constexpr std::int64_t count = 1 << 14;
  std::vector<double> rates;
  for (std::uint64_t i = 0; i < 5; ++i) {
    const auto begin = Clock::now();
    draw_samples(network, count, i);
    rates.push_back(count / std::chrono::duration<double>(Clock::now() - begin).count());
  }
  return model::median(rates);
}

// What a picture shows: the middle 99.8 % of the points and a margin; [4] x low, x high, y low, y high.
std::vector<double> window_of(const Tensor& points) {
  std::vector<double> window;
  for (std::int64_t i = 0; i < 2; ++i) {
    const Tensor column = std::get<0>(points.select(1, i).sort());
    const std::int64_t skip = column.size(0) / 1000;
    const double low = column[skip].item<double>(), high = column[column.size(0) - 1 - skip].item<double>();
    const double margin = 0.15 * std::max(high - low, 1e-9);
    window.push_back(low - margin);
    window.push_back(high + margin);
  }
  return window;
}

// Points of a lattice over the window, x fastest: [n^2, 2].
Tensor lattice(const std::vector<double>& window, std::int64_t n) {
  const Tensor x = at::linspace(window[0], window[1], n, at::kDouble),
               y = at::linspace(window[2], window[3], n, at::kDouble);
  return at::stack({x.repeat({n}), y.repeat_interleave(n)}, 1);
}

// Of each H_i: V(q) and K(p), both without their constants, on lattices over the window.
Json energies_json(const model::Nhf& flow, const Tensor& points) {
  Json list = Json::array();
  for (const auto& hamiltonian : flow.hamiltonians()) {
    const auto surface = [&](const Tensor& energy) {
      return list_of((energy - energy.min()).to(at::kDouble));
    };
    list.push_back({{"potential", surface(hamiltonian->potential(points))},
                    {"kinetic", surface(hamiltonian->kinetic(points))}});
  }
  return list;
}

// Paths of points of a lattice that begin at rest: [steps + 1][points] x and y.
Json paths_json(const model::Nhf& flow, const Tensor& q) {
  Json list = Json::array();
  for (const auto& state : flow.rollout({q, at::zeros_like(q)}))
    list.push_back({{"x", list_of(state.q.select(1, 0))}, {"y", list_of(state.q.select(1, 1))}});
  return list;
}

// A thousand points of the data and of the model, coordinate by coordinate.
Json scatter_json(const Tensor& points, const Tensor& samples) {
  const auto columns = [](const Tensor& from) {
    Json list = Json::array();
    for (std::int64_t i = 0; i < from.size(1); ++i)
      list.push_back(list_of(from.slice(0, 0, shown).select(1, i)));
    return list;
  };
  return {{"points", columns(points)}, {"samples", columns(samples)}};
}

// The six panels of Fig. 9: kernel density estimates of 1,000 points of the data and of the model, energies,
// and where points at rest are carried by one step and by the whole flow.
Json figure_json(const TrainedRun& run, const model::DensityModel& network, const Tensor& points,
                 const Tensor& samples) {
  constexpr std::int64_t fine = 80, coarse = 21;
  constexpr double bandwidth = 0.3;  // A.2
  const std::vector<double> window = window_of(points);
  const Tensor places = lattice(window, fine);
  const auto estimate = [&](const Tensor& from) {
    return list_of(model::kernel_density(from.slice(0, 0, shown), places, bandwidth));
  };
  Json json{{"window", window},
            {"lattice", fine},
            {"bandwidth", bandwidth},
            {"density_of_points", estimate(points)},
            {"density_of_samples", estimate(samples)}};
  const auto* const flow = dynamic_cast<const model::Nhf*>(&network);
  if (flow == nullptr) return json;
  const at::NoGradGuard no_grad;
  const auto own = [&](const Tensor& x) { return flow->standardizer()->apply(x.to(run.device, at::kFloat)); };
  json["hamiltonians"] = energies_json(*flow, own(places));
  json["paths_lattice"] = coarse;
  json["paths"] = paths_json(*flow, own(lattice(window, coarse)));
  return json;
}

Json density_json(const TrainedRun& run, const FitData& data, const DensityOptions& options) {
  auto& network = dynamic_cast<model::DensityModel&>(*run.network);
  const model::PointData& source = *data.points();
  const Tensor points = test_points(source, options.points);
  options.progress(run.path.string() + ": likelihood");
  const Tensor samples = draw_samples(network, 10'000, 1);
  Json json{{"data", data.name()},
            {"dimension", source.dimension()},
            {"points", points.size(0)},
            {"has_latent", network.has_latent()},
            {"bounds", bounds_json(network, points, options, run.device)}};
  if (source.target) {
    options.progress(run.path.string() + ": distance from the target");
    json.update(target_json(network, *source.target, points, samples, options, run.device));
  }
  options.progress(run.path.string() + ": exactness");
  json.update(exactness_json(network));
  json["samples_per_second"] = number(samples_per_second(network));
  const Tensor many = test_points(source, 10'000);
  if (source.dimension() <= 16) json["scatter"] = scatter_json(many, samples);
  if (source.dimension() == 2) json["figure"] = figure_json(run, network, many, samples);
  return json;
}

fs::path data_of(const TrainedRun& run, const DensityOptions& options) {
  if (model::has_target(run.config.settings)) {
    if (options.data.empty()) return {};
    throw schemas::FieldError(run.path.string() + " learned the built-in target " +
                              run.config.settings.text("data.target") + ": --data has no meaning for it");
  }
  return options.data.empty() ? fs::path(run.about.at("data").get<std::string>()) : options.data;
}

}  // namespace

bool is_density_run(const fs::path& run) {
  return is_run(run) && fit_config_from_json(read_json(run / run_file::config)).model->observation ==
                            model::Observation::points;
}

Json evaluate_densities(const std::vector<fs::path>& paths, const DensityOptions& options) {
  Json json{{"format", "hamgen-evaluation-1"}, {"caption", caption},    {"dataset", Json::object()},
            {"yardsticks", Json::object()},    {"runs", Json::array()}, {"groups", Json::array()}};
  for (const fs::path& path : paths) {
    if (is_run(path) && !is_density_run(path))
      throw schemas::FieldError(path.string() + " is no model of a density: evaluate it apart");
    const TrainedRun run = load_run(path, options.device);
    const FitData data(run.config, data_of(run, options));
    if (data.training().shape.coordinates != run.shape.coordinates)
      throw schemas::FieldError(path.string() + " looks at " + std::to_string(run.shape.coordinates) +
                                " coordinates: the data has " +
                                std::to_string(data.training().shape.coordinates));
    Json one = about_json(run);
    one["is_other_dataset"] =
        data.training().fingerprint != run.about.value("data_sha256", data.training().fingerprint);
    one["density"] = density_json(run, data, options);
    if (json["runs"].empty())
      json["dataset"] = {{"path", data_of(run, options).string()}, {"system", data.name()}};
    json["runs"].push_back(std::move(one));
  }
  return json;
}

}  // namespace hamgen::apps
