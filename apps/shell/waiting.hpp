// How OpenMP's threads wait for each other.
#pragma once

namespace hamgen::apps {

// At the end of a parallel piece of work its threads wait for the slowest. By default they do so in a loop that
// keeps their cores busy for some milliseconds: fast on an idle machine, but where other programs run, too, the
// slowest thread is the one that has no core, because those that wait for it hold one. With OMP_WAIT_POLICY=passive
// they sleep. OpenMP reads that variable before main begins: so the program starts itself once more, where nobody has
// chosen (OMP_WAIT_POLICY, GOMP_SPINCOUNT). To be called before
// anything is begun.
void wait_asleep(char** argv);

}  // namespace hamgen::apps
