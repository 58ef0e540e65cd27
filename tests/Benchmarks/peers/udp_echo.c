// udp_echo [--sink] [PORT]: sends every datagram back to where it came from.
// With --sink it only counts them, and prints `COUNT n` when it is told to stop.
#include "peer.h"

static volatile sig_atomic_t stopped;

static void stop(int signal) {
    (void)signal;
    stopped = 1;
}

int main(int argc, char **argv) {
    static char buffer[65536];
    int next = 1, sink = 0;
    if (next < argc && !strcmp(argv[next], "--sink")) sink = next++;
    if (argc - next > 1) usage("udp_echo [--sink] [PORT]");
    start_peer();
    // Without SA_RESTART, so that the signal ends a recvfrom that waits.
    struct sigaction action = {.sa_handler = stop};
    sigaction(SIGTERM, &action, NULL);
    int fd = bound_socket(SOCK_DGRAM, next < argc ? argv[next] : "0");
    // The buffer that ours has: the default of Linux holds fewer datagrams than the load has under way.
    int room = 4 << 20;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room) < 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    // Between the test of `stopped` and the wait there is room for the signal.
    struct timeval patience = {.tv_sec = 1};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);

    uint64_t count = 0;
    while (!stopped) {
        struct sockaddr_in from;
        socklen_t length = sizeof from;
        ssize_t n = recvfrom(fd, buffer, sizeof buffer, 0, (struct sockaddr *)&from, &length);
        if (n < 0) continue;
        count++;
        if (!sink) sendto(fd, buffer, n, 0, (struct sockaddr *)&from, length);
    }
    printf("COUNT %lu\n", count);
    return 0;
}
