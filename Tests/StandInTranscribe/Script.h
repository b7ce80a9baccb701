#ifndef STAND_IN_SCRIPT_H
#define STAND_IN_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>

/// Lines `KEY VALUE` that tell the library, or a model, what to do.
struct script {
    char *text;
};

/// Reads the script in a model's file, a GGUF with the text `stand-in.script` in its head; empty if it has none.
struct script script_of_model(const unsigned char *bytes, size_t count);

/// Reads a file; empty if it can't be read.
struct script script_of_file(const char *path);

/// The value of the first line of a key, in memory that nobody frees; NULL if there is no such line.
const char *script_text(const struct script *script, const char *key);

/// The same of line number `index` of that key.
const char *script_line(const struct script *script, const char *key, int index);

/// The value as a number.
long script_number(const struct script *script, const char *key, long otherwise);

bool script_says(const struct script *script, const char *key);

/// The words of a value, NULL behind the last, in memory that nobody frees.
const char *const *script_words(const struct script *script, const char *key, int *count);

#endif
