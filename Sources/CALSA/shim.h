#ifndef VT_CALSA_SHIM_H
#define VT_CALSA_SHIM_H

#include <alsa/asoundlib.h>
#include <stdarg.h>
#include <stdio.h>

// The library's error handler is variadic, which Swift can neither write nor call: it is formatted here and handed on.

/// Gets one message of the library's, without a line end. It may come from any thread.
typedef void (*vt_alsa_sink)(const char *message);

/// Where the sink is kept: in a function, since Swift emits no variables of a header.
static inline vt_alsa_sink *vt_alsa_sink_place(void) {
    static vt_alsa_sink sink;
    return &sink;
}

static inline void vt_alsa_format(const char *file, int line, const char *function, int code, const char *format, ...) {
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    (void)file;
    (void)line;
    if (length < 0) return;
    if (code != 0 && (size_t)length < sizeof text)
        snprintf(text + length, sizeof text - (size_t)length, ": %s", snd_strerror(code));
    char message[640];
    snprintf(message, sizeof message, "%s: %s", function ? function : "alsa", text);
    vt_alsa_sink sink = *vt_alsa_sink_place();
    if (sink) sink(message);
}

/// Sends what the library would print on stderr to a function of ours.
static inline void vt_alsa_set_sink(vt_alsa_sink sink) {
    *vt_alsa_sink_place() = sink;
    snd_lib_error_set_handler(vt_alsa_format);
}

#endif
