// udp_load HOST PORT SOCKETS BYTES SECONDS [WINDOW]: keeps WINDOW datagrams in flight on every socket and
// takes one for lost when its echo has not come after a while. Prints one line of JSON.
#include "peer.h"

enum { EVENTS = 256, LOST_AFTER_MS = 250 };

struct header {
    uint32_t place, turn; // a late echo has the turn of a datagram already given up
};

struct place {
    uint32_t turn;
    uint64_t started; // 0: nothing in flight
};

struct peer {
    int fd;
    struct place *places;
};

static size_t bytes, window;
static char *pattern, *buffer;
static uint64_t messages, lost, late, errors, in_flight;

static void ask(struct peer *p, uint32_t place, uint64_t now) {
    struct header header = {place, ++p->places[place].turn};
    memcpy(pattern, &header, sizeof header);
    p->places[place].started = now;
    in_flight++;
    // A datagram that does not leave is a lost one, found by the same timeout.
    if (send(p->fd, pattern, bytes, 0) < 0 && errno != EAGAIN && errors++ < 10) perror("send");
}

static void receive(struct peer *p, int stopping) {
    // A window may be waiting, and one look each turn would make epoll the thing measured.
    for (size_t i = 0; i < window; i++) {
        struct header header;
        ssize_t n = recv(p->fd, buffer, bytes + 1, 0);
        if (n < 0 && errno == EAGAIN) return;
        if (n < 0) {
            if (errors++ < 10) perror("recv");
            return;
        }
        memcpy(&header, buffer, sizeof header);
        if ((size_t)n != bytes || header.place >= window ||
            memcmp(buffer + sizeof header, pattern + sizeof header, bytes - sizeof header)) {
            if (errors++ < 10) fprintf(stderr, "what came back is not what was sent\n");
            continue;
        }
        struct place *place = &p->places[header.place];
        if (!place->started || header.turn != place->turn) {
            late++;
            continue;
        }
        uint64_t now = now_ns();
        histogram_add(now - place->started);
        place->started = 0;
        messages++;
        in_flight--;
        if (!stopping) ask(p, header.place, now);
    }
}

static void give_up_old(struct peer *p, uint64_t now, int stopping) {
    for (size_t i = 0; i < window; i++) {
        struct place *place = &p->places[i];
        if (!place->started || now < place->started + LOST_AFTER_MS * 1000000ull) continue;
        place->started = 0;
        lost++;
        in_flight--;
        if (!stopping) ask(p, i, now);
    }
}

int main(int argc, char **argv) {
    if (argc < 6 || argc > 7) usage("udp_load HOST PORT SOCKETS BYTES SECONDS [WINDOW]");
    struct sockaddr_in server = loopback(argv[1], argv[2]);
    long count = number(argv[3], 1, 10000);
    bytes = number(argv[4], sizeof(struct header), 65507);
    uint64_t length = number(argv[5], 1, 600) * SECOND;
    window = argc > 6 ? number(argv[6], 1, 4096) : 1;
    start_peer();
    pattern = malloc(bytes);
    buffer = malloc(bytes + 1);
    struct peer *peers = calloc(count, sizeof *peers);
    if (!pattern || !buffer || !peers) die("malloc");
    memset(pattern, 'x', bytes);

    int epoll = epoll_create1(EPOLL_CLOEXEC), on = 1;
    if (epoll < 0) die("epoll_create1");
    for (long i = 0; i < count; i++) {
        peers[i].fd = connected_socket(SOCK_DGRAM, &server);
        peers[i].places = calloc(window, sizeof *peers[i].places);
        if (!peers[i].places || ioctl(peers[i].fd, FIONBIO, &on) < 0) die("udp_load");
        watch(epoll, EPOLL_CTL_ADD, peers[i].fd, EPOLLIN, &peers[i]);
    }

    uint64_t begin = now_ns(), now = begin, looked = begin;
    for (long i = 0; i < count; i++)
        for (size_t j = 0; j < window; j++) ask(&peers[i], j, now_ns());
    // Ends by itself: after the time is up everything in flight comes back or is given up.
    while (in_flight) {
        struct epoll_event events[EVENTS];
        int ready = epoll_wait(epoll, events, EVENTS, 50);
        if (ready < 0 && errno != EINTR) die("epoll_wait");
        now = now_ns();
        int stopping = now >= begin + length;
        for (int i = 0; i < ready; i++) receive(events[i].data.ptr, stopping);
        if (now < looked + SECOND / 20) continue;
        looked = now;
        for (long i = 0; i < count; i++) give_up_old(&peers[i], now, stopping);
    }
    // The wait for the last lost ones is not time in which the server could have answered.
    double seconds = (now_ns() - begin) / 1e9;
    if (seconds > length / 1e9) seconds = length / 1e9;
    printf("{\"messages\":%lu,\"seconds\":%.3f,\"per_second\":%.0f,\"lost\":%lu,\"late\":%lu,\"errors\":%lu,"
           "\"p50_us\":%.1f,\"p99_us\":%.1f}\n",
           messages, seconds, messages / seconds, lost, late, errors, percentile_us(0.50), percentile_us(0.99));
    return errors || !messages;
}
