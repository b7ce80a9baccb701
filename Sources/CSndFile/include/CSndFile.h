#ifndef VT_CSNDFILE_H
#define VT_CSNDFILE_H

#include <sndfile.h>
#include <stdbool.h>

// libsndfile is opened when the first encoded byte needs it: it brings seven codecs' libraries, which a program that is
// given WAV should not wait for, and works without.

/// The library's functions that we call.
typedef struct {
    SNDFILE *(*open_virtual)(SF_VIRTUAL_IO *, int mode, SF_INFO *, void *user);
    int (*close)(SNDFILE *);
    int (*error)(SNDFILE *);
    const char *(*strerror)(SNDFILE *);
    int (*command)(SNDFILE *, int command, void *data, int size);
    const char *(*get_string)(SNDFILE *, int type);
    int (*set_string)(SNDFILE *, int type, const char *);
    sf_count_t (*readf_short)(SNDFILE *, short *, sf_count_t frames);
    sf_count_t (*readf_int)(SNDFILE *, int *, sf_count_t frames);
    sf_count_t (*readf_float)(SNDFILE *, float *, sf_count_t frames);
    sf_count_t (*writef_short)(SNDFILE *, const short *, sf_count_t frames);
    sf_count_t (*writef_int)(SNDFILE *, const int *, sf_count_t frames);
    sf_count_t (*writef_float)(SNDFILE *, const float *, sf_count_t frames);
} vt_sndfile;

/// Opens libsndfile, for the first caller; call it from one thread at a time.
///
/// Gives null where it can't be had, and why in `reason`.
const vt_sndfile *vt_sndfile_load(const char **reason);

/// Lets nobody hear what C libraries write to stderr; the descriptor stays as it is.
void vt_sndfile_silence(void);

#endif
