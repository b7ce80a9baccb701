#ifndef VT_CTRANSCRIBE_H
#define VT_CTRANSCRIBE_H

// libtranscribe (transcribe.cpp, MIT), opened when it is needed.
//
// The library is young and comes without its header: these are declarations of our own, of what we use of version 0.4.
// `vt_transcribe_open` compares the size of each structure with what the library says of it, and refuses any other layout.
// Structures begin with their size, which the library's own `_init` functions fill in, with the defaults of all other fields.
// All texts are UTF-8; all times are milliseconds from the beginning of the audio; audio is mono float at 16000 Hz.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

typedef struct transcribe_model *transcribe_model_ref;
typedef struct transcribe_session *transcribe_session_ref;
typedef struct transcribe_device *transcribe_device_ref;
typedef struct transcribe_diarize_session *transcribe_diarize_session_ref;

typedef enum {
    TRANSCRIBE_OK = 0,
    TRANSCRIBE_INVALID_ARGUMENT = 1,
    TRANSCRIBE_NOT_IMPLEMENTED = 2,
    TRANSCRIBE_FILE_NOT_FOUND = 3,
    TRANSCRIBE_BAD_MODEL_FILE = 4,
    TRANSCRIBE_UNKNOWN_FAMILY = 5,
    TRANSCRIBE_UNKNOWN_VARIANT = 6,
    TRANSCRIBE_OUT_OF_MEMORY = 7,
    TRANSCRIBE_BACKEND_FAILED = 8,
    TRANSCRIBE_UNKNOWN_LANGUAGE = 10,
    TRANSCRIBE_UNKNOWN_TASK = 11,
    TRANSCRIBE_UNKNOWN_TIMES = 12,
    TRANSCRIBE_ABORTED = 13,
    TRANSCRIBE_BAD_STRUCT_SIZE = 14,
    TRANSCRIBE_INPUT_TOO_LONG = 17,
    TRANSCRIBE_OUTPUT_TRUNCATED = 18,
    TRANSCRIBE_OUTPUT_REPEATED = 19,
    TRANSCRIBE_UNSUPPORTED_ROLE = 20,
    TRANSCRIBE_INPUT_TOO_SHORT = 21,
} transcribe_status;

enum { TRANSCRIBE_LOG_NONE = 0, TRANSCRIBE_LOG_INFO = 1, TRANSCRIBE_LOG_WARNING = 2, TRANSCRIBE_LOG_ERROR = 3 };
enum { TRANSCRIBE_TASK_TRANSCRIBE = 0, TRANSCRIBE_TASK_TRANSLATE = 1 };
/// The finest times that are wanted, or that a model has.
enum {
    TRANSCRIBE_TIMES_NONE = 0,
    TRANSCRIBE_TIMES_AUTO = 1,
    TRANSCRIBE_TIMES_SEGMENT = 2,
    TRANSCRIBE_TIMES_WORD = 3,
    TRANSCRIBE_TIMES_TOKEN = 4,
};
enum { TRANSCRIBE_MODE_DEFAULT = 0, TRANSCRIBE_MODE_OFF = 1, TRANSCRIBE_MODE_ON = 2 };
enum {
    TRANSCRIBE_BACKEND_AUTO = 0,
    TRANSCRIBE_BACKEND_CPU = 1,
    TRANSCRIBE_BACKEND_METAL = 2,
    TRANSCRIBE_BACKEND_VULKAN = 3,
    TRANSCRIBE_BACKEND_CPU_ACCEL = 4,
    TRANSCRIBE_BACKEND_CUDA = 5,
    TRANSCRIBE_BACKEND_ROCM = 6,
};
/// Bits of what a model is for.
enum {
    TRANSCRIBE_ROLE_RECOGNITION = 1,
    TRANSCRIBE_ROLE_DIARIZATION = 2,
    TRANSCRIBE_ROLE_LANGUAGE = 4,
    TRANSCRIBE_ROLE_SPEECH_DETECTION = 8,
};
enum {
    TRANSCRIBE_FEATURE_INITIAL_PROMPT = 0,
    TRANSCRIBE_FEATURE_TEMPERATURE_FALLBACK = 1,
    TRANSCRIBE_FEATURE_LONG_FORM = 2,
    TRANSCRIBE_FEATURE_CANCELLATION = 3,
    TRANSCRIBE_FEATURE_DIARIZATION = 6,
    TRANSCRIBE_FEATURE_VOCABULARY = 7,
    TRANSCRIBE_FEATURE_CONTEXT_PROMPT = 8,
};
enum { TRANSCRIBE_COMMIT_AUTO = 0, TRANSCRIBE_COMMIT_AT_END = 1, TRANSCRIBE_COMMIT_STABLE_PREFIX = 2 };
enum { TRANSCRIBE_SLOT_RUN = 0, TRANSCRIBE_SLOT_STREAM = 1 };
enum { TRANSCRIBE_EXTENSION_WHISPER_RUN = 1314015319 };

