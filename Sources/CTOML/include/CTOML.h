// toml++ (https://github.com/marzer/tomlplusplus), header-only, behind one function in C: a document becomes a walk over
// its values, each with the line that it stands in.
#ifndef VT_CTOML_H
#define VT_CTOML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    VT_TOML_TABLE,
    VT_TOML_ARRAY,
    /// The end of the table or array that began last and has not ended.
    VT_TOML_END,
    VT_TOML_STRING,
    VT_TOML_INTEGER,
    VT_TOML_FLOAT,
    VT_TOML_BOOLEAN,
    /// A date or a time.
    VT_TOML_OTHER,
} vt_toml_kind;

typedef struct {
    vt_toml_kind kind;
    /// The last part of the key, UTF-8; length 0 in an array.
    const char *key;
    size_t key_length;
    /// From 1; 0 where the document does not say.
    uint32_t line;
    const char *string;
    size_t string_length;
    int64_t integer;
    double number;
    bool boolean;
} vt_toml_value;

/// Reads a document, and calls `visit` for each value in it, the outermost table's own beginning and end left out.
///
/// Returns false where it is no TOML, with the reason (cut to its size) and its line; then nothing is visited.
bool vt_toml_read(const char *text, size_t length, void *context,
                  void (*visit)(void *context, const vt_toml_value *value), char *reason, size_t reason_size,
                  uint32_t *line);

#ifdef __cplusplus
}
#endif
#endif
