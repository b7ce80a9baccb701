#ifndef VT_CSOXR_H
#define VT_CSOXR_H

#include <stddef.h>

// libsoxr, opened when a rate is to be changed: most of what is recorded, encoded and recognised keeps its rate, and the library
// brings OpenMP's with it.

typedef struct soxr *vt_resampler;

/// Makes a resampler of interleaved floats, 20-bit quality; null where it can't be had, and why in `reason`.
///
/// @param log2_block the size of its transforms, as a power of two: smaller ones hold less back and take more work.
vt_resampler vt_soxr_create(double from, double to, unsigned channels, unsigned log2_block, const char **reason);

/// Takes frames and gives what is ready; a null input is the end of it.
void vt_soxr_process(
    vt_resampler resampler, const float *input, size_t frames, size_t *taken, float *output, size_t room, size_t *given);
void vt_soxr_destroy(vt_resampler resampler);

#endif
