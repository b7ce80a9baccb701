#define _GNU_SOURCE
#include "CPOSIX.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/sockios.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
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

int vt_unlinked_file(const char *directory, unsigned mode) {
    return open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, (mode_t)mode);
}

int vt_link_file(int descriptor, const char *path) {
    char link[32];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    return linkat(AT_FDCWD, link, AT_FDCWD, path, AT_SYMLINK_FOLLOW);
}

int vt_exchange(const char *one, const char *other) {
    // By its number: musl, and glibc before 2.28, have no function for it. 2 is RENAME_EXCHANGE.
    return (int)syscall(SYS_renameat2, AT_FDCWD, one, AT_FDCWD, other, 2);
}

int vt_rename_new(const char *from, const char *to) {
    // 1 is RENAME_NOREPLACE.
    return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 1);
}

int vt_lock_range(int descriptor, int type, long start, long length, int waits) {
    struct flock range = {.l_type = (short)type, .l_whence = SEEK_SET, .l_start = start, .l_len = length};
    return fcntl(descriptor, waits ? F_OFD_SETLKW : F_OFD_SETLK, &range);
}

int vt_set_attribute(int descriptor, const char *name, const void *value, unsigned long size) {
    return fsetxattr(descriptor, name, value, size, 0);
}

long vt_attribute(const char *path, const char *name, void *value, unsigned long size) {
    return lgetxattr(path, name, value, size);
}

int vt_free_range(int descriptor, long offset, long count) {
    return fallocate(descriptor, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, count);
}

int vt_memory_file(void) { return memfd_create("vt", MFD_CLOEXEC); }

// What the child does between vfork and its program. It shares our memory: no allocation, no lock, no return.
static _Noreturn void become(const char *path, char *const arguments[], char *const environment[],
                             const char *directory, const int descriptors[3], int death_signal, pid_t parent,
                             volatile int *failure) {
    struct sigaction action;
    sigset_t none;
    memset(&action, 0, sizeof action);
    sigemptyset(&none);
    sigemptyset(&action.sa_mask);
    if (setpgid(0, 0) != 0) goto failed;
    // Ignoring a signal forgets one that is pending: a Ctrl-C that came while the child was still in our group is not its
    // own. This is why posix_spawn(3) does not do: there it stays pending, and kills the program that has just begun.
    for (int number = 1; number < NSIG; number++) {
        action.sa_handler = SIG_IGN;
        sigaction(number, &action, NULL);
        action.sa_handler = SIG_DFL;
        sigaction(number, &action, NULL);
    }
    for (int target = 0; target < 3; target++) {
        // A descriptor that is in its place already only loses its close-on-exec.
        if ((descriptors[target] == target ? fcntl(target, F_SETFD, 0) : dup2(descriptors[target], target)) < 0)
            goto failed;
    }
    // Whatever another library opened without close-on-exec stays here.
    closefrom(3);
    if (directory != NULL && chdir(directory) != 0) goto failed;
    if (death_signal != 0) {
        if (prctl(PR_SET_PDEATHSIG, death_signal) != 0) goto failed;
        // It may be gone already: then nobody sends it.
        if (getppid() != parent) _exit(127);
    }
    sigprocmask(SIG_SETMASK, &none, NULL);
    execve(path, arguments, environment);
failed:
    *failure = errno;
    _exit(127);
}

int vt_spawn(int *child, const char *path, char *const arguments[], char *const environment[], const char *directory,
             const int descriptors[3], int death_signal) {
    volatile int failure = 0;
    const pid_t parent = getpid();
    sigset_t every, before;
    int state;
    // No handler of ours may run in the child, on memory that it shares with us; nor may this thread be cancelled.
    sigfillset(&every);
    pthread_sigmask(SIG_BLOCK, &every, &before);
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    pid_t process = vfork();
    if (process == 0) become(path, arguments, environment, directory, descriptors, death_signal, parent, &failure);
    int code = process < 0 ? errno : failure;
    pthread_setcancelstate(state, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (code != 0) {
        if (process > 0) waitpid(process, NULL, 0);
        return code;
    }
    *child = (int)process;
    return 0;
}

int vt_pidfd_open(int process) { return (int)syscall(SYS_pidfd_open, process, 0); }

long vt_send(int socket, const void *bytes, long count, int descriptor) {
    struct iovec part = {.iov_base = (void *)bytes, .iov_len = (size_t)count};
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (descriptor >= 0) {
        message.msg_control = &control;
        message.msg_controllen = sizeof control.space;
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
    }
    return sendmsg(socket, &message, MSG_NOSIGNAL);
}

long vt_receive(int socket, void *bytes, long count, int *descriptors, int *received) {
    struct iovec part = {.iov_base = bytes, .iov_len = (size_t)count};
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(32 * sizeof(int))];
    } control;
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control.space};
    *received = 0;
    ssize_t result = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    if (result < 0) return result;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header != NULL; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        int number = (int)((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
        memcpy(descriptors + *received, CMSG_DATA(header), number * sizeof(int));
        *received += number;
    }
    return result;
}