struct transcribe_ext {
    uint64_t size;
    uint32_t kind;
};

struct transcribe_device_info {
    uint64_t struct_size;
    const char *_Nullable name;
    const char *_Nullable description;
    /// The backend's name: `cpu`, `vulkan`.
    const char *_Nullable kind;
    const char *_Nullable device_id;
    /// Bytes.
    uint64_t memory_total;
    uint64_t memory_free;
    int device_type;
};

struct transcribe_model_load_params {
    uint64_t struct_size;
    int backend;
    transcribe_device_ref _Nullable device;
    bool no_mmap;
};

struct transcribe_session_params {
    uint64_t struct_size;
    int n_threads;
    int kv_type;
    int32_t n_ctx;
};

struct transcribe_run_params {
    uint64_t struct_size;
    int task;
    int timestamps;
    int pnc;
    int itn;
    int diarize;
    const char *_Nullable language;
    const char *_Nullable target_language;
    bool keep_special_tags;
    const struct transcribe_ext *_Nullable family;
    int32_t spec_k_drafts;
    const char *const _Nullable *_Nullable vocabulary;
    int32_t n_vocabulary;
    const char *_Nullable prompt;
    const char *_Nullable prefix;
};

struct transcribe_capabilities {
    uint64_t struct_size;
    int32_t native_sample_rate;
    int n_languages;
    const char *const _Nullable *_Nullable languages;
    int max_timestamp_kind;
    bool supports_language_detect;
    bool supports_translate;
    bool supports_streaming;
    bool supports_spec_decode;
    /// The longest audio of one run; 0 is any.
    int64_t max_audio_ms;
    int n_translate_target_languages;
    const char *const _Nullable *_Nullable translate_target_languages;
};

struct transcribe_session_limits {
    uint64_t struct_size;
    int32_t effective_n_ctx;
    int64_t effective_max_audio_ms;
    int64_t max_kv_bytes;
};

struct transcribe_stream_params {
    uint64_t struct_size;
    const struct transcribe_ext *_Nullable family;
    int commit_policy;
    uint32_t stable_prefix_agreement_n;
};

struct transcribe_stream_update {
    uint64_t struct_size;
    bool result_changed;
    bool is_final;
    int32_t revision;
    int64_t input_received_ms;
    int64_t audio_committed_ms;
    int64_t buffered_ms;
    bool committed_changed;
    bool tentative_changed;
};

struct transcribe_stream_text {
    uint64_t struct_size;
    const char *_Nullable full_text;
    uint64_t full_text_bytes;
    /// Never changes any more: only grows.
    const char *_Nullable committed_text;
    uint64_t committed_text_bytes;
    const char *_Nullable tentative_text;
    uint64_t tentative_text_bytes;
    uint64_t raw_tentative_start_bytes;
};

struct transcribe_segment {
    uint64_t struct_size;
    int64_t t0_ms;
    int64_t t1_ms;
    int first_word;
    int n_words;
    int first_token;
    int n_tokens;
    const char *_Nullable text;
    int32_t speaker_id;
};

struct transcribe_word {
    uint64_t struct_size;
    int64_t t0_ms;
    int64_t t1_ms;
    int seg_index;
    int first_token;
    int n_tokens;
    const char *_Nullable text;
};

struct transcribe_token {
    uint64_t struct_size;
    int id;
    float p;
    int64_t t0_ms;
    int64_t t1_ms;
    int seg_index;
    int word_index;
    const char *_Nullable text;
};

