#define _GNU_SOURCE
#include "changes.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

enum { MOST = 1 << 24 };  // bytes of messages that were not read whole

static struct { char *bytes; size_t length; } kept;

int changes_subscribe(const char *path) {
    static const char words[] = "*2\r\n$9\r\nSUBSCRIBE\r\n$14\r\nsluice:changed\r\n";
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    strncpy(to.sun_path, path, sizeof to.sun_path - 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0) return -1;
    if (send(fd, words, sizeof words - 1, MSG_NOSIGNAL) < 0) return -1;
    kept.bytes = malloc(MOST);
    return fd;
}

// A message is `*3 $7 message $14 sluice:changed $LENGTH payload`.
void changes_note(int fd, int64_t now, FILE *output) {
    static const char prefix[] = "*3\r\n$7\r\nmessage\r\n$14\r\nsluice:changed\r\n$";
    ssize_t length = recv(fd, kept.bytes + kept.length, MOST - kept.length, MSG_DONTWAIT);
    if (length <= 0) return;
    kept.length += length;
    char *at, *from = kept.bytes, *stop = kept.bytes + kept.length;
    while ((at = memmem(from, stop - from, prefix, sizeof prefix - 1))) {
        char *digits = at + sizeof prefix - 1, *line = memchr(digits, '\n', stop - digits);
        if (!line) break;
        long size = strtol(digits, NULL, 10);
        if (line + 1 + size > stop) break;
        if (output) {
            fprintf(output, "n %lld ", (long long)now);
            for (long i = 0; i < size; i++) fprintf(output, "%02x", (unsigned char)line[1 + i]);
            fputc('\n', output);
        }
        from = line + 1 + size;
    }
    if (!at) at = from;
    kept.length = stop - at;
    memmove(kept.bytes, at, kept.length);
}