long vt_unread(int descriptor) {
    struct stat status;
    int count = 0;
    if (fstat(descriptor, &status) != 0) return -1;
    if (S_ISFIFO(status.st_mode)) return ioctl(descriptor, FIONREAD, &count) == 0 ? count : -1;
    if (S_ISSOCK(status.st_mode)) return ioctl(descriptor, SIOCOUTQ, &count) == 0 ? count : -1;
    return -1;
}

// What the process does that stays behind until the text is read. It has one thread, and the memory of many: only what
// signal-safety(7) allows.
static _Noreturn void see_delivered(int output, const char *const *paths, const int *kept, int count, int seconds,
                                    const char *message) {
    struct pollfd reader = {.fd = output, .events = 0};
    struct stat errors;
    int first = 3;
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    signal(SIGHUP, SIG_DFL);
    setsid();
    if (chdir("/") != 0) _exit(1);
    // Of what it inherits it keeps the output, and what keeps the recordings locked.
    for (int index = 0; index < count; index++) {
        if (kept[index] > first) close_range((unsigned)first, (unsigned)kept[index] - 1, 0);
        if (kept[index] >= first) first = kept[index] + 1;
    }
    close_range((unsigned)first, ~0U, 0);
    int null = open("/dev/null", O_RDWR);
    if (output != 0) dup2(null, 0);
    // Whoever reads our messages to their end does not wait for us.
    if (fstat(2, &errors) != 0 || S_ISFIFO(errors.st_mode) || S_ISSOCK(errors.st_mode)) dup2(null, 2);
    for (long waited = 0; waited < seconds * 1000L;) {
        if (vt_unread(output) <= 0) {
            for (; *paths != NULL; paths++) unlink(*paths);
            _exit(0);
        }
        int pause = waited < 100 ? 1 : 10;
        int ready = poll(&reader, 1, pause);
        if (ready > 0 && (reader.revents & (POLLERR | POLLHUP | POLLNVAL))) {
            if (vt_unread(output) <= 0) continue;
            ssize_t written = write(2, message, strlen(message));
            (void)written;
            _exit(1);
        }
        waited += pause;
    }
    _exit(1);
}

int vt_see_delivered(int output, const char *const *paths, const int *kept, int count, int seconds,
                     const char *message) {
    pid_t process = fork();
    if (process == 0) see_delivered(output, paths, kept, count, seconds, message);
    return process < 0 ? -1 : 0;
}

int vt_terminal_columns(int descriptor) {
    struct winsize size;
    return ioctl(descriptor, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

void vt_forbid_core_dumps(void) {
    const struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    // The limit is not heeded where a program takes the dump (core(5)).
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#if !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)
    // Swift's own report of a crash, where its toolchain is installed, prints registers and what they point to.
    const int crashes[] = {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGQUIT, SIGSEGV, SIGTRAP};
    for (size_t index = 0; index < sizeof crashes / sizeof crashes[0]; index++) {
        struct sigaction action;
        if (sigaction(crashes[index], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
            signal(crashes[index], SIG_DFL);
    }
#endif
}

int vt_allowed_processors(int *numbers, int room) {
    cpu_set_t set;
    int count = 0;
    if (sched_getaffinity(0, sizeof set, &set) < 0) return 0;
    for (int number = 0; number < CPU_SETSIZE && count < room; number++) {
        if (CPU_ISSET(number, &set)) numbers[count++] = number;
    }
    return count;
}

int vt_has_access_list(int descriptor) { return fgetxattr(descriptor, "system.posix_acl_access", NULL, 0) > 0; }
