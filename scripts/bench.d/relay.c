// A link for the benchmark `tail`: relays connections on loopback with a round-trip time and an uplink rate.
//
//   relay ROUND_TRIP_MS UPLINK_BITS_PER_SECOND TARGET_PORT
//
// Prints its port. What a client sends leaves at the uplink's rate and arrives half a round trip later; answers come back after the
// other half, at ten times the rate. The handshake of TCP is the kernel's and costs nothing here; that of TLS costs what it should.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

typedef struct piece {
    struct piece *next;
    double due;
    size_t size, sent;
    int is_end;
    char bytes[];
} piece;

// One direction of a connection.
typedef struct {
    int from, to;
    double rate, free_at;
    piece *first, **last;
    int has_ended;
} way;

enum { most = 512, block = 16384 };
static way ways[2 * most];
static int count;
static double delay;

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static void no_delay(int socket) {
    int yes = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

static struct sockaddr_in loopback(int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

static void open_way(int from, int to, double rate) {
    way *new = &ways[count++];
    memset(new, 0, sizeof *new);
    new->from = from;
    new->to = to;
    new->rate = rate;
    new->last = &new->first;
}

// Takes what has come, and says when it arrives.
static void take(way *way) {
    piece *new = malloc(sizeof *new + block);
    if (!new) fail("malloc");
    ssize_t size = read(way->from, new->bytes, block);
    if (size < 0 && (errno == EINTR || errno == EAGAIN)) {
        free(new);
        return;
    }
    double start = now();
    if (way->free_at > start) start = way->free_at;
    new->size = size > 0 ? (size_t)size : 0;
    new->sent = 0;
    new->is_end = size <= 0;
    new->next = NULL;
    way->free_at = start + (double)new->size * 8 / way->rate;
    new->due = way->free_at + delay;
    *way->last = new;
    way->last = &new->next;
    if (new->is_end) way->has_ended = 1;
}

static void give(way *way) {
    while (way->first && way->first->due <= now()) {
        piece *piece = way->first;
        if (piece->is_end) shutdown(way->to, SHUT_WR);
        while (piece->sent < piece->size) {
            ssize_t sent = send(way->to, piece->bytes + piece->sent, piece->size - piece->sent, MSG_NOSIGNAL | MSG_DONTWAIT);
            if (sent < 0 && errno == EAGAIN) return;
            if (sent <= 0) break;
            piece->sent += (size_t)sent;
        }
        way->first = piece->next;
        if (!way->first) way->last = &way->first;
        free(piece);
    }
}

int main(int argc, char **argv) {
    if (argc != 4) return 64;
    delay = atof(argv[1]) / 2000;
    double rate = atof(argv[2]);
    struct sockaddr_in target = loopback(atoi(argv[3])), here = loopback(0);
    socklen_t size = sizeof here;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&here, sizeof here) || listen(listener, 256)) fail("listen");
    getsockname(listener, (struct sockaddr *)&here, &size);
    printf("%d\n", ntohs(here.sin_port));
    fflush(stdout);
    while (1) {
        struct pollfd entries[2 * most + 1] = {{.fd = listener, .events = POLLIN}};
        double next = now() + 1;
        for (int index = 0; index < count; index++) {
            entries[index + 1] = (struct pollfd){.fd = ways[index].has_ended ? -1 : ways[index].from, .events = POLLIN};
            if (ways[index].first && ways[index].first->due < next) next = ways[index].first->due;
        }
        double rest = next - now();
        if (rest < 0) rest = 0;
        struct timespec wait = {.tv_sec = (time_t)rest, .tv_nsec = (long)((rest - (double)(time_t)rest) * 1e9)};
        if (ppoll(entries, (nfds_t)count + 1, &wait, NULL) < 0 && errno != EINTR) fail("ppoll");
        for (int index = 0; index < count; index++) {
            if (!ways[index].has_ended && entries[index + 1].revents) take(&ways[index]);
            give(&ways[index]);
        }
        // Both ways of a connection that have nothing left to do go, last one first into their place.
        for (int index = 0; index + 1 < count; index += 2) {
            way *up = &ways[index], *down = &ways[index + 1];
            if (!up->has_ended || !down->has_ended || up->first || down->first) continue;
            close(up->from);
            close(down->from);
            count -= 2;
            if (index < count) {
                ways[index] = ways[count];
                ways[index + 1] = ways[count + 1];
                for (int moved = index; moved < index + 2; moved++)
                    if (!ways[moved].first) ways[moved].last = &ways[moved].first;
            }
            index -= 2;
        }
        if (entries[0].revents && count + 2 <= 2 * most) {
            int client = accept(listener, NULL, NULL), server = socket(AF_INET, SOCK_STREAM, 0);
            if (client < 0 || server < 0) fail("accept");
            if (connect(server, (struct sockaddr *)&target, sizeof target)) {
                close(client);
                close(server);
                continue;
            }
            no_delay(client);
            no_delay(server);
            open_way(client, server, rate);
            open_way(server, client, 10 * rate);
        }
    }
}
