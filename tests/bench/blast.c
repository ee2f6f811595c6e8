/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Sends Ethernet frames as fast as it is told, with sendmmsg on a packet socket: the load that
 * live.sh measures captures with. Frames of an experimental EtherType (IEEE 802, 88B5), numbered, with the
 * sizes of simple IMIX (64, 594 and 1518 bytes as 7:4:1) or of one size.
 *
 *   blast INTERFACE SECONDS PACKETS-PER-SECOND|0 SIZE|0
 *
 * Prints packets and bytes sent and the seconds that took.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 64, MOST = 1514, TYPE = 0x88b5, QDISC_BYPASS = 20 };

static int64_t now_ns(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static unsigned size_of(uint64_t number, unsigned fixed)
{
    /* Without the checksum at the end, which a packet socket neither sends nor shows. */
    static const uint16_t imix[12] = {60, 590, 60, 60, 590, 60, 1514, 60, 590, 60, 60, 590};

    return fixed != 0 ? fixed : imix[number % 12];
}

static int opened(const char *interface)
{
    struct sockaddr_ll at = {
            .sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(interface)};
    int fd = socket(AF_PACKET, SOCK_RAW, 0), one = 1, room = 8 << 20;

    if (fd < 0 || at.sll_ifindex == 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0)
        return -1;
    (void)setsockopt(fd, SOL_PACKET, QDISC_BYPASS, &one, sizeof(one));
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
    return fd;
}

static uint8_t frames[BATCH][MOST];
static struct mmsghdr messages[BATCH];
static struct iovec parts[BATCH];

static void prepare(void)
{
    static const uint8_t head[14] = {
            2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, TYPE >> 8, TYPE & 0xff};

    for (size_t i = 0; i < BATCH; i++) {
        for (size_t k = 0; k < MOST; k++)
            frames[i][k] = (uint8_t)rand();
        memcpy(frames[i], head, sizeof(head));
        parts[i].iov_base = frames[i];
        messages[i].msg_hdr.msg_iov = &parts[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
}

int main(int argc, char **argv)
{
    uint64_t sent = 0, bytes = 0, rate;
    int64_t begin, end;
    unsigned fixed;
    int fd;

    if (argc != 5 || (fd = opened(argv[1])) < 0) {
        (void)fprintf(
                stderr, "usage: blast INTERFACE SECONDS PPS|0 SIZE|0 (%s)\n", strerror(errno));
        return 2;
    }
    rate = strtoull(argv[3], NULL, 10);
    fixed = (unsigned)strtoul(argv[4], NULL, 10);
    prepare();
    begin = now_ns();
    end = begin + (int64_t)(strtod(argv[2], NULL) * 1e9);
    for (;;) {
        int64_t now = now_ns();
        uint64_t due = rate == 0 ? sent + BATCH
                                 : (uint64_t)((double)(now - begin) * 1e-9 * (double)rate);
        unsigned n = 0;
        int done;

        if (now >= end)
            break;
        if (due <= sent) {
            (void)nanosleep(&(struct timespec){.tv_nsec = 50000}, NULL);
            continue;
        }
        for (; n < BATCH && sent + n < due; n++) {
            uint64_t number = sent + n;

            memcpy(frames[n] + 14, &number, sizeof(number));
            parts[n].iov_len = size_of(number, fixed);
        }
        done = sendmmsg(fd, messages, n, 0);
        for (int i = 0; i < done; i++)
            bytes += parts[i].iov_len;
        sent += done > 0 ? (uint64_t)done : 0;
        if (done < 0 && errno != ENOBUFS && errno != EAGAIN && errno != EINTR)
            return 1;
    }
    (void)printf("%llu %llu %.3f\n", (unsigned long long)sent, (unsigned long long)bytes,
            (double)(now_ns() - begin) * 1e-9);
    return 0;
}
