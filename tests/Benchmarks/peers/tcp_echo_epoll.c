// tcp_echo_epoll [--sink] [PORT]: the least a TCP echo server can do, to have a limit to compare with.
// With --sink it reads and throws away.
#include "peer.h"

enum { EVENTS = 256, BUFFER = 65536 };

struct connection {
    int fd;
    size_t sent, held;
    char *rest; // only while the other side does not read: idle connections cost no buffer
};

static int epoll, sink;
static char buffer[BUFFER];

static void drop(struct connection *c) {
    close(c->fd);
    free(c->rest);
    free(c);
}

static void accept_all(int listener) {
    int fd, on = 1;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct connection *c = calloc(1, sizeof *c);
        if (!c) die("calloc");
        c->fd = fd;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        watch(epoll, EPOLL_CTL_ADD, fd, EPOLLIN, c);
    }
    // Out of descriptors the listener would stay ready and the loop would spin.
    if (errno == EMFILE || errno == ENFILE) die("accept");
}

static void read_some(struct connection *c) {
    ssize_t got = recv(c->fd, buffer, BUFFER, 0);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) {
        drop(c);
        return;
    }
    if (sink) return;
    ssize_t sent = send(c->fd, buffer, got, 0);
    if (sent < 0 && errno != EAGAIN) {
        drop(c);
        return;
    }
    if (sent < 0) sent = 0;
    if (sent == got) return;
    c->sent = 0;
    c->held = got - sent;
    c->rest = malloc(c->held);
    if (!c->rest) die("malloc");
    memcpy(c->rest, buffer + sent, c->held);
    // Not reading until the rest is gone is what pushes back on the sender.
    watch(epoll, EPOLL_CTL_MOD, c->fd, EPOLLOUT, c);
}

static void write_rest(struct connection *c) {
    ssize_t sent = send(c->fd, c->rest + c->sent, c->held - c->sent, 0);
    if (sent < 0 && errno == EAGAIN) return;
    if (sent < 0) {
        drop(c);
        return;
    }
    c->sent += sent;
    if (c->sent < c->held) return;
    free(c->rest);
    c->rest = NULL;
    watch(epoll, EPOLL_CTL_MOD, c->fd, EPOLLIN, c);
}

int main(int argc, char **argv) {
    struct epoll_event events[EVENTS];
    int next = 1;
    if (next < argc && !strcmp(argv[next], "--sink")) sink = next++;
    if (argc - next > 1) usage("tcp_echo_epoll [--sink] [PORT]");
    start_peer();
    int listener = bound_socket(SOCK_STREAM | SOCK_NONBLOCK, next < argc ? argv[next] : "0");
    if ((epoll = epoll_create1(EPOLL_CLOEXEC)) < 0) die("epoll_create1");
    watch(epoll, EPOLL_CTL_ADD, listener, EPOLLIN, NULL);
    for (;;) {
        int ready = epoll_wait(epoll, events, EVENTS, -1);
        if (ready < 0 && errno != EINTR) die("epoll_wait");
        for (int i = 0; i < ready; i++) {
            struct connection *c = events[i].data.ptr;
            if (!c) accept_all(listener);
            else if (c->rest) write_rest(c);
            else read_some(c);
        }
    }
}
