/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/live/descriptors.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

union room {
    char bytes[CMSG_SPACE(DESCRIPTORS_MOST * sizeof(int))];
    struct cmsghdr align;
};

bool descriptors_send(int socket, const void *word, size_t size, const int *fds, size_t count)
{
    union room room;
    struct iovec part = {(void *)(uintptr_t)word, size};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    struct cmsghdr *rights;

    if (count > DESCRIPTORS_MOST) {
        errno = EINVAL;
        return false;
    }
    if (count != 0) {
        memset(&room, 0, sizeof(room));
        message.msg_control = &room;
        message.msg_controllen = CMSG_SPACE(count * sizeof(int));
        rights = CMSG_FIRSTHDR(&message);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(count * sizeof(int));
        memcpy(CMSG_DATA(rights), fds, count * sizeof(int));
    }
    return sendmsg(socket, &message, MSG_NOSIGNAL) == (ssize_t)size;
}

ssize_t descriptors_take(
        int socket, void *word, size_t size, int fds[DESCRIPTORS_MOST], size_t *count)
{
    union room room;
    struct iovec part = {word, size};
    struct msghdr message = {.msg_iov = &part,
            .msg_iovlen = 1,
            .msg_control = &room,
            .msg_controllen = sizeof(room)};
    ssize_t n = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    const struct cmsghdr *rights = n > 0 ? CMSG_FIRSTHDR(&message) : NULL;

    *count = 0;
    if (rights != NULL && rights->cmsg_level == SOL_SOCKET && rights->cmsg_type == SCM_RIGHTS) {
        *count = (rights->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        memcpy(fds, CMSG_DATA(rights), *count * sizeof(int));
    }
    return n;
}
