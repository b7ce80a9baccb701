#ifndef VT_CCURL_H
#define VT_CCURL_H

#include <curl/curl.h>
#include <stdbool.h>

// libcurl is opened when the first request needs it: it brings thirty libraries, which cost a program 10 ms at its start that
// never speaks to a server. Its setopt and getinfo are variadic, which Swift can't call; so here is one for each type.

/// Opens libcurl and nothing else, so that vt_curl_load finds it open; what goes wrong that one says. On any thread.
void vt_curl_open(void);

/// Opens libcurl and initialises it; false where it can't be had, and why in `reason`. Call it once.
bool vt_curl_load(const char **reason);

/// Takes or gives bytes; returns how many, or one of CURL_READFUNC_* and CURL_WRITEFUNC_*.
typedef size_t (*vt_curl_transfer)(char *bytes, size_t size, size_t count, void *user);
/// A connection is ready, and nothing of the request has been sent: CURL_PREREQFUNC_OK lets it go.
typedef int (*vt_curl_ready)(void *user, char *primary_address, char *local_address, int primary_port, int local_port);
/// Asked to go back in the body: CURL_SEEKFUNC_*.
typedef int (*vt_curl_seek)(void *user, curl_off_t offset, int origin);

/// What a transfer calls.
typedef struct {
    vt_curl_transfer read;
    vt_curl_transfer write;
    vt_curl_transfer header;
    vt_curl_ready ready;
    vt_curl_seek seek;
    void *user;
} vt_curl_callbacks;

CURL *vt_curl_easy_create(void);
void vt_curl_easy_destroy(CURL *easy);
CURLcode vt_curl_set_long(CURL *easy, CURLoption option, long value);
CURLcode vt_curl_set_size(CURL *easy, CURLoption option, curl_off_t value);
/// The body of a POST; the library keeps no copy.
CURLcode vt_curl_set_body(CURL *easy, const void *bytes, size_t count);
/// The library keeps a copy of the string.
CURLcode vt_curl_set_string(CURL *easy, CURLoption option, const char *value);
CURLcode vt_curl_set_headers(CURL *easy, struct curl_slist *headers);
/// A callback that is null is left as it is.
CURLcode vt_curl_set_callbacks(CURL *easy, const vt_curl_callbacks *callbacks);
/// A buffer of CURL_ERROR_SIZE bytes that lives as long as the handle.
CURLcode vt_curl_set_error_buffer(CURL *easy, char *buffer);
CURLcode vt_curl_get_long(CURL *easy, CURLINFO info, long *value);
CURLcode vt_curl_get_microseconds(CURL *easy, CURLINFO info, curl_off_t *value);
CURLcode vt_curl_unpause(CURL *easy);
const char *vt_curl_message(CURLcode code);

struct curl_slist *vt_curl_list_append(struct curl_slist *list, const char *line);
void vt_curl_list_destroy(struct curl_slist *list);

CURLM *vt_curl_multi_create(void);
void vt_curl_multi_destroy(CURLM *multi);
CURLMcode vt_curl_multi_set_long(CURLM *multi, CURLMoption option, long value);
CURLMcode vt_curl_multi_add(CURLM *multi, CURL *easy);
CURLMcode vt_curl_multi_remove(CURLM *multi, CURL *easy);
CURLMcode vt_curl_multi_perform(CURLM *multi, int *running);
CURLMcode vt_curl_multi_poll(CURLM *multi, struct curl_waitfd *extra, unsigned int count, int milliseconds, int *ready);
CURLMcode vt_curl_multi_wakeup(CURLM *multi);
/// The next transfer that has ended, and how; null where there is none.
CURL *vt_curl_multi_ended(CURLM *multi, CURLcode *code);
const char *vt_curl_multi_message(CURLMcode code);

/// Seconds since 1970 of a date in any form that HTTP knows; -1 where it is none.
time_t vt_curl_date(const char *text);
/// The library's version, for example 7.88.1.
const char *vt_curl_version(void);

#endif
