// Models: what they can do, and what becomes of loading them.

#define _GNU_SOURCE
#include "Library.h"

#include <fcntl.h>
#include <string.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

void transcribe_model_load_params_init(struct transcribe_model_load_params *parameters) {
    *parameters = (struct transcribe_model_load_params){.struct_size = sizeof *parameters};
}

transcribe_status transcribe_model_load_file(
    const char *path, const struct transcribe_model_load_params *parameters, transcribe_model_ref *model) {
    if (parameters->struct_size != sizeof *parameters) return TRANSCRIBE_BAD_STRUCT_SIZE;
    struct transcribe_device_info info;
    transcribe_device_info_init(&info);
    if (parameters->device) transcribe_device_get_info(parameters->device, &info);
    const char *slash = strrchr(path, '/');
    note("load\tfile=%s\tbackend=%d\tdevice=%s", slash ? slash + 1 : path, parameters->backend, info.name ? info.name : "");
    greet("load");
    int file = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    if (file < 0 || fstat(file, &status) < 0) return TRANSCRIBE_FILE_NOT_FOUND;
    struct transcribe_model loaded = {.size = status.st_size};
    loaded.bytes = mmap(NULL, loaded.size, PROT_READ, MAP_SHARED, file, 0);
    close(file);
    if (loaded.bytes == MAP_FAILED) return TRANSCRIBE_BAD_MODEL_FILE;
    loaded.script = script_of_model(loaded.bytes, loaded.size);
    act(&loaded.script, "load", script_number(&loaded.script, "load-takes", 0), NULL);
    transcribe_status failure = (transcribe_status)script_number(&loaded.script, "load-status", TRANSCRIBE_OK);
    note("loaded\tstatus=%d", failure);
    if (failure != TRANSCRIBE_OK) return failure;
    loaded.languages = script_words(&loaded.script, "languages", &loaded.language_count);
    loaded.targets = script_words(&loaded.script, "targets", &loaded.target_count);
    *model = malloc(sizeof loaded);
    memcpy((void *)*model, &loaded, sizeof loaded);
    return TRANSCRIBE_OK;
}

void transcribe_model_free(transcribe_model_ref model) {
    munmap((void *)model->bytes, model->size);
    free(model);
}

uint32_t transcribe_model_roles(transcribe_model_ref model) {
    return (uint32_t)script_number(&model->script, "roles", TRANSCRIBE_ROLE_RECOGNITION);
}

bool transcribe_model_supports(transcribe_model_ref model, int feature) {
    int count;
    const char *const *features = script_words(&model->script, "features", &count);
    for (int index = 0; index < count; index++) {
        if (atoi(features[index]) == feature) return true;
    }
    return false;
}

bool transcribe_model_accepts_ext_kind(transcribe_model_ref model, int slot, uint32_t kind) {
    return script_says(&model->script, "whisper") && slot == TRANSCRIBE_SLOT_RUN
        && kind == TRANSCRIBE_EXTENSION_WHISPER_RUN;
}

const char *transcribe_model_arch_string(transcribe_model_ref model) { return "stand-in"; }
const char *transcribe_model_variant_string(transcribe_model_ref model) { return "tones"; }
const char *transcribe_model_backend(transcribe_model_ref model) { return "cpu"; }

void transcribe_capabilities_init(struct transcribe_capabilities *capabilities) {
    *capabilities = (struct transcribe_capabilities){.struct_size = sizeof *capabilities};
}

static int times(const struct script *script) {
    const char *text = script_text(script, "times");
    if (!text || !strcmp(text, "word")) return TRANSCRIBE_TIMES_WORD;
    if (!strcmp(text, "segment")) return TRANSCRIBE_TIMES_SEGMENT;
    return !strcmp(text, "token") ? TRANSCRIBE_TIMES_TOKEN : TRANSCRIBE_TIMES_NONE;
}

transcribe_status transcribe_model_get_capabilities(
    transcribe_model_ref model, struct transcribe_capabilities *capabilities) {
    if (capabilities->struct_size != sizeof *capabilities) return TRANSCRIBE_BAD_STRUCT_SIZE;
    capabilities->native_sample_rate = 16000;
    capabilities->languages = model->language_count ? model->languages : NULL;
    capabilities->n_languages = model->language_count;
    capabilities->translate_target_languages = model->target_count ? model->targets : NULL;
    capabilities->n_translate_target_languages = model->target_count;
    capabilities->max_timestamp_kind = times(&model->script);
    capabilities->supports_language_detect = script_says(&model->script, "detects");
    capabilities->supports_translate = script_says(&model->script, "translates");
    capabilities->supports_streaming = script_says(&model->script, "streams");
    capabilities->max_audio_ms = script_number(&model->script, "longest", 0);
    return TRANSCRIBE_OK;
}

// MARK: Sessions

void transcribe_session_params_init(struct transcribe_session_params *parameters) {
    *parameters = (struct transcribe_session_params){.struct_size = sizeof *parameters};
}

transcribe_status transcribe_session_init(
    transcribe_model_ref model, const struct transcribe_session_params *parameters, transcribe_session_ref *session) {
    if (parameters->struct_size != sizeof *parameters) return TRANSCRIBE_BAD_STRUCT_SIZE;
    note("session\tthreads=%d", parameters->n_threads);
    transcribe_status failure = (transcribe_status)script_number(&model->script, "session-status", TRANSCRIBE_OK);
    if (failure != TRANSCRIBE_OK) return failure;
    struct transcribe_session *made = calloc(1, sizeof *made);
    made->model = model;
    *session = made;
    return TRANSCRIBE_OK;
}

void transcribe_session_free(transcribe_session_ref session) {
    forget(&session->heard);
    free(session->samples);
    free(session);
}

void transcribe_session_limits_init(struct transcribe_session_limits *limits) {
    *limits = (struct transcribe_session_limits){.struct_size = sizeof *limits};
}

transcribe_status transcribe_session_get_limits(transcribe_session_ref session, struct transcribe_session_limits *limits) {
    limits->effective_max_audio_ms = script_number(&session->model->script, "longest", 0);
    return TRANSCRIBE_OK;
}

void transcribe_set_abort_callback(transcribe_session_ref session, transcribe_abort_callback callback, void *user) {
    session->abort = callback;
    session->user = user;
}
