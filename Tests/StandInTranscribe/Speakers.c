// Who speaks when: who says a word is its first digit.

#include "Library.h"

#include <stdlib.h>

struct transcribe_diarize_session {
    transcribe_model_ref model;
    struct tone_word *words;
    int word_count;
};

void transcribe_speaker_segment_init(struct transcribe_speaker_segment *segment) {
    *segment = (struct transcribe_speaker_segment){.struct_size = sizeof *segment};
}

int transcribe_n_speaker_segments(transcribe_session_ref session) { return 0; }

transcribe_status transcribe_get_speaker_segment(
    transcribe_session_ref session, int index, struct transcribe_speaker_segment *segment) {
    return TRANSCRIBE_INVALID_ARGUMENT;
}

void transcribe_diarize_session_params_init(struct transcribe_diarize_session_params *parameters) {
    *parameters = (struct transcribe_diarize_session_params){.struct_size = sizeof *parameters};
}

transcribe_status transcribe_diarize_session_init(
    transcribe_model_ref model, const struct transcribe_diarize_session_params *parameters,
    transcribe_diarize_session_ref *session) {
    if (parameters->struct_size != sizeof *parameters) return TRANSCRIBE_BAD_STRUCT_SIZE;
    if (!(transcribe_model_roles(model) & TRANSCRIBE_ROLE_DIARIZATION)) return TRANSCRIBE_UNSUPPORTED_ROLE;
    note("speakers\tthreads=%d", parameters->n_threads);
    struct transcribe_diarize_session *made = calloc(1, sizeof *made);
    made->model = model;
    *session = made;
    return TRANSCRIBE_OK;
}

void transcribe_diarize_session_free(transcribe_diarize_session_ref session) {
    free(session->words);
    free(session);
}

void transcribe_diarize_params_init(struct transcribe_diarize_params *parameters) {
    *parameters = (struct transcribe_diarize_params){.struct_size = sizeof *parameters};
}

transcribe_status transcribe_diarize_run(
    transcribe_diarize_session_ref session, const float *samples, int count,
    const struct transcribe_diarize_params *parameters) {
    if (parameters->struct_size != sizeof *parameters || count <= 0) return TRANSCRIBE_INVALID_ARGUMENT;
    free(session->words);
    session->word_count = tone_words(samples, count, &session->words);
    note("diarized\tsamples=%d\twords=%d", count, session->word_count);
    return (transcribe_status)script_number(&session->model->script, "run-status", TRANSCRIBE_OK);
}

int transcribe_diarize_n_segments(transcribe_diarize_session_ref session) { return session->word_count; }

transcribe_status transcribe_diarize_get_segment(
    transcribe_diarize_session_ref session, int index, struct transcribe_speaker_segment *segment) {
    if (segment->struct_size != sizeof *segment) return TRANSCRIBE_BAD_STRUCT_SIZE;
    const struct tone_word *word = &session->words[index];
    segment->t0_ms = word->first / 16;
    segment->t1_ms = word->end / 16;
    segment->speaker_id = word->text[0] - '0';
    return TRANSCRIBE_OK;
}
