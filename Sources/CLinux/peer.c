#include "clinux.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

int clinux_peer(int fd, char *address, char *network, int capacity) {
    struct sockaddr_storage storage;
    socklen_t length = sizeof storage;
    if (getpeername(fd, (struct sockaddr *)&storage, &length) != 0) return -1;
    if (storage.ss_family == AF_INET) {
        struct sockaddr_in *four = (struct sockaddr_in *)&storage;
        if (!inet_ntop(AF_INET, &four->sin_addr, address, (socklen_t)capacity)) return -1;
        if (!inet_ntop(AF_INET, &four->sin_addr, network, (socklen_t)capacity)) return -1;
        return ntohs(four->sin_port);
    }
    if (storage.ss_family != AF_INET6) return -1;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)&storage;
    if (!inet_ntop(AF_INET6, &six->sin6_addr, address, (socklen_t)capacity)) return -1;
    // An IPv4 address in IPv6's clothes is a visitor of its own.
    if (!IN6_IS_ADDR_V4MAPPED(&six->sin6_addr)) memset(six->sin6_addr.s6_addr + 8, 0, 8);
    if (!inet_ntop(AF_INET6, &six->sin6_addr, network, (socklen_t)capacity)) return -1;
    return ntohs(six->sin6_port);
}
