#include "simulators/formulas/custom_system.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "simulators/base/integrate.hpp"
#include "simulators/base/units.hpp"
#include "simulators/formulas/custom_definition.hpp"
#include "simulators/formulas/expression_tape.hpp"

namespace hamgen::simulators {
namespace {

using schemas::FieldError;

// The programs that a definition comes to. Derivatives and energy share one tape, hence intermediate results.
struct Compiled {
  Program energy, dH_dq, dH_dp, discs;  // discs: x, y, radius of each

  static Compiled from(const CustomDefinition& definition) {
    const auto sizes = definition.group_sizes();
    const std::size_t first = sizes[0], d = sizes[1];
    Tape tape(first + 2 * d);
    const Slot energy = tape.record(definition.hamiltonian);
    const auto of_q = tape.gradient(energy, first, d), of_p = tape.gradient(energy, first + d, d);
    std::vector<Slot> discs;
    for (const auto& disc : definition.discs)
      for (const Expression* formula : {&disc.x, &disc.y, &disc.radius})
        discs.push_back(tape.record(*formula));
    return {Program(tape, sizes, std::span(&energy, 1)), Program(tape, sizes, of_q),
            Program(tape, sizes, of_p), Program(tape, sizes, discs)};
  }
};

// The value as messages show it: NaN without the sign that it may carry.
std::string shown(double value) {
  return std::isnan(value) ? "nan" : schemas::to_text(value);
}

class CustomSystem final : public System {
 public:
  explicit CustomSystem(const schemas::Settings& settings)
      : settings_(settings), definition_(settings), compiled_(Compiled::from(definition_)) {
    try {
      check_starts();
    } catch (const StartFailure& failure) {
      throw FieldError(failure.what());
    }
  }

  std::size_t dimension() const override { return definition_.dimension(); }
  std::string hamiltonian() const override { return "H = " + settings_.text("physics.hamiltonian"); }
  std::vector<std::string> coordinate_names() const override { return definition_.coordinates; }
  std::vector<Label> parameter_labels() const override {
    std::vector<Label> labels;
    for (const auto& constant : definition_.constants) labels.push_back({constant.name, constant.unit});
    return labels;
  }
  std::string position_unit() const override { return settings_.text("physics.position_unit"); }
  std::string momentum_unit() const override { return settings_.text("physics.momentum_unit"); }

  Start draw_start(RandomStream& random) const override;

  double energy(Reals c, Reals q, Reals p) const override {
    double value = 0;
    compiled_.energy.run({c, q, p}, MutableReals(&value, 1));
    return value;
  }
  void dH_dq(Reals c, Reals q, Reals p, MutableReals out) const override {
    compiled_.dH_dq.run({c, q, p}, out);
  }
  void dH_dp(Reals c, Reals q, Reals p, MutableReals out) const override {
    compiled_.dH_dp.run({c, q, p}, out);
  }
  bool is_separable() const override { return definition_.is_separable(); }
  bool is_reversible() const override;

  void show(Reals c, Reals q, Reals p, Scene& scene) const override;
  std::size_t bodies() const override { return definition_.discs.size(); }
  double half_width() const override;

  // Position and momentum of one coordinate; the first two positions where there are more.
  PortraitAxes portrait_axes() const override {
    const auto& names = definition_.coordinates;
    return {{{0, 1}}, names[0], names.size() > 1 ? names[1] : definition_.momenta[0]};
  }

 private:
  // Energy, gradients and picture at a few starts, before hours are spent on them. Throws FieldError.
  void check_starts() const;
  void check_gradient(const Start& start) const;
  std::string described(const Start& start) const;
  // How far from the origin, along x or y, the discs of an orbit reach.
  double reach(const Start& start, Reals times) const;

