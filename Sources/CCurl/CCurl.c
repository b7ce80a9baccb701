#include "CCurl.h"

#include <dlfcn.h>
#include <stddef.h>

// The headers turn these names into macros that check types, which a table of functions has no use for.
#undef curl_easy_setopt
#undef curl_easy_getinfo
#undef curl_multi_setopt

static struct {
    CURLcode (*global_init)(long);
    curl_version_info_data *(*version_info)(CURLversion);
    time_t (*getdate)(const char *, const time_t *);
    struct curl_slist *(*slist_append)(struct curl_slist *, const char *);
    void (*slist_free_all)(struct curl_slist *);
    CURL *(*easy_init)(void);
    void (*easy_cleanup)(CURL *);
    CURLcode (*easy_setopt)(CURL *, CURLoption, ...);
    CURLcode (*easy_getinfo)(CURL *, CURLINFO, ...);
    CURLcode (*easy_pause)(CURL *, int);
    const char *(*easy_strerror)(CURLcode);
    CURLM *(*multi_init)(void);
    CURLMcode (*multi_cleanup)(CURLM *);
    CURLMcode (*multi_setopt)(CURLM *, CURLMoption, ...);
    CURLMcode (*multi_add_handle)(CURLM *, CURL *);
    CURLMcode (*multi_remove_handle)(CURLM *, CURL *);
    CURLMcode (*multi_perform)(CURLM *, int *);
    CURLMcode (*multi_poll)(CURLM *, struct curl_waitfd[], unsigned int, int, int *);
    CURLMcode (*multi_wakeup)(CURLM *);
    CURLMsg *(*multi_info_read)(CURLM *, int *);
    const char *(*multi_strerror)(CURLMcode);
} library;

void vt_curl_open(void) { dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL); }

bool vt_curl_load(const char **reason) {
    void *handle = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        *reason = dlerror();
        return false;
    }
    const struct {
        const char *name;
        void *place;
    } symbols[] = {
        {"curl_global_init", &library.global_init},
        {"curl_version_info", &library.version_info},
        {"curl_getdate", &library.getdate},
        {"curl_slist_append", &library.slist_append},
        {"curl_slist_free_all", &library.slist_free_all},
        {"curl_easy_init", &library.easy_init},
        {"curl_easy_cleanup", &library.easy_cleanup},
        {"curl_easy_setopt", &library.easy_setopt},
        {"curl_easy_getinfo", &library.easy_getinfo},
        {"curl_easy_pause", &library.easy_pause},
        {"curl_easy_strerror", &library.easy_strerror},
        {"curl_multi_init", &library.multi_init},
        {"curl_multi_cleanup", &library.multi_cleanup},
        {"curl_multi_setopt", &library.multi_setopt},
        {"curl_multi_add_handle", &library.multi_add_handle},
        {"curl_multi_remove_handle", &library.multi_remove_handle},
        {"curl_multi_perform", &library.multi_perform},
        {"curl_multi_poll", &library.multi_poll},
        {"curl_multi_wakeup", &library.multi_wakeup},
        {"curl_multi_info_read", &library.multi_info_read},
        {"curl_multi_strerror", &library.multi_strerror},
    };
    for (size_t index = 0; index < sizeof symbols / sizeof symbols[0]; index++) {
        void *symbol = dlsym(handle, symbols[index].name);
        if (!symbol) {
            *reason = dlerror();
            return false;
        }
        *(void **)symbols[index].place = symbol;
    }
    // CURLOPT_PREREQFUNCTION is of 7.80, CURLOPT_PROTOCOLS_STR of 7.85.
    if (library.version_info(CURLVERSION_NOW)->version_num < 0x075500) {
        *reason = "it is older than 7.85";
        return false;
    }
    CURLcode code = library.global_init(CURL_GLOBAL_ALL);
    if (code != CURLE_OK) {
        *reason = library.easy_strerror(code);
        return false;
    }
    return true;
}

CURL *vt_curl_easy_create(void) { return library.easy_init(); }
void vt_curl_easy_destroy(CURL *easy) { library.easy_cleanup(easy); }

CURLcode vt_curl_set_long(CURL *easy, CURLoption option, long value) { return library.easy_setopt(easy, option, value); }

CURLcode vt_curl_set_size(CURL *easy, CURLoption option, curl_off_t value) {
    return library.easy_setopt(easy, option, value);
}