struct transcribe_speaker_segment {
    uint64_t struct_size;
    int64_t t0_ms;
    int64_t t1_ms;
    int32_t speaker_id;
    float p;
};

struct transcribe_diarize_info {
    uint64_t struct_size;
    int32_t sample_rate;
    int32_t max_speakers;
};

struct transcribe_diarize_session_params {
    uint64_t struct_size;
    int32_t n_threads;
};

struct transcribe_diarize_params {
    uint64_t struct_size;
    const struct transcribe_ext *_Nullable family;
};

struct transcribe_whisper_run_ext {
    struct transcribe_ext ext;
    const char *_Nullable initial_prompt;
    const int32_t *_Nullable prompt_tokens;
    size_t n_prompt_tokens;
    int prompt_condition;
    bool condition_on_prev_tokens;
    int32_t max_prev_context_tokens;
    float temperature;
    float temperature_inc;
    float compression_ratio_thold;
    float logprob_thold;
    float no_speech_thold;
    uint32_t seed;
    float max_initial_timestamp;
};

typedef void (*transcribe_log_callback)(int level, const char *_Nullable text, void *_Nullable user);
typedef bool (*transcribe_abort_callback)(void *_Nullable user);

/// The functions of an opened library: their names are the library's, without `transcribe_`.
#define VT_TRANSCRIBE_FUNCTIONS(F)                                                                                    \
    F(const char *_Nullable, version, (void))                                                                         \
    F(size_t, abi_struct_size, (int structure))                                                                       \
    F(const char *_Nullable, status_string, (transcribe_status status))                                               \
    F(void, log_set, (transcribe_log_callback callback, void *_Nullable user))                                        \
    F(transcribe_status, init_backends, (const char *folder))                                                         \
    F(transcribe_status, init_backends_default, (void))                                                               \
    F(int, device_count, (void))                                                                                      \
    F(transcribe_device_ref _Nullable, device_get, (int index))                                                       \
    F(void, device_info_init, (struct transcribe_device_info * info))                                                 \
    F(transcribe_status, device_get_info, (transcribe_device_ref device, struct transcribe_device_info * info))       \
    F(void, model_load_params_init, (struct transcribe_model_load_params * parameters))                               \
    F(transcribe_status, model_load_file,                                                                             \
      (const char *path, const struct transcribe_model_load_params *parameters,                                       \
       transcribe_model_ref _Nullable *_Nonnull model))                                                               \
    F(void, model_free, (transcribe_model_ref model))                                                                 \
    F(uint32_t, model_roles, (transcribe_model_ref model))                                                            \
    F(bool, model_supports, (transcribe_model_ref model, int feature))                                                \
    F(bool, model_accepts_ext_kind, (transcribe_model_ref model, int slot, uint32_t kind))                            \
    F(const char *_Nullable, model_arch_string, (transcribe_model_ref model))                                         \
    F(const char *_Nullable, model_variant_string, (transcribe_model_ref model))                                      \
    F(const char *_Nullable, model_backend, (transcribe_model_ref model))                                             \
    F(void, capabilities_init, (struct transcribe_capabilities * capabilities))                                       \
    F(transcribe_status, model_get_capabilities,                                                                      \
      (transcribe_model_ref model, struct transcribe_capabilities * capabilities))                                    \
    F(void, session_params_init, (struct transcribe_session_params * parameters))                                     \
    F(transcribe_status, session_init,                                                                                \
      (transcribe_model_ref model, const struct transcribe_session_params *parameters,                                \
       transcribe_session_ref _Nullable *_Nonnull session))                                                           \
    F(void, session_free, (transcribe_session_ref session))                                                           \
    F(void, session_limits_init, (struct transcribe_session_limits * limits))                                         \
    F(transcribe_status, session_get_limits, (transcribe_session_ref session, struct transcribe_session_limits * limits)) \
    F(void, set_abort_callback,                                                                                       \
      (transcribe_session_ref session, transcribe_abort_callback _Nullable callback, void *_Nullable user))           \
    F(void, run_params_init, (struct transcribe_run_params * parameters))                                             \
    F(void, whisper_run_ext_init, (struct transcribe_whisper_run_ext * extension))                                    \
    F(transcribe_status, run,                                                                                         \
      (transcribe_session_ref session, const float *samples, int count,                                               \
       const struct transcribe_run_params *parameters))                                                               \
    F(const char *_Nullable, full_text, (transcribe_session_ref session))                                             \
    F(const char *_Nullable, detected_language, (transcribe_session_ref session))                                     \
    F(int, returned_timestamp_kind, (transcribe_session_ref session))                                                 \
    F(int, n_segments, (transcribe_session_ref session))                                                              \
    F(void, segment_init, (struct transcribe_segment * segment))                                                      \
    F(transcribe_status, get_segment, (transcribe_session_ref session, int index, struct transcribe_segment * segment)) \
    F(int, n_words, (transcribe_session_ref session))                                                                 \
    F(void, word_init, (struct transcribe_word * word))                                                               \
    F(transcribe_status, get_word, (transcribe_session_ref session, int index, struct transcribe_word * word))        \
    F(int, n_tokens, (transcribe_session_ref session))                                                                \
    F(void, token_init, (struct transcribe_token * token))                                                            \
    F(transcribe_status, get_token, (transcribe_session_ref session, int index, struct transcribe_token * token))     \
    F(void, stream_params_init, (struct transcribe_stream_params * parameters))                                       \
    F(void, stream_update_init, (struct transcribe_stream_update * update))                                           \
    F(void, stream_text_init, (struct transcribe_stream_text * text))                                                 \
    F(transcribe_status, stream_begin,                                                                                \
      (transcribe_session_ref session, const struct transcribe_run_params *parameters,                                \
       const struct transcribe_stream_params *stream))                                                                \
    F(transcribe_status, stream_feed,                                                                                 \
      (transcribe_session_ref session, const float *samples, int count, struct transcribe_stream_update *update))     \
    F(transcribe_status, stream_finalize, (transcribe_session_ref session, struct transcribe_stream_update * update)) \
    F(transcribe_status, stream_get_text, (transcribe_session_ref session, struct transcribe_stream_text * text))     \
    F(void, stream_reset, (transcribe_session_ref session))                                                           \
    F(void, speaker_segment_init, (struct transcribe_speaker_segment * segment))                                      \
    F(int, n_speaker_segments, (transcribe_session_ref session))                                                      \
    F(transcribe_status, get_speaker_segment,                                                                         \
      (transcribe_session_ref session, int index, struct transcribe_speaker_segment * segment))                       \
    F(void, diarize_session_params_init, (struct transcribe_diarize_session_params * parameters))                     \
    F(transcribe_status, diarize_session_init,                                                                        \
      (transcribe_model_ref model, const struct transcribe_diarize_session_params *parameters,                        \
       transcribe_diarize_session_ref _Nullable *_Nonnull session))                                                   \
    F(void, diarize_session_free, (transcribe_diarize_session_ref session))                                           \
    F(void, diarize_params_init, (struct transcribe_diarize_params * parameters))                                     \
    F(transcribe_status, diarize_run,                                                                                 \
      (transcribe_diarize_session_ref session, const float *samples, int count,                                       \
       const struct transcribe_diarize_params *parameters))                                                           \
    F(int, diarize_n_segments, (transcribe_diarize_session_ref session))                                              \
    F(transcribe_status, diarize_get_segment,                                                                         \
      (transcribe_diarize_session_ref session, int index, struct transcribe_speaker_segment * segment))

struct vt_transcribe {
#define VT_MEMBER(result, name, parameters) result(*_Nonnull name) parameters;
    VT_TRANSCRIBE_FUNCTIONS(VT_MEMBER)
#undef VT_MEMBER
};

/// Why a library can't be used.
enum vt_transcribe_problem {
    /// There is none at this path, or what is there can't be loaded.
    VT_TRANSCRIBE_MISSING = 1,
    /// It lacks a function, or a structure of its has another size: another version.
    VT_TRANSCRIBE_OTHER_VERSION = 2,
};

/// Opens a library; it stays open until the process ends.
///
/// @param path a file, or a name that the linker looks for.
/// @param problem gets one of `vt_transcribe_problem`.
/// @param reason gets the system's or our own words; valid until the next call of this thread.
/// @return its functions; null where it can't be used.
const struct vt_transcribe *_Nullable vt_transcribe_open(
    const char *path, int *problem, const char *_Nullable *_Nonnull reason);

#pragma clang assume_nonnull end

#endif
