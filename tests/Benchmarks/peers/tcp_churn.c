// tcp_churn HOST PORT COUNT CONCURRENCY [--echo] [--reset]: connects, sends a line and closes, COUNT times.
// --echo waits for the line to come back first. --reset closes without TIME_WAIT, so that ports do not run out.
#include "peer.h"

enum { EVENTS = 256, PATIENCE = 10000 };

static const char line[] = "hello\n";
enum { LINE = sizeof line - 1 };

struct slot {
    int fd;
    size_t got;
};

static int epoll, echo, reset;
static struct sockaddr_in server;
static long begun, done, errors, count;

static void begin(struct slot *s) {
    while (begun < count) {
        begun++;
        s->got = 0;
        s->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (s->fd < 0) die("socket");
        if (connect(s->fd, (struct sockaddr *)&server, sizeof server) == 0 || errno == EINPROGRESS) {
            watch(epoll, EPOLL_CTL_ADD, s->fd, EPOLLOUT, s);
            return;
        }
        if (errors++ < 10) perror("connect");
        close(s->fd);
    }
}

static void finish(struct slot *s, const char *problem) {
    struct linger now = {.l_onoff = 1};
    if (problem && errors++ < 10) fprintf(stderr, "connection %ld: %s\n", done, problem);
    if (!problem) done++;
    if (reset) setsockopt(s->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close(s->fd);
    begin(s);
}

static void connected(struct slot *s) {
    int error = 0;
    socklen_t length = sizeof error;
    getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &length);
    if (error) finish(s, strerror(error));
    else if (send(s->fd, line, LINE, 0) != LINE) finish(s, "the line was not sent");
    else if (echo) watch(epoll, EPOLL_CTL_MOD, s->fd, EPOLLIN, s);
    else finish(s, NULL);
}

static void readable(struct slot *s) {
    char buffer[LINE];
    ssize_t n = recv(s->fd, buffer, LINE - s->got, 0);
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) finish(s, n ? strerror(errno) : "closed before the echo");
    else if (memcmp(buffer, line + s->got, n)) finish(s, "what came back is not what was sent");
    else if ((s->got += n) == LINE) finish(s, NULL);
}

int main(int argc, char **argv) {
    const char *help = "tcp_churn HOST PORT COUNT CONCURRENCY [--echo] [--reset]";
    if (argc < 5) usage(help);
    server = loopback(argv[1], argv[2]);
    count = number(argv[3], 1, 100000000);
    long slots = number(argv[4], 1, 10000);
    for (int i = 5; i < argc; i++) {
        if (!strcmp(argv[i], "--echo")) echo = 1;
        else if (!strcmp(argv[i], "--reset")) reset = 1;
        else usage(help);
    }
    start_peer();
    struct slot *all = calloc(slots, sizeof *all);
    if (!all) die("calloc");
    if ((epoll = epoll_create1(EPOLL_CLOEXEC)) < 0) die("epoll_create1");

    uint64_t start = now_ns();
    for (long i = 0; i < slots; i++) begin(&all[i]);
    while (done + errors < count) {
        struct epoll_event events[EVENTS];
        int ready = epoll_wait(epoll, events, EVENTS, PATIENCE);
        if (ready < 0 && errno != EINTR) die("epoll_wait");
        if (ready == 0) break; // a server that stopped answering: what is left counts as lost
        for (int i = 0; i < ready; i++) {
            struct slot *s = events[i].data.ptr;
            if (events[i].events & EPOLLOUT) connected(s);
            else if (events[i].events & EPOLLIN) readable(s);
            else finish(s, "refused or reset");
        }
    }
    double seconds = (now_ns() - start) / 1e9;
    errors = count - done;
    printf("{\"connections\":%ld,\"seconds\":%.3f,\"per_second\":%.0f,\"errors\":%ld}\n",
           done, seconds, done / seconds, errors);
    return errors != 0;
}
