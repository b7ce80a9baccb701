// Passes and streams over audio.

#define _GNU_SOURCE
#include "Library.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void transcribe_run_params_init(struct transcribe_run_params *parameters) {
    *parameters = (struct transcribe_run_params){.struct_size = sizeof *parameters, .timestamps = TRANSCRIBE_TIMES_AUTO};
}

void transcribe_whisper_run_ext_init(struct transcribe_whisper_run_ext *extension) {
    *extension = (struct transcribe_whisper_run_ext){
        .ext = {sizeof *extension, TRANSCRIBE_EXTENSION_WHISPER_RUN}, .temperature_inc = 0.2f};
}

void forget(struct heard *heard) {
    free(heard->words);
    free(heard->segments);
    free(heard->text);
    *heard = (struct heard){0};
}

/// Words with a blank before each, as tokenisers write them.
static char *joined(const struct tone_word *words, int count) {
    char *text = calloc(count + 1, sizeof words->text + 1);
    for (int index = 0; index < count; index++) {
        strcat(text, " ");
        strcat(text, words[index].text);
    }
    return text;
}

static int milliseconds(int sample) { return sample / 16; }

void hear(transcribe_session_ref session, const float *samples, int count) {
    struct heard *heard = &session->heard;
    const struct script *script = &session->model->script;
    forget(heard);
    heard->word_count = tone_words(samples, count, &heard->words);
    long limit = script_number(script, "forgets-from", 0);
    if (limit && milliseconds(count) >= limit && heard->word_count) strcpy(heard->words[0].text, "000");
    heard->text = joined(heard->words, heard->word_count);
    const char *said = script_text(script, "says");
    if (said) {
        free(heard->text);
        heard->text = strdup(said);
        heard->word_count = 0;
    }
    int most = (int)script_number(script, "segment-words", heard->word_count);
    if (most < 1) most = 1;
    heard->segments = calloc(heard->word_count + 1, sizeof *heard->segments);
    for (int first = 0; first < heard->word_count; first += most) {
        int words = heard->word_count - first < most ? heard->word_count - first : most;
        heard->segments[heard->segment_count++] = (struct transcribe_segment){
            .struct_size = sizeof(struct transcribe_segment),
            .t0_ms = milliseconds(heard->words[first].first),
            .t1_ms = milliseconds(heard->words[first + words - 1].end),
            .first_word = first,
            .n_words = words,
            .text = joined(heard->words + first, words),
            // Who says a word is its first digit.
            .speaker_id = heard->words[first].text[0] - '0',
        };
    }
    if (said) {
        heard->segments[heard->segment_count++] = (struct transcribe_segment){
            .struct_size = sizeof(struct transcribe_segment), .t1_ms = milliseconds(count), .text = strdup(said)};
    }
}

/// What is wrong with what is wanted.
static transcribe_status check(transcribe_session_ref session, const struct transcribe_run_params *parameters) {
    const struct transcribe_model *model = session->model;
    if (parameters->struct_size != sizeof *parameters) return TRANSCRIBE_BAD_STRUCT_SIZE;
    if (parameters->task == TRANSCRIBE_TASK_TRANSLATE && !script_says(&model->script, "translates")) {
        return TRANSCRIBE_UNKNOWN_TASK;
    }
    bool is_known = !parameters->language || !model->language_count;
    for (int index = 0; index < model->language_count && !is_known; index++) {
        is_known = !strcmp(parameters->language, model->languages[index]);
    }
    if (!is_known) return TRANSCRIBE_UNKNOWN_LANGUAGE;
    if (parameters->family && !script_says(&model->script, "whisper")) return TRANSCRIBE_INVALID_ARGUMENT;
    return TRANSCRIBE_OK;
}

static const char *shown(const char *text) { return text ? text : ""; }

static void note_request(
    const char *verb, transcribe_session_ref session, int count, const struct transcribe_run_params *parameters) {
    const struct transcribe_whisper_run_ext *own = (const void *)parameters->family;
    char vocabulary[1024] = "", whisper[1024] = "";
    for (int index = 0; index < parameters->n_vocabulary; index++) {
        if (index) strcat(vocabulary, "|");
        strncat(vocabulary, parameters->vocabulary[index], 100);
    }
    if (own) {
        snprintf(
            whisper, sizeof whisper, "\tinitial=%s\ttemperature=%.2f\tincrement=%.1f", shown(own->initial_prompt),
            own->temperature, own->temperature_inc);
    }
    note(
        "%s\tmodel=%s\tpass=%d\tsamples=%d\ttask=%d\tlanguage=%s\ttarget=%s\tprompt=%s\tvocabulary=%s\tdiarize=%d%s",
        verb, shown(script_text(&session->model->script, "name")), session->model->passes, count, parameters->task,
        shown(parameters->language), shown(parameters->target_language), shown(parameters->prompt), vocabulary,
        parameters->diarize, whisper);
}

