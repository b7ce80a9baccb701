#include "CSileroKernel.h"

bool vt_processor_has_avx2_and_fma(void) {
#if defined(__x86_64__)
    // Also asks whether the system saves the wide registers.
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
    return false;
#endif
}
