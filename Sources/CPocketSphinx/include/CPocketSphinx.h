// PocketSphinx 5prealpha with its messages made catchable: the library's callback is variadic.
#ifndef VT_CPOCKETSPHINX_H
#define VT_CPOCKETSPHINX_H

#include <pocketsphinx/pocketsphinx.h>
#include <sphinxbase/err.h>
#include <sphinxbase/fe.h>
#include <sphinxbase/feat.h>

/// Gets one message of the library: its err_lvl_t, and the text, which is valid during the call only.
typedef void (*vt_ps_message)(int level, const char *text);

/// Sends the library's messages to a function instead of stderr. Set it before anything else is called.
/// After a message of level ERR_FATAL the library ends the process with status 1, unless the function does not return.
void vt_ps_set_message_handler(vt_ps_message handler);

#endif
