#include "CSndFile.h"

#include <dlfcn.h>
#include <stddef.h>
#include <stdio.h>

static vt_sndfile library;

const vt_sndfile *vt_sndfile_load(const char **reason) {
    static bool is_complete;
    if (is_complete) return &library;
    void *handle = dlopen("libsndfile.so.1", RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        *reason = dlerror();
        return NULL;
    }
    const struct {
        const char *name;
        void *place;
    } symbols[] = {
        {"sf_open_virtual", &library.open_virtual}, {"sf_close", &library.close},
        {"sf_error", &library.error},               {"sf_strerror", &library.strerror},
        {"sf_command", &library.command},           {"sf_get_string", &library.get_string},
        {"sf_set_string", &library.set_string},     {"sf_readf_short", &library.readf_short},
        {"sf_readf_int", &library.readf_int},       {"sf_readf_float", &library.readf_float},
        {"sf_writef_short", &library.writef_short}, {"sf_writef_int", &library.writef_int},
        {"sf_writef_float", &library.writef_float},
    };
    for (size_t index = 0; index < sizeof symbols / sizeof symbols[0]; index++) {
        void *symbol = dlsym(handle, symbols[index].name);
        if (!symbol) {
            *reason = dlerror();
            return NULL;
        }
        *(void **)symbols[index].place = symbol;
    }
    is_complete = true;
    return &library;
}

void vt_sndfile_silence(void) {
    FILE *nowhere = fopen("/dev/null", "we");
    if (nowhere) stderr = nowhere;
}
