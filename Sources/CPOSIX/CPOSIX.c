#define _GNU_SOURCE
#include "CPOSIX.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int vt_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

// A handler may only do what signal-safety(7) allows, which no Swift code can promise (a lazy global, an allocation).
static volatile sig_atomic_t signal_descriptor = -1;

static void note_signal(int number) {
    int saved = errno;
    unsigned char byte = (unsigned char)number;
    // A full pipe already holds what the reader needs to know.
    ssize_t written = write((int)signal_descriptor, &byte, 1);
    (void)written;
    errno = saved;
}

void vt_signal_descriptor(int descriptor) { signal_descriptor = descriptor; }

int vt_catch_signal(int number) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = note_signal;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    return sigaction(number, &action, NULL);
}

void vt_name_thread(const char *name) { pthread_setname_np(pthread_self(), name); }

int vt_unlinked_file(const char *directory) { return open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600); }

int vt_memory_file(void) { return memfd_create("vt", MFD_CLOEXEC); }
