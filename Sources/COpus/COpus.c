#include "COpus.h"

#include <dlfcn.h>
#include <stddef.h>

// As <opus/opus_defines.h> has them; all are part of its stable interface.
enum {
    application_audio = 2049,
    set_bitrate = 4002,
    set_complexity = 4010,
    set_vbr_constraint = 4020,
    get_lookahead = 4027,
};

static struct {
    OpusEncoder *(*create)(int32_t rate, int channels, int application, int *error);
    int (*control)(OpusEncoder *, int request, ...);
    int32_t (*encode)(OpusEncoder *, const int16_t *, int frames, uint8_t *, int32_t size);
    int32_t (*encode_float)(OpusEncoder *, const float *, int frames, uint8_t *, int32_t size);
    void (*destroy)(OpusEncoder *);
    const char *(*version)(void);
    const char *(*strerror)(int);
} library;

bool vt_opus_load(const char **reason) {
    void *handle = dlopen("libopus.so.0", RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        *reason = dlerror();
        return false;
    }
    const struct {
        const char *name;
        void *place;
    } symbols[] = {
        {"opus_encoder_create", &library.create},   {"opus_encoder_ctl", &library.control},
        {"opus_encode", &library.encode},           {"opus_encode_float", &library.encode_float},
        {"opus_encoder_destroy", &library.destroy}, {"opus_get_version_string", &library.version},
        {"opus_strerror", &library.strerror},
    };
    for (size_t index = 0; index < sizeof symbols / sizeof symbols[0]; index++) {
        void *symbol = dlsym(handle, symbols[index].name);
        if (!symbol) {
            *reason = dlerror();
            return false;
        }
        *(void **)symbols[index].place = symbol;
    }
    return true;
}

OpusEncoder *vt_opus_create(vt_opus_settings settings, int32_t *lookahead, int *error) {
    *error = 0;
    OpusEncoder *encoder = library.create(settings.rate, settings.channels, application_audio, error);
    if (!encoder) return NULL;
    const int32_t controls[][2] = {
        {set_bitrate, settings.bitrate},
        {set_complexity, settings.complexity},
        // Nothing that we write to has a buffer for a constrained rate to spare.
        {set_vbr_constraint, 0},
    };
    for (size_t index = 0; *error == 0 && index < sizeof controls / sizeof controls[0]; index++)
        *error = library.control(encoder, controls[index][0], controls[index][1]);
    if (*error == 0) *error = library.control(encoder, get_lookahead, lookahead);
    if (*error != 0) {
        library.destroy(encoder);
        return NULL;
    }
    return encoder;
}

int32_t vt_opus_encode(OpusEncoder *encoder, const int16_t *samples, int frames, uint8_t *packet, int32_t size) {
    return library.encode(encoder, samples, frames, packet, size);
}

int32_t vt_opus_encode_float(OpusEncoder *encoder, const float *samples, int frames, uint8_t *packet, int32_t size) {
    return library.encode_float(encoder, samples, frames, packet, size);
}

void vt_opus_destroy(OpusEncoder *encoder) { library.destroy(encoder); }

const char *vt_opus_version(void) { return library.version(); }

const char *vt_opus_message(int error) { return library.strerror(error); }
