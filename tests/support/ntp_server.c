/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/ntp_server.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static void put64(uint8_t *p, uint64_t v)
{
    for (int i = 0; i < 8; i++)
        p[i] = (uint8_t)(v >> (56 - 8 * i));
}

void ntp_answer(uint8_t out[NTP_BYTES], uint64_t origin, uint64_t received, uint64_t sent)
{
    memset(out, 0, NTP_BYTES);
    out[0] = 4 << 3 | 4;
    out[1] = 2;
    out[7] = 0x80; /* root delay 128/65536 s */
    memcpy(out + 12, "\xc0\0\2\1", 4);
    put64(out + 24, origin);
    put64(out + 32, received);
    put64(out + 40, sent);
}

uint64_t ntp_server_now(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_REALTIME, &t);
    return ((uint64_t)t.tv_sec + UINT64_C(2208988800)) << 32 |
           ((uint64_t)t.tv_nsec << 32) / UINT64_C(1000000000);
}

static void answer_one(struct ntp_server *s)
{
    uint8_t request[128], out[NTP_BYTES];
    struct sockaddr_storage from;
    socklen_t length = sizeof(from);
    uint64_t now = ntp_server_now();

    if (recvfrom(s->fd, request, sizeof(request), 0, (struct sockaddr *)&from, &length) !=
            NTP_BYTES)
        return;
    memcpy(s->request, request, NTP_BYTES);
    s->asked++;
    if (s->manner == NTP_SILENT)
        return;
    if (s->manner == NTP_AHEAD)
        now += UINT64_C(3600) << 32;
    if (s->manner == NTP_LATE)
        (void)usleep(150000);
    ntp_answer(out, 0, now, s->manner == NTP_LATE ? ntp_server_now() : now);
    memcpy(out + 24, request + 40, 8);
    if (s->manner == NTP_SPOOFED) {
        out[24] ^= 1;
        put64(out + 32, now + (UINT64_C(86400) << 32));
    }
    if (s->manner == NTP_KISS) {
        out[1] = 0;
        memcpy(out + 12, "RATE", 4);
    }
    (void)sendto(s->fd, out, sizeof(out), 0, (struct sockaddr *)&from, length);
    if (s->manner != NTP_SPOOFED)
        return;
    ntp_answer(out, 0, now, now); /* the true one follows the forged one */
    memcpy(out + 24, request + 40, 8);
    (void)sendto(s->fd, out, sizeof(out), 0, (struct sockaddr *)&from, length);
}

static void *serve(void *data)
{
    struct ntp_server *s = data;

    for (;;) {
        struct pollfd p[2] = {
                {.fd = s->fd, .events = POLLIN}, {.fd = s->stop[0], .events = POLLIN}};

        if (poll(p, 2, -1) < 0 || p[1].revents != 0)
            return NULL;
        if (p[0].revents != 0)
            answer_one(s);
    }
}

void ntp_server_start(struct ntp_server *s, enum ntp_manner manner)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof(at);

    *s = (struct ntp_server){.manner = manner};
    s->fd = socket(AF_INET, SOCK_DGRAM, 0);
    assert_true(s->fd >= 0);
    assert_int_equal(bind(s->fd, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(getsockname(s->fd, (struct sockaddr *)&at, &length), 0);
    (void)snprintf(s->name, sizeof(s->name), "127.0.0.1:%u", (unsigned)ntohs(at.sin_port));
    assert_int_equal(pipe(s->stop), 0);
    assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

void ntp_server_stop(struct ntp_server *s)
{
    assert_int_equal(write(s->stop[1], "", 1), 1);
    assert_int_equal(pthread_join(s->thread, NULL), 0);
    (void)close(s->fd);
    (void)close(s->stop[0]);
    (void)close(s->stop[1]);
}