CURLcode vt_curl_set_body(CURL *easy, const void *bytes, size_t count) {
    CURLcode code = library.easy_setopt(easy, CURLOPT_POST, 1L);
    if (!code) code = library.easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)count);
    if (!code) code = library.easy_setopt(easy, CURLOPT_POSTFIELDS, bytes);
    return code;
}

CURLcode vt_curl_set_string(CURL *easy, CURLoption option, const char *value) {
    return library.easy_setopt(easy, option, value);
}

CURLcode vt_curl_set_headers(CURL *easy, struct curl_slist *headers) {
    return library.easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
}

CURLcode vt_curl_set_callbacks(CURL *easy, const vt_curl_callbacks *callbacks) {
    CURLcode code = CURLE_OK;
    if (callbacks->read) {
        code = library.easy_setopt(easy, CURLOPT_READFUNCTION, callbacks->read);
        if (!code) code = library.easy_setopt(easy, CURLOPT_READDATA, callbacks->user);
    }
    if (!code && callbacks->write) {
        code = library.easy_setopt(easy, CURLOPT_WRITEFUNCTION, callbacks->write);
        if (!code) code = library.easy_setopt(easy, CURLOPT_WRITEDATA, callbacks->user);
    }
    if (!code && callbacks->header) {
        code = library.easy_setopt(easy, CURLOPT_HEADERFUNCTION, callbacks->header);
        if (!code) code = library.easy_setopt(easy, CURLOPT_HEADERDATA, callbacks->user);
    }
    if (!code && callbacks->ready) {
        code = library.easy_setopt(easy, CURLOPT_PREREQFUNCTION, callbacks->ready);
        if (!code) code = library.easy_setopt(easy, CURLOPT_PREREQDATA, callbacks->user);
    }
    if (!code && callbacks->seek) {
        code = library.easy_setopt(easy, CURLOPT_SEEKFUNCTION, callbacks->seek);
        if (!code) code = library.easy_setopt(easy, CURLOPT_SEEKDATA, callbacks->user);
    }
    return code;
}

CURLcode vt_curl_set_error_buffer(CURL *easy, char *buffer) {
    return library.easy_setopt(easy, CURLOPT_ERRORBUFFER, buffer);
}

CURLcode vt_curl_get_long(CURL *easy, CURLINFO info, long *value) { return library.easy_getinfo(easy, info, value); }

CURLcode vt_curl_get_microseconds(CURL *easy, CURLINFO info, curl_off_t *value) {
    return library.easy_getinfo(easy, info, value);
}

CURLcode vt_curl_unpause(CURL *easy) { return library.easy_pause(easy, CURLPAUSE_CONT); }
const char *vt_curl_message(CURLcode code) { return library.easy_strerror(code); }

struct curl_slist *vt_curl_list_append(struct curl_slist *list, const char *line) {
    return library.slist_append(list, line);
}
void vt_curl_list_destroy(struct curl_slist *list) { library.slist_free_all(list); }

CURLM *vt_curl_multi_create(void) { return library.multi_init(); }
void vt_curl_multi_destroy(CURLM *multi) { library.multi_cleanup(multi); }

CURLMcode vt_curl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return library.multi_setopt(multi, option, value);
}

CURLMcode vt_curl_multi_add(CURLM *multi, CURL *easy) { return library.multi_add_handle(multi, easy); }
CURLMcode vt_curl_multi_remove(CURLM *multi, CURL *easy) { return library.multi_remove_handle(multi, easy); }
CURLMcode vt_curl_multi_perform(CURLM *multi, int *running) { return library.multi_perform(multi, running); }

CURLMcode vt_curl_multi_poll(CURLM *multi, struct curl_waitfd *extra, unsigned int count, int milliseconds, int *ready) {
    return library.multi_poll(multi, extra, count, milliseconds, ready);
}

CURLMcode vt_curl_multi_wakeup(CURLM *multi) { return library.multi_wakeup(multi); }

CURL *vt_curl_multi_ended(CURLM *multi, CURLcode *code) {
    int left;
    CURLMsg *message;
    while ((message = library.multi_info_read(multi, &left))) {
        if (message->msg != CURLMSG_DONE) continue;
        *code = message->data.result;
        return message->easy_handle;
    }
    return NULL;
}

const char *vt_curl_multi_message(CURLMcode code) { return library.multi_strerror(code); }
time_t vt_curl_date(const char *text) { return library.getdate(text, NULL); }
const char *vt_curl_version(void) { return library.version_info(CURLVERSION_NOW)->version; }
