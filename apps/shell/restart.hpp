// What libraries read from the environment before main begins.
#pragma once

namespace hamgen::apps {

// Where something below helps and nobody has chosen it, the program starts itself once more with it in its environment. To be
// called before anything is begun.
//
// OMP_WAIT_POLICY=passive (else GOMP_SPINCOUNT): at the end of a parallel piece of work its threads wait for the slowest. By
// default they do so in a loop that keeps their cores busy for some milliseconds: fast on an idle machine, but where other
// programs run, too, the slowest thread is the one that has no core, because those that wait for it hold one. So they sleep.
//
// OPENBLAS_CORETYPE: a CPU that an OpenBLAS does not know gets its oldest kernels. 0.3.21 takes those of a Pentium 4 on some
// that have AVX-512, and products of large matrices run at a sixth of their speed. So it is told of one that it knows.
void restart_with_best_environment(char** argv);

}  // namespace hamgen::apps
