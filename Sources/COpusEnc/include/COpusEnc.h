#ifndef VT_COPUSENC_H
#define VT_COPUSENC_H

#include <stdbool.h>
#include <stdint.h>

// libopusenc, opened when Opus is asked for. Its header is at opus/opusenc.h and includes <opus.h>, which only pkg-config's
// flags find; its controls are variadic, which Swift can't call. So here is all of it that we use.

typedef struct OggOpusEnc OggOpusEnc;
typedef struct OggOpusComments OggOpusComments;

/// Gets a page; 0 says that it was written.
typedef int (*vt_opus_write)(void *user, const unsigned char *bytes, int32_t count);

/// How a stream is encoded.
typedef struct {
    /// Frames a second that come in, in hertz.
    int32_t rate;
    int channels;
    /// Bits a second.
    int32_t bitrate;
    /// 0 to 10.
    int complexity;
    /// Frames of 48 kHz in a page, at most so many behind the first.
    int32_t muxing_delay;
} vt_opus_settings;

/// Opens libopusenc, for the first caller; false where it can't be had, and why in `reason`.
bool vt_opusenc_load(const char **reason);

OggOpusComments *vt_opus_comments_create(void);
int vt_opus_comments_add(OggOpusComments *comments, const char *tag, const char *value);
void vt_opus_comments_destroy(OggOpusComments *comments);

/// Makes an encoder and writes the stream's headers; null and an error code where it can't.
OggOpusEnc *vt_opus_create(vt_opus_settings settings, OggOpusComments *comments, vt_opus_write write, void *user, int *error);
int vt_opus_encode(OggOpusEnc *encoder, const int16_t *samples, int frames);
int vt_opus_encode_float(OggOpusEnc *encoder, const float *samples, int frames);
/// Ends the stream.
int vt_opus_drain(OggOpusEnc *encoder);
void vt_opus_destroy(OggOpusEnc *encoder);
const char *vt_opus_message(int error);

#endif
