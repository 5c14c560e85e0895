// Holds thousands of event streams, or polls that wait, and notes when each got its last event. Loopback only.
//
// DESIGN
// What is timed is the server, so the reader has to be as cheap as one can be: one thread, one epoll, one buffer, rows
// of an array. It understands as little as it must: a text that ends a listener's wait, the status, `id:` and `retry:`.
// The notifications of the store are read by the same thread, so both ends of a delay are taken from one clock.
#define _GNU_SOURCE
#include "changes.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { TAIL = 31, BUFFER = 1 << 16, EVENTS = 256, SOURCES = 8, STATUSES = 600, SUBSCRIBED = -1, COMMANDS = -2 };

typedef struct {
    const char *path;
    int64_t begin, answered, told, cut, back;  // ns on the monotonic clock; 0: not yet
    int64_t due;                               // when it connects again; 0: it does not wait for that
    int fd;
    int retry;  // ms, as the server said last
    unsigned char tail_length;
    char expects_head;
    char tail[TAIL], id[24];
} row;

static struct {
    int port, polls, returns;
    double rate, cuts, seconds;
    const char *paths, *marker, *redis, *output;
} options = {.rate = 4000, .seconds = 60, .marker = "\"final\":true"};

static row *rows;
static int count, answered, told, waiting, epoll, redis = -1;
static long statuses[STATUSES], lost, refused, returned, polls;
static char buffer[TAIL + BUFFER + 1];
static FILE *output;

static int64_t now_ns(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static void fail(const char *what) {
    fprintf(stderr, "listen: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void watch(int operation, int fd, uint32_t events, int64_t data) {
    struct epoll_event event = {.events = events, .data.u64 = (uint64_t)data};
    epoll_ctl(epoll, operation, fd, &event);
}

static void begin(int index) {
    row *it = &rows[index];
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) fail("socket");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7F000002 + index % SOURCES)};
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(options.port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (bind(fd, (struct sockaddr *)&from, sizeof from) != 0) fail("bind");
    it->fd = fd;
    it->due = 0;
    it->begin = now_ns();
    it->tail_length = 0;
    if (connect(fd, (struct sockaddr *)&to, sizeof to) != 0 && errno != EINPROGRESS) fail("connect");
    watch(EPOLL_CTL_ADD, fd, EPOLLOUT, index);
}

static void ask(int index) {
    row *it = &rows[index];
    char request[1024], resumed[64] = "";
    if (it->id[0]) snprintf(resumed, sizeof resumed, "Last-Event-ID: %s\r\n", it->id);
    int length = snprintf(
        request, sizeof request, "GET %s%s HTTP/1.1\r\nHost: listen\r\n%s%s\r\n", it->path,
        options.polls ? "?wait=25&state=queued" : "", options.polls ? "" : "Accept: text/event-stream\r\n", resumed);
    it->expects_head = 1;
    polls += options.polls;
    if (send(it->fd, request, length, MSG_NOSIGNAL) != length) lost++;
}

// The connection is gone, by whomever, or its request was refused. Who returns comes back as the server asked.
static void end(int index, int64_t now) {
    row *it = &rows[index];
    if (it->fd >= 0) close(it->fd);
    it->fd = -1;
    if (it->told || !options.returns) return;
    if (!it->cut) it->cut = now;
    it->due = now + (int64_t)it->retry * 1000000;
    waiting++;
}

static void understand_head(row *it, const char *bytes, int64_t now) {
    it->expects_head = 0;
    int status = atoi(bytes + 9);
    statuses[status > 0 && status < STATUSES ? status : 0]++;
    const char *after = strstr(bytes, "Retry-After: ");
    if (status != 200 && after) it->retry = 1000 * atoi(after + 13);
    const char *finer = strstr(bytes, "\"retry_after_ms\":");
    if (status != 200 && finer) it->retry = atoi(finer + 17);
    if (status != 200 && status != 204) {
        it->tail_length = 0;
        return end(it - rows, now);
    }
    if (!it->answered) answered++;
    if (!it->answered) it->answered = now;
    if (!it->cut) return;
    returned++;
    it->back = now;
    if (output) fprintf(output, "r %d %lld %lld\n", (int)(it - rows), (long long)it->cut, (long long)it->back);
    it->cut = 0;
}

static void last(const char *bytes, const char *name, char *value, size_t size) {
    const char *found = NULL, *next = bytes;
    while ((next = strstr(next, name))) found = next += strlen(name);
    if (!found) return;
    size_t length = strcspn(found, "\r\n");
    if (length >= size || !found[length]) return;
    memcpy(value, found, length);
    value[length] = 0;
}

static void receive(int index) {
    row *it = &rows[index];
    memcpy(buffer, it->tail, it->tail_length);
    ssize_t length = recv(it->fd, buffer + it->tail_length, BUFFER, 0);
    int64_t now = now_ns();
    if (length < 0 && errno == EAGAIN) return;
    if (length <= 0) {
        if (!it->told) lost++;
        return end(index, now);
    }
    length += it->tail_length;
    buffer[length] = 0;
    if (it->expects_head) understand_head(it, buffer, now);
    if (it->fd < 0) return;
    if (!it->told && strstr(buffer, options.marker)) {
        it->told = now;
        told++;
    }
    if (options.returns) {
        char retry[16] = "";
        last(buffer, "\nid: ", it->id, sizeof it->id);
        last(buffer, "\nretry: ", retry, sizeof retry);
        if (retry[0]) it->retry = atoi(retry);
    }
    int isAgain = options.polls && !it->told && strstr(buffer, "\"final\":false");
    it->tail_length = isAgain || it->told ? 0 : length < TAIL ? length : TAIL;
    memcpy(it->tail, buffer + length - it->tail_length, it->tail_length);
    if (isAgain) ask(index);
}