/// Looks at the whole model, as a computation does.
static void read_weights(const struct transcribe_model *model) {
    volatile unsigned char sum = 0;
    for (size_t index = 0; index < model->size; index += 512) sum = (unsigned char)(sum + model->bytes[index]);
}

transcribe_status transcribe_run(
    transcribe_session_ref session, const float *samples, int count, const struct transcribe_run_params *parameters) {
    struct transcribe_model *model = (struct transcribe_model *)session->model;
    const struct script *script = &model->script;
    if (session->streams || count <= 0) return TRANSCRIBE_INVALID_ARGUMENT;
    transcribe_status status = check(session, parameters);
    if (status != TRANSCRIBE_OK) return status;
    model->passes++;
    note_request("run", session, count, parameters);
    greet("run");
    read_weights(model);
    long longest = script_number(script, "longest", 0);
    if (longest && count > longest * 16) return TRANSCRIBE_INPUT_TOO_LONG;
    if (count < script_number(script, "shortest", 100) * 16) return TRANSCRIBE_INPUT_TOO_SHORT;
    long time = script_number(script, "pass-takes", 0)
        + script_number(script, "pass-takes-for-each-second", 0) * count / 16000;
    status = act(script, "run", time, session);
    if (status == TRANSCRIBE_OK && model->passes >= script_number(script, "run-status-from", 1)) {
        status = (transcribe_status)script_number(script, "run-status", TRANSCRIBE_OK);
    }
    hear(session, samples, count);
    note("ran\tpass=%d\tstatus=%d\ttext=%s", model->passes, status, session->heard.text);
    session->language = script_text(script, "detected");
    if (!session->language && parameters->language) session->language = strdup(parameters->language);
    return status;
}

const char *transcribe_full_text(transcribe_session_ref session) { return session->heard.text; }
const char *transcribe_detected_language(transcribe_session_ref session) { return session->language; }

int transcribe_returned_timestamp_kind(transcribe_session_ref session) {
    struct transcribe_capabilities capabilities;
    transcribe_capabilities_init(&capabilities);
    transcribe_model_get_capabilities(session->model, &capabilities);
    return capabilities.max_timestamp_kind;
}

void transcribe_segment_init(struct transcribe_segment *segment) {
    *segment = (struct transcribe_segment){.struct_size = sizeof *segment, .speaker_id = -1};
}

int transcribe_n_segments(transcribe_session_ref session) { return session->heard.segment_count; }

transcribe_status transcribe_get_segment(transcribe_session_ref session, int index, struct transcribe_segment *segment) {
    if (segment->struct_size != sizeof *segment) return TRANSCRIBE_BAD_STRUCT_SIZE;
    if (index < 0 || index >= session->heard.segment_count) return TRANSCRIBE_INVALID_ARGUMENT;
    *segment = session->heard.segments[index];
    if (transcribe_returned_timestamp_kind(session) < TRANSCRIBE_TIMES_WORD) segment->n_words = 0;
    return TRANSCRIBE_OK;
}

void transcribe_word_init(struct transcribe_word *word) { *word = (struct transcribe_word){.struct_size = sizeof *word}; }

int transcribe_n_words(transcribe_session_ref session) { return session->heard.word_count; }

transcribe_status transcribe_get_word(transcribe_session_ref session, int index, struct transcribe_word *word) {
    if (word->struct_size != sizeof *word) return TRANSCRIBE_BAD_STRUCT_SIZE;
    if (index < 0 || index >= session->heard.word_count) return TRANSCRIBE_INVALID_ARGUMENT;
    const struct tone_word *heard = &session->heard.words[index];
    word->t0_ms = milliseconds(heard->first);
    word->t1_ms = milliseconds(heard->end);
    word->text = heard->text;
    // A token for each word.
    word->first_token = index;
    word->n_tokens = 1;
    return TRANSCRIBE_OK;
}

void transcribe_token_init(struct transcribe_token *token) {
    *token = (struct transcribe_token){.struct_size = sizeof *token};
}

int transcribe_n_tokens(transcribe_session_ref session) { return session->heard.word_count; }

