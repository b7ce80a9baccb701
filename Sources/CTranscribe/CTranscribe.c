#include "CTranscribe.h"

#include <dlfcn.h>
#include <malloc.h>
#include <stdio.h>

static struct vt_transcribe library;
static _Thread_local char said[256];

// Each structure of ours, with the number by which the library knows it.
static const struct {
    int number;
    size_t size;
    const char *name;
} structures[] = {
    {0, sizeof(struct transcribe_model_load_params), "model_load_params"},
    {1, sizeof(struct transcribe_session_params), "session_params"},
    {2, sizeof(struct transcribe_run_params), "run_params"},
    {3, sizeof(struct transcribe_stream_params), "stream_params"},
    {4, sizeof(struct transcribe_capabilities), "capabilities"},
    {6, sizeof(struct transcribe_segment), "segment"},
    {7, sizeof(struct transcribe_word), "word"},
    {8, sizeof(struct transcribe_token), "token"},
    {9, sizeof(struct transcribe_stream_update), "stream_update"},
    {10, sizeof(struct transcribe_stream_text), "stream_text"},
    {11, sizeof(struct transcribe_session_limits), "session_limits"},
    {12, sizeof(struct transcribe_ext), "ext"},
    {13, sizeof(struct transcribe_device_info), "device_info"},
    {14, sizeof(struct transcribe_speaker_segment), "speaker_segment"},
    {16, sizeof(struct transcribe_diarize_info), "diarize_info"},
    {17, sizeof(struct transcribe_diarize_session_params), "diarize_session_params"},
    {18, sizeof(struct transcribe_diarize_params), "diarize_params"},
};

const struct vt_transcribe *vt_transcribe_open(const char *path, int *problem, const char **reason) {
    // Each run takes buffers of some megabytes and gives them back. By default glibc soon keeps those in its heap, which they tear to
    // pieces: 85 MB after a minute of Whisper tiny.en, and 34 if they are mapped.
    mallopt(M_MMAP_THRESHOLD, 1 << 20);
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        *problem = VT_TRANSCRIBE_MISSING;
        snprintf(said, sizeof said, "%s", dlerror());
        *reason = said;
        return NULL;
    }
    *problem = VT_TRANSCRIBE_OTHER_VERSION;
    *reason = said;
#define VT_FIND(result, name, parameters)                                         \
    if (!(*(void **)&library.name = dlsym(handle, "transcribe_" #name))) {        \
        snprintf(said, sizeof said, "it has no function transcribe_%s", #name); \
        return NULL;                                                              \
    }
    VT_TRANSCRIBE_FUNCTIONS(VT_FIND)
#undef VT_FIND
    for (size_t index = 0; index < sizeof structures / sizeof structures[0]; index++) {
        size_t size = library.abi_struct_size(structures[index].number);
        if (size == structures[index].size) continue;
        snprintf(
            said, sizeof said, "its structure %s has %zu bytes, not %zu", structures[index].name, size,
            structures[index].size);
        return NULL;
    }
    // It has no number for this one, which says its own size.
    struct transcribe_whisper_run_ext extension = {{0}};
    unsigned char room[4 * sizeof extension] = {0};
    struct transcribe_whisper_run_ext *filled = (void *)room;
    library.whisper_run_ext_init(filled);
    if (filled->ext.size != sizeof extension) {
        snprintf(
            said, sizeof said, "its structure whisper_run_ext has %llu bytes, not %zu",
            (unsigned long long)filled->ext.size, sizeof extension);
        return NULL;
    }
    return &library;
}
