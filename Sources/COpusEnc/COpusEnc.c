#include "COpusEnc.h"

#include <dlfcn.h>
#include <stddef.h>

// As <opus/opusenc.h> and <opus/opus_defines.h> have them; all are part of their stable interfaces.
enum {
    set_decision_delay = 14000,
    set_muxing_delay = 14002,
    set_comment_padding = 14004,
    set_bitrate = 4002,
    set_complexity = 4010,
    bad_allocation = -17,
};

typedef struct {
    vt_opus_write write;
    int (*close)(void *user);
} callbacks;

static struct {
    OggOpusComments *(*comments_create)(void);
    int (*comments_add)(OggOpusComments *, const char *, const char *);
    void (*comments_destroy)(OggOpusComments *);
    OggOpusEnc *(*create)(const callbacks *, void *, OggOpusComments *, int32_t rate, int channels, int family, int *error);
    int (*control)(OggOpusEnc *, int request, ...);
    int (*flush_header)(OggOpusEnc *);
    int (*write)(OggOpusEnc *, const int16_t *, int);
    int (*write_float)(OggOpusEnc *, const float *, int);
    int (*drain)(OggOpusEnc *);
    void (*destroy)(OggOpusEnc *);
    const char *(*strerror)(int);
} library;

bool vt_opusenc_load(const char **reason) {
    static bool is_complete;
    if (is_complete) return true;
    void *handle = dlopen("libopusenc.so.0", RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        *reason = dlerror();
        return false;
    }
    const struct {
        const char *name;
        void *place;
    } symbols[] = {
        {"ope_comments_create", &library.comments_create},
        {"ope_comments_add", &library.comments_add},
        {"ope_comments_destroy", &library.comments_destroy},
        {"ope_encoder_create_callbacks", &library.create},
        {"ope_encoder_ctl", &library.control},
        {"ope_encoder_flush_header", &library.flush_header},
        {"ope_encoder_write", &library.write},
        {"ope_encoder_write_float", &library.write_float},
        {"ope_encoder_drain", &library.drain},
        {"ope_encoder_destroy", &library.destroy},
        {"ope_strerror", &library.strerror},
    };
    for (size_t index = 0; index < sizeof symbols / sizeof symbols[0]; index++) {
        void *symbol = dlsym(handle, symbols[index].name);
        if (!symbol) {
            *reason = dlerror();
            return false;
        }
        *(void **)symbols[index].place = symbol;
    }
    is_complete = true;
    return true;
}

OggOpusComments *vt_opus_comments_create(void) { return library.comments_create(); }

int vt_opus_comments_add(OggOpusComments *comments, const char *tag, const char *value) {
    return library.comments_add(comments, tag, value);
}

void vt_opus_comments_destroy(OggOpusComments *comments) { library.comments_destroy(comments); }

static int nothing_to_close(void *user) {
    (void)user;
    return 0;
}

OggOpusEnc *vt_opus_create(vt_opus_settings settings, OggOpusComments *comments, vt_opus_write write, void *user, int *error) {
    // The encoder keeps a copy.
    callbacks functions = {write, nothing_to_close};
    *error = 0;
    OggOpusEnc *encoder = library.create(&functions, user, comments, settings.rate, settings.channels, 0, error);
    if (!encoder) {
        if (*error == 0) *error = bad_allocation;
        return NULL;
    }
    const int32_t controls[][2] = {
        {set_bitrate, settings.bitrate}, {set_complexity, settings.complexity},
        // By default the library holds three seconds back to decide better, and a second to make larger pages.
        {set_decision_delay, 0},         {set_muxing_delay, settings.muxing_delay},
        {set_comment_padding, 0},
    };
    for (size_t index = 0; *error == 0 && index < sizeof controls / sizeof controls[0]; index++)
        *error = library.control(encoder, controls[index][0], controls[index][1]);
    if (*error == 0) *error = library.flush_header(encoder);
    if (*error != 0) {
        library.destroy(encoder);
        return NULL;
    }
    return encoder;
}

int vt_opus_encode(OggOpusEnc *encoder, const int16_t *samples, int frames) {
    return library.write(encoder, samples, frames);
}

int vt_opus_encode_float(OggOpusEnc *encoder, const float *samples, int frames) {
    return library.write_float(encoder, samples, frames);
}

int vt_opus_drain(OggOpusEnc *encoder) { return library.drain(encoder); }

void vt_opus_destroy(OggOpusEnc *encoder) { library.destroy(encoder); }

const char *vt_opus_message(int error) { return library.strerror(error); }
