// tcp_idle HOST PORT COUNT: holds COUNT silent connections until its standard input closes, then resets them.
#include "peer.h"

enum { PER_ADDRESS = 20000 }; // below the 28,000 ports one address has by default

int main(int argc, char **argv) {
    if (argc != 4) usage("tcp_idle HOST PORT COUNT");
    struct sockaddr_in server = loopback(argv[1], argv[2]);
    struct linger reset = {.l_onoff = 1}; // without TIME_WAIT, which would be in the next listing of sockets
    long opened = 0, count = number(argv[3], 1, 1000000);
    start_peer();
    for (; opened < count; opened++) {
        struct sockaddr_in source = {.sin_family = AF_INET};
        source.sin_addr.s_addr = htonl(INADDR_LOOPBACK + opened / PER_ADDRESS);
        int late = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0) break;
        // The port is chosen at connect, where it need only differ for this one destination.
        setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &late, sizeof late);
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        if (bind(fd, (struct sockaddr *)&source, sizeof source) < 0) break;
        if (connect(fd, (struct sockaddr *)&server, sizeof server) < 0) break;
    }
    if (opened < count) perror("tcp_idle");
    printf("READY %ld\n", opened);
    fflush(stdout);
    char ignored[256];
    while (read(0, ignored, sizeof ignored) > 0) continue;
    return opened < count;
}
