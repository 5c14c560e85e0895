#define _GNU_SOURCE
#include "clinux.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

int clinux_terminal_size(int fd, int *columns, int *rows) {
    struct winsize size;
    if (ioctl(fd, TIOCGWINSZ, &size) != 0) return -1;
    *columns = size.ws_col;
    *rows = size.ws_row;
    return 0;
}

int clinux_terminal_pair(int *person, int *program) {
    char name[64];
    *person = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (*person < 0) return -1;
    if (grantpt(*person) == 0 && unlockpt(*person) == 0 && ptsname_r(*person, name, sizeof name) == 0) {
        *program = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
        if (*program >= 0) return 0;
    }
    close(*person);
    return -1;
}