  schemas::Settings settings_;
  CustomDefinition definition_;
  Compiled compiled_;
};

Start CustomSystem::draw_start(RandomStream& random) const {
  const std::size_t d = dimension();
  Start start{{}, std::vector<double>(d), std::vector<double>(d)};
  for (const auto& constant : definition_.constants) start.parameters.push_back(draw(constant.range, random));
  constexpr int most_draws = 10'000;
  double h = 0;
  for (int i = 0; i < most_draws; ++i) {
    for (std::size_t k = 0; k < d; ++k) start.q[k] = draw(definition_.starts[k], random);
    for (std::size_t k = 0; k < d; ++k) start.p[k] = draw(definition_.starts[d + k], random);
    if (settings_.is_automatic("start.energy")) return start;
    const auto& window = settings_.reals("start.energy");
    h = energy(start.parameters, start.q, start.p);
    if (h >= window[0] && h <= window[1]) return start;
  }
  throw StartFailure("start.energy = " + schemas::to_text(settings_.at("start.energy")) +
                     " was not met by any of " + std::to_string(most_draws) +
                     " starts drawn from start.values; the last, " + described(start) +
                     ", has H = " + shown(h));
}

// Where momenta occur evenly, H does not change with their signs; at many random states this is no accident.
bool CustomSystem::is_reversible() const {
  RandomStream random({.seed = 0, .purpose = Purpose::start});
  std::vector<std::pair<double, double>> energies;  // forward, backward
  double largest = 0;
  for (int i = 0; i < 32; ++i) {
    Start start;
    try {
      start = draw_start(random);
    } catch (const StartFailure&) {
      continue;
    }
    const double forward = energy(start.parameters, start.q, start.p);
    for (double& momentum : start.p) momentum = -momentum;
    energies.emplace_back(forward, energy(start.parameters, start.q, start.p));
    largest = std::max(largest, std::abs(forward));
  }
  const double unit = largest < smallest_ordinary ? largest : 1;
  return std::ranges::all_of(energies, [&](const auto& both) {
    return std::abs(both.first - both.second) <= 1e-12 * std::max(unit, std::abs(both.first));
  });
}

void CustomSystem::show(Reals c, Reals q, Reals p, Scene& scene) const {
  const auto& formulas = definition_.discs;
  const double scale = settings_.real("look.radius_scale");
  thread_local std::vector<double> values;
  values.resize(3 * formulas.size());
  compiled_.discs.run({c, q, p}, values);
  scene.discs.resize(formulas.size());
  for (std::size_t i = 0; i < formulas.size(); ++i) {
    const double x = values[3 * i], y = values[3 * i + 1], radius = values[3 * i + 2] * scale;
    if (!std::isfinite(x) || !std::isfinite(y) || !(radius > 0) || !std::isfinite(radius))
      throw FieldError("scene.discs \"" + formulas[i].text + "\" is no disc at " +
                       described({{c.begin(), c.end()}, {q.begin(), q.end()}, {p.begin(), p.end()}}) +
                       ": x = " + shown(x) + ", y = " + shown(y) + ", radius = " + shown(radius) +
                       " (expected finite numbers, radius > 0)");
    scene.discs[i] = {x, y, radius, {}, i};
  }
}

std::string CustomSystem::described(const Start& start) const {
  const auto names = definition_.names();
  std::string text;
  std::size_t i = 0;
  for (const auto* values : {&start.parameters, &start.q, &start.p})
    for (const double value : *values) text += (text.empty() ? "" : ", ") + names[i++] + " = " + shown(value);
  return text;
}

void CustomSystem::check_starts() const {
  constexpr std::uint64_t few = 8;
  Scene scene;
  for (std::uint64_t i = 0; i < few; ++i) {
    RandomStream random({.trajectory = i});
    const Start start = draw_start(random);
    const double h = energy(start.parameters, start.q, start.p);
    if (!std::isfinite(h))
      throw FieldError("physics.hamiltonian is not finite where trajectories may start: H = " + shown(h) +
                       " at " + described(start));
    check_gradient(start);
    show(start.parameters, start.q, start.p, scene);
  }
}

// The slope by fourth-order differences, with ever smaller steps: near a corner only the small ones are
// right.
void CustomSystem::check_gradient(const Start& start) const {
  const std::size_t d = dimension();
  std::vector<double> x = start.q, gradient(2 * d);
  x.insert(x.end(), start.p.begin(), start.p.end());
  dH_dq(start.parameters, start.q, start.p, MutableReals(gradient).first(d));
  dH_dp(start.parameters, start.q, start.p, MutableReals(gradient).last(d));
  for (std::size_t k = 0; k < 2 * d; ++k) {
    const double centre = x[k], size = centre == 0 ? 1 : std::abs(centre);
    const auto at = [&](double shifted) {
      x[k] = shifted;
      const double h = energy(start.parameters, Reals(x).first(d), Reals(x).last(d));
      x[k] = centre;
      return h;
    };
    const auto agrees = [&](double relative_step) {
      const double h = size * relative_step;
      const double slope =
          (8 * (at(centre + h) - at(centre - h)) - (at(centre + 2 * h) - at(centre - 2 * h))) / (12 * h);
      const double round_off = 1e-14 * std::abs(at(centre)) / h;
      return std::abs(slope - gradient[k]) <= 1e-5 * std::abs(gradient[k]) + round_off;
    };
    if (std::isfinite(gradient[k]) && std::ranges::any_of(std::array{1e-3, 1e-4, 1e-5, 1e-6}, agrees))
      continue;
    throw FieldError("physics.hamiltonian has no derivative with respect to " +
                     definition_.names()[definition_.constants.size() + k] +
                     " where trajectories may start: at " + described(start));
  }
}

double CustomSystem::reach(const Start& start, Reals times) const {
  IntegratorOptions options;
  options.absolute_tolerance = options.relative_tolerance = 1e-9;
  options.max_steps = 10'000;
  options.friction = settings_.real("physics.friction");
  const Orbit orbit = integrate(*this, start.parameters, start.q, start.p, times, options);
  const std::size_t d = dimension();
  Scene scene;
  double farthest = 0;
  for (std::size_t t = 0; t < times.size(); ++t) {
    show(start.parameters, Reals(orbit.q).subspan(t * d, d), Reals(orbit.p).subspan(t * d, d), scene);
    for (const Disc& disc : scene.discs)
      farthest = std::max({farthest, std::abs(disc.x) + disc.radius, std::abs(disc.y) + disc.radius});
  }
  return farthest;
}

double CustomSystem::half_width() const {
  constexpr std::uint64_t trials = 256;
  constexpr std::int64_t most_frames = 1000;
  const std::int64_t steps = settings_.integer("steps"), frames = std::min(steps, most_frames);
  const double duration = static_cast<double>(steps) * settings_.real("dt");
  std::vector<double> times;
  for (std::int64_t t = 0; t <= frames; ++t)
    times.push_back(duration * static_cast<double>(t) / static_cast<double>(frames));

  double farthest = 0;
  std::string failure;
  for (std::uint64_t i = 0; i < trials; ++i) {
    RandomStream random({.trajectory = i});
    try {
      farthest = std::max(farthest, reach(draw_start(random), times));
    } catch (const IntegrationFailure& stopped) {
      failure = stopped.what();
    } catch (const StartFailure& none) {
      failure = none.what();
    }
  }
  if (farthest == 0)
    throw FieldError("none of " + std::to_string(trials) +
                     " trial trajectories could be followed: " + failure);
  // Upward to three digits, so that round-off elsewhere does not make another view.
  const double unit = std::pow(10, std::floor(std::log10(1.1 * farthest)) - 2);
  return unit * std::ceil(1.1 * farthest / unit);
}

}  // namespace

SystemDescriptor custom() {
  return {
      .name = "custom",
      .summary = "a system of your own: its Hamiltonian is a formula in the configuration",
      .hamiltonian = "H = what physics.hamiltonian says",
      .reference = "docs/your-own-system.md",
      .conserved = "H",
      .fields = CustomDefinition::fields(),
      .defaults = {{"noise.std", 0.0}},
      .create = [](const schemas::Settings& settings) { return std::make_unique<CustomSystem>(settings); },
  };
}

}  // namespace hamgen::simulators
