#define _GNU_SOURCE
#include "CHarness.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

// Runs in the child: only what is async-signal-safe. Returns only if something failed, with errno set.
static void become(const struct harness_child *child) {
    if (child->terminal >= 0) {
        if (setsid() < 0) return;
        if (ioctl(child->terminal, TIOCSCTTY, 0) < 0) return;
    } else if (setpgid(0, child->group) < 0) {
        return;
    }

    struct sigaction action = {0};
    for (int number = 1; number < NSIG; number++) {
        int ignored = number <= 64 && (child->ignored >> (number - 1)) & 1;
        action.sa_handler = ignored ? SIG_IGN : SIG_DFL;
        sigaction(number, &action, NULL); // KILL, STOP and glibc's own two refuse; that is right.
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);

    // First out of the way of 0, 1 and 2, then into place.
    int copies[3];
    for (int stream = 0; stream < 3; stream++) {
        copies[stream] = child->streams[stream] < 0 ? -1 : fcntl(child->streams[stream], F_DUPFD_CLOEXEC, 10);
        if (child->streams[stream] >= 0 && copies[stream] < 0) return;
    }
    for (int stream = 0; stream < 3; stream++) {
        if (copies[stream] < 0) close(stream);
        else if (dup2(copies[stream], stream) < 0) return;
    }
    // A descriptor that leaks into a child keeps a pipe open, and a test hangs far from the cause.
    close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);

    if (child->directory && chdir(child->directory) < 0) return;
    execve(child->path, child->arguments, child->environment);
}

pid_t harness_spawn(const struct harness_child *child) {
    int report[2];
    if (pipe2(report, O_CLOEXEC) < 0) return -1;
    // The end that reports must survive dup2 onto 0, 1 and 2.
    int reporting = fcntl(report[1], F_DUPFD_CLOEXEC, 20);
    close(report[1]);
    if (reporting < 0) {
        close(report[0]);
        return -1;
    }
    // A signal must not run a handler of the parent's in the child.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t pid = fork();
    if (pid == 0) {
        become(child);
        int error = errno;
        if (write(reporting, &error, sizeof error) < 0) _exit(127);
        _exit(127);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(reporting);
    if (pid > 0 && child->terminal < 0) setpgid(pid, child->group); // Whichever of us comes first.
    int error = 0;
    ssize_t count = pid < 0 ? 0 : read(report[0], &error, sizeof error);
    close(report[0]);
    if (count == sizeof error) {
        waitpid(pid, NULL, 0);
        errno = error;
        return -1;
    }
    return pid;
}

int harness_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

int harness_open_terminal(void) { return posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC); }

int harness_terminal_name(int master, char *buffer, size_t size) {
    if (grantpt(master) < 0 || unlockpt(master) < 0) return errno;
    return ptsname_r(master, buffer, size);
}

int harness_set_size(int terminal, unsigned short rows, unsigned short columns) {
    struct winsize size = {.ws_row = rows, .ws_col = columns};
    return ioctl(terminal, TIOCSWINSZ, &size);
}
