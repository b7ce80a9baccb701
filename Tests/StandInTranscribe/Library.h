#ifndef STAND_IN_LIBRARY_H
#define STAND_IN_LIBRARY_H

#include <CTranscribe.h>

// The engine's header says what may be null; here nothing is said of it.
#pragma clang diagnostic ignored "-Wnullability-completeness"

#include "Script.h"
#include "Tones.h"

// That of the real library, whose functions carry this before their names.
#define DECLARE(result, name, parameters) result transcribe_##name parameters;
VT_TRANSCRIBE_FUNCTIONS(DECLARE)
#undef DECLARE

struct transcribe_model {
    struct script script;
    /// Mapped, and looked at in every pass.
    const unsigned char *bytes;
    size_t size;
    const char *const *languages, *const *targets;
    int language_count, target_count;
    /// Passes so far.
    int passes;
};

/// What a pass has heard.
struct heard {
    struct tone_word *words;
    int word_count;
    struct transcribe_segment *segments;
    int segment_count;
    char *text;
};

struct transcribe_session {
    struct transcribe_model *model;
    transcribe_abort_callback abort;
    void *user;
    struct heard heard;
    const char *language;
    /// The audio of a stream, while there is one.
    float *samples;
    int sample_count;
    bool streams;
    char *committed, *tentative;
};

/// What the library was told, by the file `stand-in` beside it.
const struct script *library_script(void);

/// Adds a line to the log that `stand-in` names: a verb, and NAME=VALUE with TABs between.
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/// Greets where no library should, if it is told to.
void greet(const char *occasion);

/// Does what a script has for an occasion, `load` or `run`: dies, or waits.
///
/// @param session gives a pass up when it is asked to; NULL never does.
/// @return the status of it.
transcribe_status act(const struct script *script, const char *occasion, long milliseconds, transcribe_session_ref session);

/// Hears samples.
void hear(transcribe_session_ref session, const float *samples, int count);
void forget(struct heard *heard);

#endif
