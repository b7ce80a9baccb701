#include "CICU.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

// Declared here and not included: ICU's names end with its version (unicode/ubrk.h, unicode/utypes.h), and any version will do.
typedef struct UBreakIterator UBreakIterator;
typedef int UErrorCode;
enum { UBRK_LINE = 2, UBRK_DONE = -1 };

static struct {
    UBreakIterator *(*open)(int type, const char *locale, const uint16_t *text, int32_t length, UErrorCode *status);
    int32_t (*next)(UBreakIterator *iterator);
    void (*close)(UBreakIterator *iterator);
} library;

static void *symbol(void *handle, const char *name, int version) {
    char versioned[64];
    snprintf(versioned, sizeof versioned, "%s_%d", name, version);
    return dlsym(handle, versioned);
}

static void load(void) {
    // Debian 11 has 67, Ubuntu 22.04 has 70; one number comes every half a year.
    for (int version = 99; version >= 60; version--) {
        char name[32];
        snprintf(name, sizeof name, "libicuuc.so.%d", version);
        void *handle = dlopen(name, RTLD_NOW | RTLD_LOCAL);
        if (!handle) continue;
        void *next = symbol(handle, "ubrk_next", version);
        void *close = symbol(handle, "ubrk_close", version);
        void *open = symbol(handle, "ubrk_open", version);
        if (!next || !close || !open) {
            dlclose(handle);
            continue;
        }
        *(void **)&library.next = next;
        *(void **)&library.close = close;
        *(void **)&library.open = open;
        return;
    }
}

int32_t vt_icu_line_ends(const uint16_t *text, int32_t length, int32_t *ends) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    if (!library.open) return -1;
    UErrorCode status = 0;
    // Strict: no line begins with a small kana or a prolonged sound mark, as Japanese subtitles have it.
    UBreakIterator *iterator = library.open(UBRK_LINE, "ja@lb=strict", text, length, &status);
    if (status > 0 || !iterator) return -1;
    int32_t count = 0;
    for (int32_t end = library.next(iterator); end != UBRK_DONE && count < length; end = library.next(iterator)) {
        ends[count++] = end;
    }
    library.close(iterator);
    return count;
}
