#ifndef VT_CICU_H
#define VT_CICU_H

#include <stddef.h>
#include <stdint.h>

// ICU's common library, opened when a text is to be broken whose script has no spaces between words: it knows the dictionaries of
// Thai, Lao, Khmer and Burmese, and what may not begin or end a line in Chinese and Japanese (Unicode Standard Annex 14).

/// Finds where lines may end.
///
/// @param text UTF-16.
/// @param length code units of it.
/// @param ends room for `length` numbers: gets the code units up to each place, in order, the last of them `length`.
/// @return how many there are; -1 if there is no ICU.
int32_t vt_icu_line_ends(const uint16_t *text, int32_t length, int32_t *ends);

#endif
