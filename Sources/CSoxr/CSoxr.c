#include "CSoxr.h"

#include <dlfcn.h>
#include <pthread.h>
#include <soxr.h>

static struct {
    __typeof__(&soxr_create) create;
    __typeof__(&soxr_io_spec) io_spec;
    __typeof__(&soxr_quality_spec) quality_spec;
    __typeof__(&soxr_runtime_spec) runtime_spec;
    __typeof__(&soxr_process) process;
    __typeof__(&soxr_delete) destroy;
    const char *missing;
} library;

static void load(void) {
    void *handle = dlopen("libsoxr.so.0", RTLD_NOW | RTLD_LOCAL);
    const struct {
        const char *name;
        void *place;
    } symbols[] = {
        {"soxr_create", &library.create},
        {"soxr_io_spec", &library.io_spec},
        {"soxr_quality_spec", &library.quality_spec},
        {"soxr_runtime_spec", &library.runtime_spec},
        {"soxr_process", &library.process},
        {"soxr_delete", &library.destroy},
    };
    for (size_t index = 0; handle && index < sizeof symbols / sizeof symbols[0]; index++) {
        void *symbol = dlsym(handle, symbols[index].name);
        if (!symbol) handle = NULL;
        *(void **)symbols[index].place = symbol;
    }
    if (!handle) library.missing = dlerror();
}

vt_resampler vt_soxr_create(double from, double to, unsigned channels, unsigned log2_block, const char **reason) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    if (library.missing) {
        *reason = library.missing;
        return NULL;
    }
    soxr_io_spec_t types = library.io_spec(SOXR_FLOAT32_I, SOXR_FLOAT32_I);
    soxr_quality_spec_t quality = library.quality_spec(SOXR_20_BITQ, 0);
    soxr_runtime_spec_t runtime = library.runtime_spec(1);
    runtime.log2_min_dft_size = log2_block;
    runtime.log2_large_dft_size = log2_block;
    soxr_error_t error = NULL;
    soxr_t resampler = library.create(from, to, channels, &error, &types, &quality, &runtime);
    if (!resampler) *reason = error;
    return resampler;
}

void vt_soxr_process(
    vt_resampler resampler, const float *input, size_t frames, size_t *taken, float *output, size_t room, size_t *given) {
    // Its errors are those of creation and of a null handle.
    library.process(resampler, input, frames, taken, output, room, given);
}

void vt_soxr_destroy(vt_resampler resampler) { library.destroy(resampler); }
