// The changes that the store announces on `sluice:changed`.
#ifndef SLUICE_CHANGES_H
#define SLUICE_CHANGES_H

#include <stdint.h>
#include <stdio.h>

// Subscribes through a unix socket; its descriptor, or -1 with errno set.
int changes_subscribe(const char *path);
// Reads what came, and writes a line `n TIME HEX` for each message.
void changes_note(int fd, int64_t now, FILE *output);

#endif
