#include "Tones.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// Those of ToneWords: a tone is 60 ms, sounds nearer than 40 ms are one word, and it is listened to in frames of 5 ms.
enum { tone_length = 960, word_gap = 640, frame = 80 };

struct sound {
    int first, end;
};

/// Told by how often the sound passes zero upwards; -1 is no digit.
static int digit(const float *samples, struct sound sound) {
    int first = sound.first + 2 * frame, end = sound.end - 2 * frame, count = 0;
    double begin = 0, last = 0;
    for (int index = first; index + 1 < end; index++) {
        float before = samples[index], after = samples[index + 1];
        if (before >= 0 || after < 0) continue;
        last = index + -before / (after - before);
        if (count++ == 0) begin = last;
    }
    if (count < 2) return -1;
    double number = round(((count - 1) * 16000.0 / (last - begin) - 400) / 150);
    return number >= 0 && number <= 9 ? (int)number : -1;
}

/// The sounds of one word.
static struct tone_word word(const float *samples, const struct sound *sounds, int count) {
    struct tone_word word = {"?", sounds[0].first, sounds[count - 1].end};
    char text[4] = {0};
    for (int index = 0; index < count; index++) {
        if (count != 3 || sounds[index].end - sounds[index].first < tone_length - 4 * frame) return word;
        int heard = digit(samples, sounds[index]);
        if (heard < 0) return word;
        text[index] = (char)('0' + heard);
    }
    memcpy(word.text, text, sizeof text);
    return word;
}

static int is_loud(const float *samples, int count) {
    for (int index = 0; index < count; index++) {
        if (fabsf(samples[index]) > 600.0f / 32768) return 1;
    }
    return 0;
}

int tone_words(const float *samples, int count, struct tone_word **words) {
    // No two sounds are in neighbouring frames.
    int most = count / (2 * frame) + 2, number = 0, begun = -1, pending = 0;
    struct sound *sounds = calloc(most, sizeof *sounds);
    *words = calloc(most, sizeof **words);
    for (int at = 0; at <= count; at += frame) {
        int length = count - at < frame ? count - at : frame;
        int loud = length > 0 && is_loud(samples + at, length);
        if (loud && begun < 0) begun = at;
        if (loud || begun < 0) continue;
        if (pending && begun - sounds[pending - 1].end >= word_gap) {
            (*words)[number++] = word(samples, sounds, pending);
            pending = 0;
        }
        sounds[pending++] = (struct sound){begun, at < count ? at : count};
        begun = -1;
    }
    if (begun >= 0) {
        if (pending && begun - sounds[pending - 1].end >= word_gap) {
            (*words)[number++] = word(samples, sounds, pending);
            pending = 0;
        }
        sounds[pending++] = (struct sound){begun, count};
    }
    if (pending) (*words)[number++] = word(samples, sounds, pending);
    free(sounds);
    return number;
}
