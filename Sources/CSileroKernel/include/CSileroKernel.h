#ifndef CSILEROKERNEL_H
#define CSILEROKERNEL_H

#include <stdbool.h>

// Whether this processor, and the system on it, can run what is compiled for AVX2 and FMA.
bool vt_processor_has_avx2_and_fma(void);

// Vector instructions for the kernels, which are Swift.
//
// Swift's SIMD types do integer arithmetic with vector instructions, but floating point lane by lane, and leave it to the
// optimiser to find the vectors again (6.3). It does so or not depending on what surrounds them: the same layer took 1.5
// to 2 times as long after an unrelated change. These are vectors from the start. clang imports them as SIMD4<Float>
// and SIMD8<Float>; they are compiled with the flags of the Swift module that calls them.

typedef float vt_float4 __attribute__((ext_vector_type(4)));
typedef float vt_float8 __attribute__((ext_vector_type(8)));

#define VT_INLINE static inline __attribute__((always_inline))

// sum + a * b, rounded twice: every processor has these.
VT_INLINE vt_float4 vt_multiply_add_4(vt_float4 sum, float a, vt_float4 b) { return sum + a * b; }
VT_INLINE vt_float4 vt_add_4(vt_float4 a, vt_float4 b) { return a + b; }

// sum + a * b, rounded once: only for modules that are compiled for FMA.
VT_INLINE vt_float8 vt_multiply_add_8(vt_float8 sum, float a, vt_float8 b) {
    return __builtin_elementwise_fma((vt_float8)a, b, sum);
}
VT_INLINE vt_float8 vt_add_8(vt_float8 a, vt_float8 b) { return a + b; }


#endif
