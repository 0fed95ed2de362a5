#include "simulators/systems/zero_sum_game.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace hamgen::simulators {
namespace {

// What makes a game: its strategies, and B, from which all else follows for an equilibrium of equal shares.
struct Game {
  std::string name, summary;
  std::vector<std::string> strategies;  // n
  std::vector<double> reduced;          // B: [n - 1, n - 1]
};

// Shares by strategy for log-odds against the last: exp(u_i) / (1 + sum exp(u)).
void shares_of(Reals log_odds, MutableReals shares) {
  double largest = 0;
  for (const double u : log_odds) largest = std::max(largest, u);
  double sum = shares.back() = std::exp(-largest);
  for (std::size_t i = 0; i < log_odds.size(); ++i) sum += shares[i] = std::exp(log_odds[i] - largest);
  for (double& share : shares) share /= sum;
}

// -sum_i log(share_i) / n.
double cross_entropy(Reals log_odds) {
  double largest = 0, total = 0;
  for (const double u : log_odds) largest = std::max(largest, u), total += u;
  double sum = std::exp(-largest);
  for (const double u : log_odds) sum += std::exp(u - largest);
  return largest + std::log(sum) - total / static_cast<double>(log_odds.size() + 1);
}

class ZeroSumGame final : public System {
 public:
  ZeroSumGame(const schemas::Settings& settings, Game game)
      : payoff_(settings.spread("physics.payoff")), game_(std::move(game)) {}

  std::size_t dimension() const override { return game_.strategies.size() - 1; }
  std::vector<std::string> coordinate_names() const override {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < dimension(); ++i)
      names.push_back("log_odds_" + game_.strategies[i] + "_" + game_.strategies.back());
    return names;
  }
  std::vector<Label> parameter_labels() const override { return {{"payoff", "1 / time"}}; }
  std::string position_unit() const override { return "1"; }
  std::string momentum_unit() const override { return "1"; }

  // Uniform on both simplices: shares of exponential numbers.
  Start draw_start(RandomStream& random) const override {
    const auto log_odds = [&] {
      std::vector<double> u(dimension());
      for (double& value : u) value = std::log(-std::log1p(-random.uniform()));
      const double last = std::log(-std::log1p(-random.uniform()));
      for (double& value : u) value -= last;
      return u;
    };
    Start start{{draw(payoff_, random)}, log_odds(), {}};
    start.p = momentum_of(log_odds());
    return start;
  }

  double energy(Reals c, Reals q, Reals p) const override {
    return c[0] * (cross_entropy(q) + cross_entropy(second_log_odds(p)));
  }
  void dH_dq(Reals c, Reals q, Reals, MutableReals out) const override { gradient(c[0], q, out); }
  void dH_dp(Reals c, Reals, Reals p, MutableReals out) const override {
    const std::size_t d = dimension();
    Numbers of_v{};
    gradient(c[0], second_log_odds(p), {of_v.data(), d});
    for (std::size_t i = 0; i < d; ++i) {
      out[i] = 0;
      for (std::size_t j = 0; j < d; ++j) out[i] += game_.reduced[i * d + j] * of_v[j];
    }
  }

  bool is_reversible() const override { return dimension() == 1; }  // of more, cross entropy is not even
  bool allows_friction() const override { return false; }
  std::string energy_unit() const override { return "1 / time"; }

  void show(Reals, Reals q, Reals p, Scene& scene) const override {
    const std::size_t n = dimension() + 1;
    Numbers x{}, y{};
    shares_of(q, {x.data(), n});
    shares_of(second_log_odds(p), {y.data(), n});
    scene.discs.clear();
    scene.tiles.rows = scene.tiles.columns = n;
    scene.tiles.half_width = half_width();
    scene.tiles.values.resize(n * n);
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < n; ++j) scene.tiles.values[i * n + j] = x[i] * y[j];
  }
  std::size_t bodies() const override { return 0; }
  double half_width() const override { return 1; }
  PortraitAxes portrait_axes() const override { return {{{0, dimension()}}, "log-odds q_1", "p_1"}; }

 private:
  using Numbers = std::array<double, 3>;  // of at most three strategies

  // a (x_i - 1 / n)
  void gradient(double payoff, Reals log_odds, MutableReals out) const {
    const std::size_t n = dimension() + 1;
    Numbers shares{};
    shares_of(log_odds, {shares.data(), n});
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = payoff * (shares[i] - 1 / static_cast<double>(n));
  }

  // v = B' p
  struct LogOdds {
    Numbers v{};
    std::size_t count;
    operator Reals() const { return {v.data(), count}; }  // NOLINT(google-explicit-constructor)
  };
  LogOdds second_log_odds(Reals p) const {
    LogOdds odds{.count = dimension()};
    for (std::size_t i = 0; i < odds.count; ++i)
      for (std::size_t j = 0; j < odds.count; ++j) odds.v[j] += game_.reduced[i * odds.count + j] * p[i];
    return odds;
  }
  // p with B' p = v; B is a number, or a multiple of a rotation: the inverse of B' is B / |B|^2.
  std::vector<double> momentum_of(const std::vector<double>& v) const {
    const std::size_t d = dimension();
    double square = 0;
    for (std::size_t j = 0; j < d; ++j) square += game_.reduced[j] * game_.reduced[j];
    std::vector<double> p(d);
    for (std::size_t i = 0; i < d; ++i)
      for (std::size_t j = 0; j < d; ++j) p[i] += game_.reduced[i * d + j] * v[j] / square;
    return p;
  }

  schemas::Spread payoff_;
  Game game_;
};

SystemDescriptor describe(const Game& game) {
  return {
      .name = game.name,
      .summary = game.summary,
      .hamiltonian = "H = -(a / n) (sum_i log x_i(q) + sum_j log y_j(p)), x, y shares of n strategies",
      .reference = "Hofbauer 1996, doi:10.1007/BF02409754",
      .conserved = "H: the sum of both populations' cross entropies with the equilibrium",
      .fields = {schemas::spread("physics.payoff", {1.0}, "1 / time", "payoff a of a win").above(0)},
      .defaults = {{"noise.std", 0.0}, {"dt", 0.1}},
      .create = [game](const schemas::Settings& s) { return std::make_unique<ZeroSumGame>(s, game); },
  };
}

}  // namespace

// A = (1, -1; -1, 1)
SystemDescriptor matching_pennies() {
  return describe({"matching_pennies",
                   "two populations play matching pennies: replicator dynamics",
                   {"heads", "tails"},
                   {4}});
}

// A = (0, -1, 1; 1, 0, -1; -1, 1, 0)
SystemDescriptor rock_paper_scissors() {
  return describe({"rock_paper_scissors",
                   "two populations play rock, paper, scissors: replicator dynamics",
                   {"rock", "paper", "scissors"},
                   {0, -3, 3, 0}});
}

}  // namespace hamgen::simulators
