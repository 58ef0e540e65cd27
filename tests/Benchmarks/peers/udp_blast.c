// udp_blast HOST PORT COUNT BYTES [PER_SECOND]: numbered datagrams, as fast as it can or at a given rate.
// Each one starts with its number in ten digits, so that a receiver can tell loss from reordering.
#include "peer.h"

enum { BATCH = 64, DIGITS = 10 };

int main(int argc, char **argv) {
    if (argc < 5 || argc > 6) usage("udp_blast HOST PORT COUNT BYTES [PER_SECOND]");
    struct sockaddr_in server = loopback(argv[1], argv[2]);
    uint64_t count = number(argv[3], 1, 1000000000);
    size_t bytes = number(argv[4], DIGITS, 65507);
    uint64_t rate = argc > 5 ? number(argv[5], 1, 100000000) : 0;
    start_peer();
    char *data = malloc(BATCH * bytes);
    if (!data) die("malloc");
    memset(data, 'x', BATCH * bytes);
    struct iovec parts[BATCH];
    struct mmsghdr batch[BATCH] = {0};
    for (int i = 0; i < BATCH; i++) {
        parts[i] = (struct iovec){data + i * bytes, bytes};
        batch[i].msg_hdr.msg_iov = &parts[i];
        batch[i].msg_hdr.msg_iovlen = 1;
    }
    int fd = connected_socket(SOCK_DGRAM, &server);

    uint64_t sent = 0, errors = 0, start = now_ns();
    while (sent + errors < count) {
        uint64_t next = sent + errors, want = count - next;
        if (want > BATCH) want = BATCH;
        if (rate) {
            uint64_t due = (now_ns() - start) / 1e9 * rate + 1;
            if (due <= next) {
                // Waking for every single datagram would cost more than sending it.
                uint64_t wait = SECOND / rate > 100000 ? SECOND / rate : 100000;
                struct timespec pause = {wait / SECOND, wait % SECOND};
                nanosleep(&pause, NULL);
                continue;
            }
            if (due - next < want) want = due - next;
        }
        for (uint64_t i = 0; i < want; i++) {
            char digits[DIGITS + 1];
            snprintf(digits, sizeof digits, "%0*lu", DIGITS, next + i);
            memcpy(data + i * bytes, digits, DIGITS);
        }
        int n = sendmmsg(fd, batch, want, 0);
        if (n > 0) sent += n;
        else if (errors++ < 10) perror("sendmmsg");
    }
    double seconds = (now_ns() - start) / 1e9;
    printf("{\"sent\":%lu,\"seconds\":%.3f,\"per_second\":%.0f,\"errors\":%lu}\n",
           sent, seconds, sent / seconds, errors);
    return errors != 0;
}
