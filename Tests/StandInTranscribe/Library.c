// The engine's library for tests: it has libtranscribe's C interface (CTranscribe.h), hears the words of Tests/ToneWords and nothing
// else, and does what it is told, so that a test knows for certain which words are right.
//
// A file `stand-in` beside the library holds lines KEY VALUE:
//   log FILE              gets a line for each call that matters
//   struct NUMBER BYTES   a structure has another size than the engine's
//   init STATUS           init_backends fails
//   device NAME KIND MIB  what can compute (one line for each; `CPU cpu 0` if there is none)
//   greets yes            writes on standard output and standard error wherever it can
//
// A model is a GGUF with such lines in its key `stand-in.script`:
//   load-status, session-status, run-status, stream-status STATUS    what fails, with a number of `transcribe_status`
//   name TEXT              what the log calls it
//   run-status-from COUNT  the pass from which on it does (1)
//   load-does, run-does    abort or kill: how the process dies of it
//   load-takes MS, pass-takes MS, pass-takes-for-each-second MS
//   hold FILE              a pass waits while this file is there
//   deaf yes               a pass does not ask whether it shall end
//   roles BITS, languages TAG..., detects yes, translates yes, targets TAG..., streams yes, longest MS, shortest MS
//   times none|segment|word|token, features NUMBER..., whisper yes (takes Whisper's own parameters)
//   segment-words COUNT    words of a segment (all)
//   detected TAG           the language that it says it heard
//   says TEXT              what it hears instead of words
//   forgets-from MS        audio from which length on it takes the first word for 000
//   tentative COUNT        words at the end of a stream that are not certain yet (1)

#define _GNU_SOURCE
#include "Library.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static struct script settings;

static void read_settings(void) {
    Dl_info info;
    dladdr((void *)read_settings, &info);
    const char *slash = strrchr(info.dli_fname, '/');
    char path[4096];
    snprintf(path, sizeof path, "%.*s/stand-in", slash ? (int)(slash - info.dli_fname) : 0, info.dli_fname);
    settings = script_of_file(path);
}

const struct script *library_script(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, read_settings);
    return &settings;
}

void note(const char *format, ...) {
    const char *path = script_text(library_script(), "log");
    if (!path) return;
    char line[4096];
    va_list arguments;
    va_start(arguments, format);
    int count = vsnprintf(line, sizeof line - 1, format, arguments);
    va_end(arguments);
    if (count >= (int)sizeof line - 1) count = sizeof line - 2;
    line[count++] = '\n';
    // One write for each line: several processes share the file.
    int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (file < 0 || write(file, line, count) != count) abort();
    close(file);
}

void greet(const char *occasion) {
    if (!script_says(library_script(), "greets")) return;
    // Past stdio as well as through it.
    dprintf(STDOUT_FILENO, "final\tgreetings from the library at %s\n", occasion);
    printf("final\tmore greetings at %s\n", occasion);
    fflush(stdout);
    fprintf(stderr, "stand-in: greetings at %s\n", occasion);
}

transcribe_status act(
    const struct script *script, const char *occasion, long milliseconds, transcribe_session_ref session) {
    char key[64];
    snprintf(key, sizeof key, "%s-does", occasion);
    const char *deed = script_text(script, key);
    if (deed && !strcmp(deed, "abort")) abort();
    if (deed && !strcmp(deed, "kill")) kill(getpid(), SIGKILL);
    struct timespec begin, now, step = {0, 2000000};
    clock_gettime(CLOCK_MONOTONIC, &begin);
    const char *hold = session ? script_text(script, "hold") : NULL;
    while (1) {
        if (session && session->abort && !script_says(script, "deaf") && session->abort(session->user)) {
            return TRANSCRIBE_ABORTED;
        }
        clock_gettime(CLOCK_MONOTONIC, &now);
        long passed = (now.tv_sec - begin.tv_sec) * 1000 + (now.tv_nsec - begin.tv_nsec) / 1000000;
        if (passed >= milliseconds && !(hold && access(hold, F_OK) == 0)) return TRANSCRIBE_OK;
        nanosleep(&step, NULL);
    }
}

// MARK: What it is

const char *transcribe_version(void) { return "0.4.0-stand-in"; }

size_t transcribe_abi_struct_size(int structure) {
    const char *line;
    for (int index = 0; (line = script_line(library_script(), "struct", index)); index++) {
        int number, bytes;
        if (sscanf(line, "%d %d", &number, &bytes) == 2 && number == structure) return bytes;
    }
    switch (structure) {
    case 0: return sizeof(struct transcribe_model_load_params);
    case 1: return sizeof(struct transcribe_session_params);
    case 2: return sizeof(struct transcribe_run_params);
    case 3: return sizeof(struct transcribe_stream_params);
    case 4: return sizeof(struct transcribe_capabilities);
    case 6: return sizeof(struct transcribe_segment);
    case 7: return sizeof(struct transcribe_word);
    case 8: return sizeof(struct transcribe_token);
    case 9: return sizeof(struct transcribe_stream_update);
    case 10: return sizeof(struct transcribe_stream_text);
    case 11: return sizeof(struct transcribe_session_limits);
    case 12: return sizeof(struct transcribe_ext);
    case 13: return sizeof(struct transcribe_device_info);
    case 14: return sizeof(struct transcribe_speaker_segment);
    case 16: return sizeof(struct transcribe_diarize_info);
    case 17: return sizeof(struct transcribe_diarize_session_params);
    case 18: return sizeof(struct transcribe_diarize_params);
    default: return 0;
    }
}

const char *transcribe_status_string(transcribe_status status) {
    static _Thread_local char text[32];
    snprintf(text, sizeof text, "stand-in status %d", (int)status);
    return text;
}

void transcribe_log_set(transcribe_log_callback callback, void *user) {
    greet("log_set");
    if (callback) callback(TRANSCRIBE_LOG_INFO, "the stand-in speaks\n", user);
}

static transcribe_status initialise(void) {
    greet("init_backends");
    return (transcribe_status)script_number(library_script(), "init", TRANSCRIBE_OK);
}

transcribe_status transcribe_init_backends(const char *folder) {
    note("init\tfolder=%s", folder);
    return initialise();
}

transcribe_status transcribe_init_backends_default(void) {
    note("init");
    return initialise();
}

// MARK: What computes

struct transcribe_device {
    char name[32], kind[32];
    long memory;
};

static struct transcribe_device devices[8];

int transcribe_device_count(void) {
    int count = 0;
    const char *line;
    while (count < 8 && (line = script_line(library_script(), "device", count))) {
        struct transcribe_device *device = &devices[count];
        if (sscanf(line, "%31s %31s %ld", device->name, device->kind, &device->memory) != 3) abort();
        count++;
    }
    if (count) return count;
    devices[0] = (struct transcribe_device){"CPU", "cpu", 0};
    return 1;
}

transcribe_device_ref transcribe_device_get(int index) {
    return index >= 0 && index < transcribe_device_count() ? &devices[index] : NULL;
}

void transcribe_device_info_init(struct transcribe_device_info *info) {
    *info = (struct transcribe_device_info){.struct_size = sizeof *info};
}

transcribe_status transcribe_device_get_info(transcribe_device_ref device, struct transcribe_device_info *info) {
    if (info->struct_size != sizeof *info) return TRANSCRIBE_BAD_STRUCT_SIZE;
    info->name = device->name;
    info->kind = device->kind;
    info->description = "computes for tests";
    info->memory_total = (uint64_t)device->memory << 20;
    return TRANSCRIBE_OK;
}
