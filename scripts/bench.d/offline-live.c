// Plays a raw recording (16 kHz, mono, s16le) to a program as a microphone would, and prints the milliseconds from the end of
// the input to the program's last final line: offline-live FILE PROGRAM ARGUMENTS...
#define _GNU_SOURCE
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}

int main(int count, char **arguments) {
    enum { chunk = 640 }; // 20 ms
    FILE *file = count > 2 ? fopen(arguments[1], "rb") : NULL;
    int to[2], from[2];
    if (!file || pipe2(to, 0) || pipe2(from, 0)) {
        perror("offline-live");
        return 64;
    }
    signal(SIGPIPE, SIG_IGN);
    pid_t child = fork();
    if (child == 0) {
        dup2(to[0], 0);
        dup2(from[1], 1);
        close(to[0]), close(to[1]), close(from[0]), close(from[1]);
        execvp(arguments[2], arguments + 2);
        _exit(127);
    }
    close(to[0]), close(from[1]);
    double start = now(), end = 0, last = 0;
    char bytes[chunk], text[65536];
    size_t played = 0, length = 0;
    int line = 1, isFinal = 0;
    for (;;) {
        double due = start + (played + chunk) / 32000.0, wait = end ? 60 : due - now();
        struct pollfd output = {from[0], POLLIN, 0};
        int ready = poll(&output, 1, wait > 0 ? (int)(wait * 1000) : 0);
        if (ready > 0) {
            ssize_t got = read(from[0], text, sizeof text);
            if (got <= 0) break;
            for (ssize_t i = 0; i < got; i++) {
                if (line) isFinal = text[i] == 'f';
                line = text[i] == '\n';
                if (line && isFinal) last = now();
            }
        } else if (end) {
            break;
        }
        if (!end && now() >= due) {
            length = fread(bytes, 1, chunk, file);
            if (length == 0 || write(to[1], bytes, length) < 0) {
                close(to[1]);
                end = now();
            }
            played += length;
        }
    }
    int status;
    waitpid(child, &status, 0);
    if (!last || status) {
        fprintf(stderr, "offline-live: no final line, or a failure\n");
        return 1;
    }
    printf("%.0f\n", (last - end) * 1000);
    return 0;
}
