#include "CPocketSphinx.h"

#include <stdarg.h>
#include <stdio.h>

static vt_ps_message message_handler;

static void format_message(void *unused, err_lvl_t level, const char *format, ...) {
    (void)unused;
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    message_handler((int)level, text);
}

void vt_ps_set_message_handler(vt_ps_message handler) {
    message_handler = handler;
    err_set_callback(format_message, NULL);
    // The list of all options goes to this file past the callback.
    err_set_logfp(NULL);
}
