// Times a program from exec to its first useful system call, without slowing what comes before it.
//
//   start-probe RUNS PRELOAD COMMAND [ARGUMENT...]
//
// A seccomp filter lets every system call pass but the first read(0, …) or write(1, …), at which the kernel stops the program
// (seccomp(2), SECCOMP_RET_TRACE) and it is ended. For a capture program, whose first useful call is in libasound, the same
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
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_read, 0, 2),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 3, 4),
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

int main(int argc, char **argv) {
    if (argc < 4) return 64;
    for (int run = atoi(argv[1]); run > 0; run--) {
        int input[2], status;
        if (pipe2(input, O_CLOEXEC)) return 71;
        // A program may poll(2) before it reads.
        char silence[4096] = {0};
        if (write(input[1], silence, sizeof silence) < 0) return 74;
        pid_t child = fork();
        if (child == 0) start(argv[2], argv + 3, input);
        waitpid(child, &status, 0);
        ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACESECCOMP | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL | PTRACE_O_TRACECLONE);
        ptrace(PTRACE_CONT, child, 0, 0);
        double begun = 0, reached = 0;
        while (!reached) {
            pid_t who = waitpid(-1, &status, __WALL);
            if (who < 0) break;
            if (WIFEXITED(status) || WIFSIGNALED(status)) {
                if (who == child) break;
                continue;
            }
            int event = status >> 16, signal = 0;
            if (event == PTRACE_EVENT_EXEC) begun = now();
            else if (event == PTRACE_EVENT_SECCOMP) reached = now();
            else if (event == 0 && WSTOPSIG(status) != SIGSTOP && WSTOPSIG(status) != SIGTRAP) signal = WSTOPSIG(status);
            if (!reached) ptrace(PTRACE_CONT, who, 0, signal);
        }
        kill(child, SIGKILL);
        while (waitpid(-1, &status, __WALL) > 0) {}
        close(input[0]);
        close(input[1]);
        if (!reached || !begun) {
            fprintf(stderr, "start-probe: %s ended without reading or writing\n", argv[3]);
            return 69;
        }
        printf("%.3f\n", reached - begun);
    }
    return 0;
}
#endif
