// tcp_load HOST PORT CONNECTIONS BYTES SECONDS [PIPELINE]: keeps PIPELINE messages in flight on every
// connection, checks every byte that comes back, and prints one line of JSON.
#include "peer.h"

enum { EVENTS = 256, GRACE = 5 };

struct connection {
    int fd;
    uint32_t events;
    uint64_t asked, sent, received; // bytes; asked runs ahead of sent when the socket is full
    uint64_t *started;              // one time for each message in flight
};

static int epoll;
static size_t bytes, pipeline;
static char *pattern, *buffer;
static uint64_t messages, errors, in_flight;

static void fail(struct connection *c, const char *why) {
    if (errors++ < 10) fprintf(stderr, "connection %d: %s\n", c->fd, why);
    in_flight -= c->asked / bytes - c->received / bytes;
    close(c->fd);
    c->fd = -1;
}

static void send_more(struct connection *c) {
    while (c->sent < c->asked) {
        ssize_t n = send(c->fd, pattern + c->sent % bytes, c->asked - c->sent, 0);
        if (n < 0 && errno == EAGAIN) break;
        if (n < 0) {
            fail(c, strerror(errno));
            return;
        }
        c->sent += n;
    }
    uint32_t events = EPOLLIN | (c->sent < c->asked ? EPOLLOUT : 0);
    if (events != c->events) watch(epoll, EPOLL_CTL_MOD, c->fd, c->events = events, c);
}

static void ask(struct connection *c, uint64_t count, uint64_t now) {
    for (uint64_t i = 0; i < count; i++) {
        c->started[c->asked / bytes % pipeline] = now;
        c->asked += bytes;
    }
    in_flight += count;
    send_more(c);
}

static void receive(struct connection *c, int stopping) {
    ssize_t n = recv(c->fd, buffer, bytes * pipeline, 0);
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) {
        fail(c, n ? strerror(errno) : "closed by the server");
        return;
    }
    if (c->received + n > c->sent) {
        fail(c, "more came back than was sent");
        return;
    }
    if (memcmp(buffer, pattern + c->received % bytes, n)) {
        fail(c, "what came back is not what was sent");
        return;
    }
    uint64_t now = now_ns(), first = c->received / bytes;
    c->received += n;
    uint64_t last = c->received / bytes;
    for (uint64_t i = first; i < last; i++) histogram_add(now - c->started[i % pipeline]);
    messages += last - first;
    in_flight -= last - first;
    if (!stopping && last > first) ask(c, last - first, now);
}

int main(int argc, char **argv) {
    if (argc < 6 || argc > 7) usage("tcp_load HOST PORT CONNECTIONS BYTES SECONDS [PIPELINE]");
    struct sockaddr_in server = loopback(argv[1], argv[2]);
    long count = number(argv[3], 1, 100000);
    bytes = number(argv[4], 1, 1 << 24);
    uint64_t length = number(argv[5], 1, 600) * SECOND;
    pipeline = argc > 6 ? number(argv[6], 1, 4096) : 1;
    start_peer();

    // One message longer than can be in flight, so that sending and checking may start inside a message.
    pattern = malloc(bytes * (pipeline + 1));
    buffer = malloc(bytes * pipeline);
    struct connection *connections = calloc(count, sizeof *connections);
    if (!pattern || !buffer || !connections) die("malloc");
    memset(pattern, 'x', bytes * (pipeline + 1));
    for (size_t i = 1; i <= pipeline + 1; i++) pattern[i * bytes - 1] = '\n';

    if ((epoll = epoll_create1(EPOLL_CLOEXEC)) < 0) die("epoll_create1");
    for (long i = 0; i < count; i++) {
        struct connection *c = &connections[i];
        c->fd = connected_socket(SOCK_STREAM, &server);
        c->started = calloc(pipeline, sizeof *c->started);
        if (!c->started) die("calloc");
        watch(epoll, EPOLL_CTL_ADD, c->fd, c->events = EPOLLIN, c);
    }
    // Connecting wants a blocking socket, everything after it must not block.
    for (long i = 0; i < count; i++) {
        int on = 1;
        if (ioctl(connections[i].fd, FIONBIO, &on) < 0) die("ioctl");
    }

    uint64_t begin = now_ns(), now = begin;
    for (long i = 0; i < count; i++) ask(&connections[i], pipeline, now_ns());
    // Messages in flight at the end are waited for: a server that loses them must not look fast.
    while (in_flight && now < begin + length + GRACE * SECOND) {
        struct epoll_event events[EVENTS];
        int ready = epoll_wait(epoll, events, EVENTS, 100);
        if (ready < 0 && errno != EINTR) die("epoll_wait");
        now = now_ns();
        for (int i = 0; i < ready; i++) {
            struct connection *c = events[i].data.ptr;
            if (events[i].events & EPOLLOUT) send_more(c);
            if (c->fd >= 0 && events[i].events & ~EPOLLOUT) receive(c, now >= begin + length);
        }
    }
    double seconds = (now_ns() - begin) / 1e9;
    errors += in_flight;
    // A byte too many counts as the answer to the next message, so it only shows after the last.
    usleep(100000);
    for (long i = 0; i < count; i++) {
        struct connection *c = &connections[i];
        if (c->fd < 0 || c->received < c->sent) continue;
        if (recv(c->fd, buffer, 1, 0) > 0) fail(c, "more came back than was sent");
    }
    printf("{\"messages\":%lu,\"seconds\":%.3f,\"per_second\":%.0f,\"errors\":%lu,\"p50_us\":%.1f,\"p99_us\":%.1f}\n",
           messages, seconds, messages / seconds, errors, percentile_us(0.50), percentile_us(0.99));
    return errors || !messages;
}