static void ready(int index, uint32_t events) {
    row *it = &rows[index];
    if (it->fd < 0) return;
    if (!(events & EPOLLOUT)) return receive(index);
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(it->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error) {
        refused++;
        return end(index, now_ns());
    }
    watch(EPOLL_CTL_MOD, it->fd, EPOLLIN, index);
    ask(index);
}

static void read_paths(void) {
    FILE *file = fopen(options.paths, "r");
    if (!file) fail(options.paths);
    char *line = NULL;
    size_t size = 0;
    while (getline(&line, &size, file) > 0) {
        line[strcspn(line, "\n")] = 0;
        if (!(count & (count - 1))) rows = realloc(rows, sizeof *rows * (count ? 2 * count : 1));
        rows[count++] = (row){.path = strdup(line), .fd = -1, .retry = 3000};
    }
    fclose(file);
}

static void read_options(int argc, char **argv) {
    struct { const char *name, **text; int *number; double *measure; } flags[] = {
        {"--paths", &options.paths, 0, 0}, {"--marker", &options.marker, 0, 0}, {"--redis", &options.redis, 0, 0},
        {"--output", &options.output, 0, 0}, {"--port", 0, &options.port, 0}, {"--polls", 0, &options.polls, 0},
        {"--returns", 0, &options.returns, 0}, {"--rate", 0, 0, &options.rate}, {"--cuts", 0, 0, &options.cuts},
        {"--seconds", 0, 0, &options.seconds}};
    size_t known = sizeof flags / sizeof *flags;
    for (int i = 1; i + 1 < argc; i += 2) {
        size_t at = 0;
        while (at < known && strcmp(flags[at].name, argv[i])) at++;
        if (at == known) options.port = 0;
        else if (flags[at].text) *flags[at].text = argv[i + 1];
        else if (flags[at].number) *flags[at].number = atoi(argv[i + 1]);
        else *flags[at].measure = atof(argv[i + 1]);
    }
    if (options.port && options.paths) return;
    fputs("usage: listen --port N --paths FILE [--marker TEXT] [--polls 1] [--returns 1] [--cuts PER_SECOND]\n"
          "              [--rate PER_SECOND] [--seconds N] [--redis SOCKET] [--output FILE]\n", stderr);
    exit(2);
}

// Opens what is due, brings back who has waited, and cuts whom the dice name.
static void work(int64_t now, int64_t start, int *opened, double *cut) {
    while (*opened < count && *opened < (now - start) * options.rate / 1e9) begin((*opened)++);
    for (int i = 0; waiting && i < count; i++) {
        if (!rows[i].due || rows[i].due > now) continue;
        waiting--;
        begin(i);
    }
    for (; options.cuts && answered == count && *cut < (now - start) * options.cuts / 1e9; (*cut)++) {
        int index = random() % count;
        if (rows[index].fd >= 0 && rows[index].answered && !rows[index].told) end(index, now);
    }
}

static void report(void) {
    for (int i = 0; output && i < count; i++) {
        long long begin = rows[i].begin, first = rows[i].answered, last = rows[i].told;
        fprintf(output, "c %d %lld %lld %lld\n", i, begin, first, last);
    }
    if (output) fclose(output);
    printf("{\"listeners\":%d,\"answered\":%d,\"told\":%d,\"lost\":%ld", count, answered, told, lost);
    printf(",\"refused\":%ld,\"returned\":%ld,\"polls\":%ld", refused, returned, polls);
    for (int i = 0; i < STATUSES; i++)
        if (statuses[i]) printf(",\"%d\":%ld", i, statuses[i]);
    puts("}");
}

int main(int argc, char **argv) {
    struct rlimit limit;
    read_options(argc, argv);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    read_paths();
    epoll = epoll_create1(EPOLL_CLOEXEC);
    if (options.output && !(output = fopen(options.output, "w"))) fail(options.output);
    if (options.redis) {
        if ((redis = changes_subscribe(options.redis)) < 0) fail(options.redis);
        watch(EPOLL_CTL_ADD, redis, EPOLLIN, SUBSCRIBED);
    }
    watch(EPOLL_CTL_ADD, 0, EPOLLIN, COMMANDS);
    struct epoll_event events[EVENTS];
    int64_t start = now_ns(), stop = start + (int64_t)(options.seconds * 1e9), worked = 0;
    int opened = 0, isReady = 0, isTold = 0, isEnded = 0;
    double cut = 0;
    for (int64_t now = start; !isEnded && now < stop; now = now_ns()) {
        if (now - worked > 1000000) {
            if (isReady == 0) cut = (now - start) * options.cuts / 1e9;
            work(worked = now, start, &opened, &cut);
        }
        if (!isReady && (options.polls ? opened : answered) == count && opened == count) {
            printf("ready %.0f ms\n", (now - start) / 1e6);
            fflush(stdout);
            isReady = 1;
        }
        if (!isTold && told == count) {
            puts("told");
            fflush(stdout);
            isTold = 1;
        }
        int found = epoll_wait(epoll, events, EVENTS, opened < count || waiting || options.cuts ? 1 : 50);
        for (int i = 0; i < found; i++) {
            int64_t index = (int64_t)events[i].data.u64;
            if (index == SUBSCRIBED) changes_note(redis, now_ns(), output);
            else if (index == COMMANDS) isEnded = 1;
            else ready(index, events[i].events);
        }
    }
    report();
    return 0;
}
