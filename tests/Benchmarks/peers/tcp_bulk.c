// tcp_bulk HOST PORT SECONDS [CHUNK]: sends one way as fast as the receiver takes it.
#include "peer.h"
#include <linux/sockios.h>

enum { GRACE = 5 };

int main(int argc, char **argv) {
    if (argc < 4 || argc > 5) usage("tcp_bulk HOST PORT SECONDS [CHUNK]");
    struct sockaddr_in server = loopback(argv[1], argv[2]);
    uint64_t length = number(argv[3], 1, 600) * SECOND, bytes = 0;
    size_t chunk = argc > 4 ? number(argv[4], 1, 1 << 24) : 131072;
    start_peer();
    char *buffer = malloc(chunk);
    if (!buffer) die("malloc");
    memset(buffer, 'x', chunk);
    int fd = connected_socket(SOCK_STREAM, &server);
    // A receiver that stops reading must not hold the sender for ever.
    struct timeval patience = {.tv_sec = GRACE};
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);

    uint64_t start = now_ns();
    int errors = 0;
    while (now_ns() - start < length && !errors) {
        ssize_t n = send(fd, buffer, chunk, 0);
        if (n > 0) bytes += n;
        else {
            perror("send");
            errors = 1;
        }
    }
    // Bytes still queued here have not been received, so the clock runs until they have gone.
    int queued = 0;
    uint64_t give_up = now_ns() + GRACE * SECOND;
    while (!errors && ioctl(fd, SIOCOUTQ, &queued) == 0 && queued > 0 && now_ns() < give_up) usleep(200);
    double seconds = (now_ns() - start) / 1e9;
    bytes -= queued;
    errors += queued > 0;
    printf("{\"bytes\":%lu,\"seconds\":%.3f,\"per_second\":%.0f,\"errors\":%d}\n",
           bytes, seconds, bytes / seconds, errors);
    return errors;
}
