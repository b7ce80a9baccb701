#ifndef VT_COPUS_H
#define VT_COPUS_H

#include <stdbool.h>
#include <stdint.h>

// libopus, opened when Opus is asked for. Its controls are variadic, which Swift can't call; so here is all of it that we use,
// as its stable interface has it, and its header isn't needed.

typedef struct OpusEncoder OpusEncoder;

/// How a stream is encoded.
typedef struct {
    /// Frames a second: 8000, 12000, 16000, 24000 or 48000.
    int32_t rate;
    /// 1 or 2.
    int channels;
    /// Bits a second.
    int32_t bitrate;
    /// 0 to 10.
    int complexity;
} vt_opus_settings;

/// Opens libopus, for the first caller; false where it can't be had, and why in `reason`.
bool vt_opus_load(const char **reason);

/// Makes an encoder; null and an error code where it can't.
///
/// @param lookahead gets how many frames later than it is given the audio begins in what a decoder gives.
OpusEncoder *vt_opus_create(vt_opus_settings settings, int32_t *lookahead, int *error);

/// Encodes one frame: 20 ms.
///
/// @param frames samples of each channel.
/// @param size bytes that `packet` has room for.
/// @return bytes of the packet, or an error code below 0.
int32_t vt_opus_encode(OpusEncoder *encoder, const int16_t *samples, int frames, uint8_t *packet, int32_t size);
int32_t vt_opus_encode_float(OpusEncoder *encoder, const float *samples, int frames, uint8_t *packet, int32_t size);
void vt_opus_destroy(OpusEncoder *encoder);
/// Name and version of the library.
const char *vt_opus_version(void);
const char *vt_opus_message(int error);

#endif
