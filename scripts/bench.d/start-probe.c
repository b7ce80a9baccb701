// Times a program from exec to its first useful system call, without slowing what comes before it.
//
//   start-probe RUNS PRELOAD COMMAND [ARGUMENT...]
//
// A seccomp filter lets every system call pass but read and write(1, …), at which the kernel stops the program (seccomp(2),
// SECCOMP_RET_TRACE); at the first read of standard input, by whatever descriptor, and the first write it is ended. For a capture program, whose first useful call is in libasound, the same
// file built with -DPRELOAD -shared interposes snd_pcm_start and snd_pcm_readi and makes them such a read.
// Prints the times in milliseconds, a line each; standard input is a pipe with 4 KiB of zeros that stays open.
#define _GNU_SOURCE
#include <unistd.h>

#ifdef PRELOAD
int snd_pcm_start(void *pcm) { char byte; (void)pcm; return (int)read(0, &byte, 1); }
long snd_pcm_readi(void *pcm, void *buffer, unsigned long frames) { (void)buffer; (void)frames; return snd_pcm_start(pcm); }
long snd_pcm_mmap_begin(void *pcm, void *a, void *b, void *c) { (void)a; (void)b; (void)c; return snd_pcm_start(pcm); }
#else
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void start(const char *preload, char **command, const int input[2]) {
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_read, 3, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_write, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = sizeof code / sizeof *code, .filter = code};
    int nowhere = open("/dev/null", O_RDWR);
    dup2(input[0], 0);
    dup2(nowhere, 1);
    if (!getenv("PROBE_STDERR")) dup2(nowhere, 2);
    if (*preload) setenv("LD_PRELOAD", preload, 1);
    ptrace(PTRACE_TRACEME, 0, 0, 0);
    raise(SIGSTOP);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
    execvp(command[0], command);
    _exit(127);
}

// Whether a thread belongs to the measured program, and not to a process that it started.
static int is_thread_of(pid_t thread, pid_t program) {
    char path[64], line[128];
    int group = -1;
    snprintf(path, sizeof path, "/proc/%d/status", (int)thread);
    FILE *status = fopen(path, "r");
    while (status && fgets(line, sizeof line, status)) sscanf(line, "Tgid: %d", &group);
    if (status) fclose(status);
    return group == (int)program;
}

// Whether the stop is at something useful: a write to standard output, or a read of standard input or a duplicate of it.
static int is_useful(pid_t who, const char *input) {
    struct __ptrace_syscall_info info;
    if (ptrace(PTRACE_GET_SYSCALL_INFO, who, sizeof info, &info) < 0) return 0;
    if (info.seccomp.nr == SYS_write) return 1;
    char path[64], link[64] = "";
    snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)who, (int)info.seccomp.args[0]);
    return readlink(path, link, sizeof link - 1) > 0 && strcmp(link, input) == 0;
}

// One run, in a process of its own: when it ends, everything that it traces is killed (PTRACE_O_EXITKILL).
static double measure(char **argv) {
    int input[2], status;
    if (pipe2(input, O_CLOEXEC)) return -1;
    // A program may poll(2) before it reads.
    char silence[4096] = {0};
    if (write(input[1], silence, sizeof silence) < 0) return -1;
    char path[64], link[64] = "";
    snprintf(path, sizeof path, "/proc/self/fd/%d", input[0]);
    if (readlink(path, link, sizeof link - 1) < 0) return -1;
    pid_t child = fork();
    if (child == 0) start(argv[2], argv + 3, input);
    waitpid(child, &status, 0);
    ptrace(PTRACE_SETOPTIONS, child, 0,
           PTRACE_O_TRACESECCOMP | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK |
               PTRACE_O_TRACEVFORK);
    ptrace(PTRACE_CONT, child, 0, 0);
    double begun = 0;
    for (;;) {
        pid_t who = waitpid(-1, &status, __WALL);
        double time = now();
        if (who < 0) return -1;
        if (WIFEXITED(status) || WIFSIGNALED(status)) {
            if (who == child) return -1;
            continue;
        }
        int event = status >> 16, signal = 0;
        if (event == PTRACE_EVENT_EXEC && who == child) begun = time;
        if (event == PTRACE_EVENT_SECCOMP && begun && is_useful(who, link) && is_thread_of(who, child)) return time - begun;
        if (event == 0 && WSTOPSIG(status) != SIGSTOP && WSTOPSIG(status) != SIGTRAP) signal = WSTOPSIG(status);
        ptrace(PTRACE_CONT, who, 0, signal);
    }
}

int main(int argc, char **argv) {
    if (argc < 4) return 64;
    for (int run = atoi(argv[1]); run > 0; run--) {
        int status;
        pid_t runner = fork();
        if (runner == 0) {
            alarm(10);
            double time = measure(argv);
            if (time < 0) {
                fprintf(stderr, "start-probe: %s ended without reading or writing\n", argv[3]);
                _exit(69);
            }
            printf("%.3f\n", time);
            fflush(stdout);
            _exit(0);
        }
        waitpid(runner, &status, 0);
        if (status != 0) return 69;
    }
    return 0;
}
#endif
