// What the peers share: arguments, sockets, a clock and a latency histogram.
#ifndef PEER_H
#define PEER_H
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define LIFETIME 900 // seconds: a peer nobody stops must not stay behind
#define SECOND 1000000000ull

static inline void die(const char *what) {
    perror(what);
    exit(1);
}

static inline void usage(const char *text) {
    fprintf(stderr, "usage: %s\n", text);
    exit(2);
}

static inline uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * SECOND + t.tv_nsec;
}

static inline long number(const char *text, long least, long most) {
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (errno || end == text || *end || value < least || value > most) {
        fprintf(stderr, "%s: not a number from %ld to %ld\n", text, least, most);
        exit(2);
    }
    return value;
}

// A load generator pointed at somebody else's machine is an attack, so only 127.0.0.0/8 will do.
static inline struct sockaddr_in loopback(const char *host, const char *port) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_port = htons(number(port, 0, 65535));
    if (inet_pton(AF_INET, host, &address.sin_addr) != 1 || ntohl(address.sin_addr.s_addr) >> 24 != 127) {
        fprintf(stderr, "%s: not a loopback IPv4 address\n", host);
        exit(2);
    }
    return address;
}

static inline void start_peer(void) {
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    signal(SIGPIPE, SIG_IGN);
    alarm(LIFETIME);
}

static inline int bound_socket(int type, const char *port) {
    struct sockaddr_in address = loopback("127.0.0.1", port);
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, length) < 0) die("bind");
    if (type & SOCK_STREAM && listen(fd, 4096) < 0) die("listen");
    if (getsockname(fd, (struct sockaddr *)&address, &length) < 0) die("getsockname");
    printf("PORT %d\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

static inline int connected_socket(int type, const struct sockaddr_in *address) {
    int on = 1, fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    if (fd < 0) die("socket");
    if (connect(fd, (const struct sockaddr *)address, sizeof *address) < 0) die("connect");
    if (type & SOCK_STREAM) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

static inline void watch(int epoll, int operation, int fd, uint32_t events, void *owner) {
    struct epoll_event event = {.events = events, .data.ptr = owner};
    if (epoll_ctl(epoll, operation, fd, &event) < 0) die("epoll_ctl");
}

// 64 buckets for each power of two: within 2 % from nanoseconds to hours, and small enough to stay in cache.
static uint64_t histogram[60 * 64];

static inline void histogram_add(uint64_t ns) {
    if (ns < 64) {
        histogram[ns]++;
        return;
    }
    int power = 63 - __builtin_clzll(ns);
    histogram[(power - 5) * 64 + (ns >> (power - 6) & 63)]++;
}

static inline double percentile_us(double part) {
    uint64_t total = 0, seen = 0;
    for (int i = 0; i < 60 * 64; i++) total += histogram[i];
    for (int i = 0; i < 60 * 64; i++) {
        seen += histogram[i];
        if (!total || seen < part * total) continue;
        return (i < 64 ? (double)i : (double)((64ull + i % 64) << (i / 64 - 1))) / 1e3;
    }
    return 0;
}
#endif
