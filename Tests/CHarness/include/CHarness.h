// fork and exec as the tests need them, and the few calls that Swift's Glibc module does not show.
#ifndef VT_CHARNESS_H
#define VT_CHARNESS_H

#include <stdint.h>
#include <sys/types.h>

/// How a child process starts.
struct harness_child {
    const char *path;
    char *const *arguments;
    char *const *environment;
    const char *directory;
    /// The descriptors that become 0, 1 and 2; -1 leaves one closed.
    int streams[3];
    /// 0 makes a process group of its own; a positive number joins that one.
    pid_t group;
    /// A terminal that becomes the child's controlling terminal, in a session of its own; -1 for none.
    int terminal;
    /// Bit N - 1 is set for each signal N that the child inherits ignored. All others are at their default.
    uint64_t ignored;
};

/// Starts a child. Returns its process identifier, or -1 with errno set; that exec failed is reported here too.
pid_t harness_spawn(const struct harness_child *child);

/// pipe2(2), both ends close-on-exec.
int harness_pipe(int ends[2]);

/// Opens the master of a new pseudo-terminal, close-on-exec; -1 with errno set.
int harness_open_terminal(void);

/// The name of the terminal behind a pseudo-terminal's master, into a buffer; 0, or an error number.
int harness_terminal_name(int master, char *buffer, size_t size);

/// Sets the terminal's size.
int harness_set_size(int terminal, unsigned short rows, unsigned short columns);

#endif
