// A server that answers at once, for scripts/bench batch: reads a request to its end, says {"text":"..."}, keeps the connection.
//
//   answer [TEXT]     prints its port on loopback
//
// One thread and no copy: what is measured beside it is the client.
#define _GNU_SOURCE // strcasestr
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { connections = 1024, head_size = 8192 };

struct connection {
    char head[head_size];
    size_t filled; // of the head
    long left;     // bytes of the body; -1 while the head is read, -2 in a chunked body
    char tail[5];  // the last bytes of a chunked body
};

static struct connection all[connections];
static char answer[1024];
static char block[1 << 18];

static void respond(int socket) {
    size_t length = strlen(answer);
    if (write(socket, answer, length) != (ssize_t)length) shutdown(socket, SHUT_RDWR);
}

// Takes bytes; answers each request that ends in them.
static void take(int socket, struct connection *at, const char *bytes, size_t count) {
    while (count > 0) {
        if (at->left == -1) {
            at->head[at->filled++] = *bytes++;
            count--;
            if (at->filled < 4 || memcmp(at->head + at->filled - 4, "\r\n\r\n", 4) != 0) {
                if (at->filled == head_size - 1) shutdown(socket, SHUT_RDWR), at->filled = 0;
                continue;
            }
            at->head[at->filled] = 0;
            const char *length = strcasestr(at->head, "\r\ncontent-length:");
            at->left = strcasestr(at->head, "\r\ntransfer-encoding: chunked") ? -2 : length ? atol(length + 17) : 0;
            at->filled = 0;
            memset(at->tail, 0, sizeof at->tail);
            if (at->left == 0) respond(socket), at->left = -1;
        } else if (at->left > 0) {
            size_t some = count < (size_t)at->left ? count : (size_t)at->left;
            bytes += some, count -= some, at->left -= (long)some;
            if (at->left == 0) respond(socket), at->left = -1;
        } else {
            // The last chunk is "0\r\n\r\n", with a line before it; no audio is likely to hold that at the end of a read.
            memmove(at->tail, at->tail + 1, 4);
            at->tail[4] = *bytes++;
            count--;
            if (count == 0 && memcmp(at->tail, "0\r\n\r\n", 5) == 0) respond(socket), at->left = -1;
        }
    }
}

int main(int argc, char **argv) {
    char body[512];
    snprintf(body, sizeof body, "{\"text\":\"%s\"}", argc > 1 ? argv[1] : "go forward ten meters");
    snprintf(answer, sizeof answer, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
             strlen(body), body);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    if (bind(listener, (struct sockaddr *)&address, length) || listen(listener, 256) ||
        getsockname(listener, (struct sockaddr *)&address, &length))
        return perror("answer"), 1;
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    int poll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, events[64];
    epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        int count = epoll_wait(poll, events, 64, -1);
        for (int index = 0; index < count; index++) {
            int socket = events[index].data.fd;
            if (socket == listener) {
                int accepted = accept(listener, NULL, NULL), on = 1;
                if (accepted < 0) continue;
                if (accepted >= connections) {
                    close(accepted);
                    continue;
                }
                setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
                all[accepted] = (struct connection){.left = -1};
                event.data.fd = accepted;
                epoll_ctl(poll, EPOLL_CTL_ADD, accepted, &event);
                continue;
            }
            ssize_t got = read(socket, block, sizeof block);
            if (got <= 0) {
                close(socket);
                continue;
            }
            take(socket, &all[socket], block, (size_t)got);
        }
    }
}
