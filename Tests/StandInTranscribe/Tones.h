#ifndef STAND_IN_TONES_H
#define STAND_IN_TONES_H

/// A word of Tests/ToneWords, and where it is.
struct tone_word {
    /// Three digits; "?" for a sound that is no whole word.
    char text[8];
    /// Samples.
    int first, end;
};

/// Hears the words in samples of full scale ±1 at 16000 Hz, as ToneWords.words does.
///
/// @return how many there are; `*words` is to be freed.
int tone_words(const float *samples, int count, struct tone_word **words);

#endif
