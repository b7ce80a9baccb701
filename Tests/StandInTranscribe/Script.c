#define _GNU_SOURCE
#include "Script.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct script copied(const char *text, size_t count) {
    struct script script = {malloc(count + 1)};
    memcpy(script.text, text, count);
    script.text[count] = 0;
    return script;
}

struct script script_of_model(const unsigned char *bytes, size_t count) {
    static const char key[] = "stand-in.script";
    // Behind the key come the type, 4 bytes, and the number of bytes, 8.
    const unsigned char *place = memmem(bytes, count, key, sizeof key - 1);
    if (!place || (size_t)(bytes + count - place) < sizeof key - 1 + 12) return copied("", 0);
    const unsigned char *text = place + sizeof key - 1 + 12;
    uint64_t length;
    memcpy(&length, text - 8, 8);
    if (length > (uint64_t)(bytes + count - text)) return copied("", 0);
    return copied((const char *)text, length);
}

struct script script_of_file(const char *path) {
    char text[1 << 14];
    FILE *file = fopen(path, "r");
    if (!file) return copied("", 0);
    size_t count = fread(text, 1, sizeof text, file);
    fclose(file);
    return copied(text, count);
}

const char *script_line(const struct script *script, const char *key, int index) {
    size_t length = strlen(key);
    for (const char *line = script->text; *line;) {
        const char *end = strchrnul(line, '\n');
        if ((size_t)(end - line) > length && !strncmp(line, key, length) && line[length] == ' ' && index-- == 0) {
            return strndup(line + length + 1, end - line - length - 1);
        }
        line = *end ? end + 1 : end;
    }
    return NULL;
}

const char *script_text(const struct script *script, const char *key) { return script_line(script, key, 0); }

long script_number(const struct script *script, const char *key, long otherwise) {
    const char *text = script_text(script, key);
    return text ? strtol(text, NULL, 10) : otherwise;
}

bool script_says(const struct script *script, const char *key) {
    const char *text = script_text(script, key);
    return text && !strcmp(text, "yes");
}

const char *const *script_words(const struct script *script, const char *key, int *count) {
    static const int most = 64;
    const char **words = calloc(most + 1, sizeof *words);
    const char *text = script_text(script, key);
    *count = 0;
    if (!text) return words;
    char *rest = strdup(text), *place = NULL;
    for (char *word = strtok_r(rest, " ", &place); word && *count < most; word = strtok_r(NULL, " ", &place)) {
        words[(*count)++] = word;
    }
    return words;
}
