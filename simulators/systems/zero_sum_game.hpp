// Two populations that learn to play a zero-sum game: continuous replicator dynamics.
//
//   dx_i/dt = a x_i ((A y)_i - x.A y),   dy_j/dt = -a y_j ((A' x)_j - x.A y)
//
// x, y: shares of the n strategies in each population, A: what the first wins from the second, a: payoff. In
// log-odds u_i = log(x_i / x_n), v_j = log(y_j / y_n), i, j < n, this is a Hamiltonian system (after
// Hofbauer 1996, doi:10.1007/BF02409754): with q = u and v = B' p, where B_ij = A_ij - A_nj - A_in + A_nn,
//
//   H(q, p) = a (-sum_i x*_i log x_i(q) - sum_j y*_j log y_j(p)),
//
// the cross entropies of the populations with the equilibrium x* = y* = (1/n, ..., 1/n). Time in units of
// which a payoff of 1 makes log-odds grow by 1. A frame shows the table x_i y_j of how often which strategies
// meet.
#pragma once

#include "simulators/base/system.hpp"

namespace hamgen::simulators {

SystemDescriptor matching_pennies();     // n = 2, one coordinate
SystemDescriptor rock_paper_scissors();  // n = 3, two coordinates

}  // namespace hamgen::simulators