transcribe_status transcribe_get_token(transcribe_session_ref session, int index, struct transcribe_token *token) {
    if (token->struct_size != sizeof *token) return TRANSCRIBE_BAD_STRUCT_SIZE;
    if (index < 0 || index >= session->heard.word_count) return TRANSCRIBE_INVALID_ARGUMENT;
    token->p = 0.75f;
    token->text = session->heard.words[index].text;
    return TRANSCRIBE_OK;
}

// MARK: Streams

void transcribe_stream_params_init(struct transcribe_stream_params *parameters) {
    *parameters = (struct transcribe_stream_params){.struct_size = sizeof *parameters};
}

void transcribe_stream_update_init(struct transcribe_stream_update *update) {
    *update = (struct transcribe_stream_update){.struct_size = sizeof *update};
}

void transcribe_stream_text_init(struct transcribe_stream_text *text) {
    *text = (struct transcribe_stream_text){.struct_size = sizeof *text};
}

transcribe_status transcribe_stream_begin(
    transcribe_session_ref session, const struct transcribe_run_params *parameters,
    const struct transcribe_stream_params *stream) {
    const struct script *script = &session->model->script;
    if (session->streams || stream->struct_size != sizeof *stream) return TRANSCRIBE_INVALID_ARGUMENT;
    if (!script_says(script, "streams")) return TRANSCRIBE_NOT_IMPLEMENTED;
    // As the real one: a stream is of what is said.
    if (parameters->task == TRANSCRIBE_TASK_TRANSLATE) return TRANSCRIBE_UNKNOWN_TASK;
    transcribe_status status = check(session, parameters);
    if (status != TRANSCRIBE_OK) return status;
    note_request("begin", session, 0, parameters);
    session->streams = true;
    session->sample_count = 0;
    session->language = script_text(script, "detected");
    session->committed = strdup("");
    session->tentative = strdup("");
    return TRANSCRIBE_OK;
}

/// Hears all of the stream so far.
static void advance(transcribe_session_ref session, int uncertain, struct transcribe_stream_update *update) {
    hear(session, session->samples, session->sample_count);
    int count = session->heard.word_count, certain = count > uncertain ? count - uncertain : 0;
    char *committed = joined(session->heard.words, certain);
    char *tentative = joined(session->heard.words + certain, count - certain);
    // As the real one: it is only added to, whatever is said of it later.
    if (strncmp(committed, session->committed, strlen(session->committed))) committed = session->committed;
    update->committed_changed = strcmp(committed, session->committed);
    update->tentative_changed = strcmp(tentative, session->tentative);
    update->result_changed = update->committed_changed || update->tentative_changed;
    session->committed = committed;
    session->tentative = tentative;
}

transcribe_status transcribe_stream_feed(
    transcribe_session_ref session, const float *samples, int count, struct transcribe_stream_update *update) {
    if (!session->streams || count <= 0 || update->struct_size != sizeof *update) return TRANSCRIBE_INVALID_ARGUMENT;
    const struct script *script = &session->model->script;
    session->samples = realloc(session->samples, (session->sample_count + count) * sizeof *samples);
    memcpy(session->samples + session->sample_count, samples, count * sizeof *samples);
    session->sample_count += count;
    greet("feed");
    transcribe_status status = act(script, "run", script_number(script, "pass-takes", 0), session);
    if (status == TRANSCRIBE_OK) status = (transcribe_status)script_number(script, "stream-status", TRANSCRIBE_OK);
    advance(session, (int)script_number(script, "tentative", 1), update);
    note(
        "fed\tsamples=%d\tstatus=%d\tcommitted=%s\ttentative=%s", session->sample_count, status, session->committed,
        session->tentative);
    return status;
}

transcribe_status transcribe_stream_finalize(transcribe_session_ref session, struct transcribe_stream_update *update) {
    if (!session->streams || update->struct_size != sizeof *update) return TRANSCRIBE_INVALID_ARGUMENT;
    session->streams = false;
    advance(session, 0, update);
    note("finalized\tsamples=%d\ttext=%s", session->sample_count, session->heard.text);
    return TRANSCRIBE_OK;
}

transcribe_status transcribe_stream_get_text(transcribe_session_ref session, struct transcribe_stream_text *text) {
    if (text->struct_size != sizeof *text) return TRANSCRIBE_BAD_STRUCT_SIZE;
    text->full_text = session->heard.text;
    text->committed_text = session->committed;
    text->tentative_text = session->tentative;
    return TRANSCRIBE_OK;
}

void transcribe_stream_reset(transcribe_session_ref session) {
    note("reset");
    forget(&session->heard);
    session->streams = false;
    session->sample_count = 0;
}
