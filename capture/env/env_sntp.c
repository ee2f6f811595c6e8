/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/env/env_sntp.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "capture/env/env_resolve.h"

enum {
    MODE_CLIENT = 3,
    MODE_SERVER = 4,
    VERSION = 4,
    LEAP_ALARM = 3,
    STRATUM_MOST = 15,
    MILLION = 1000000,
};

#define SECOND_NS INT64_C(1000000000)
#define UNIX_EPOCH UINT64_C(2208988800)   /* seconds from 1900 to 1970 */
#define PAUSE_NS (SECOND_NS / 4)          /* between two requests to one server */
#define DISTANCE_MOST_NS (16 * SECOND_NS) /* RFC 5905: MAXDISP */

const char *sntp_outcome_name(enum sntp_outcome outcome)
{
    switch (outcome) {
    case SNTP_ANSWERED:
        return "answered";
    case SNTP_NO_ADDRESS:
        return "no-address";
    case SNTP_UNREACHABLE:
        return "unreachable";
    case SNTP_SILENT:
        return "no-answer";
    case SNTP_REFUSED:
        return "refused";
    case SNTP_NOT_IN_STEP:
        break;
    }
    return "not-in-step";
}

/* Seconds since 1900 modulo 2^32 and a 32-bit fraction: RFC 5905 section 6. */
static uint64_t to_ntp(int64_t ns)
{
    uint64_t seconds = (uint64_t)(ns / SECOND_NS) + UNIX_EPOCH;
    uint64_t rest = (uint64_t)(ns % SECOND_NS);

    return (seconds << 32) | ((rest << 32) / (uint64_t)SECOND_NS);
}

/* The difference of two time stamps: right when they are within 68 years of each other. */
static int64_t ntp_between(uint64_t later, uint64_t earlier)
{
    return (int64_t)(later - earlier);
}

static int64_t ntp_to_ns(int64_t span)
{
    bool negative = span < 0;
    uint64_t n = negative ? 0 - (uint64_t)span : (uint64_t)span;
    uint64_t ns = (n >> 32) * (uint64_t)SECOND_NS +
                  (((n & UINT32_MAX) * (uint64_t)SECOND_NS + (UINT64_C(1) << 31)) >> 32);

    return negative ? -(int64_t)ns : (int64_t)ns;
}

/* A short format: 16 bits of seconds, 16 of fraction. */
static int64_t short_to_ns(uint32_t value)
{
    return (int64_t)(((uint64_t)value * (uint64_t)SECOND_NS) >> 16);
}

struct head {
    uint8_t leap, version, mode, stratum;
    uint32_t root_delay, root_dispersion;
    struct bytes reference;
    uint64_t origin, receive, transmit;
};

static bool read_head(struct bytes b, struct head *out)
{
    uint8_t first, skipped;
    uint64_t set;

    if (!bytes_take_u8(&b, &first) || !bytes_take_u8(&b, &out->stratum) ||
            !bytes_take_u8(&b, &skipped) || !bytes_take_u8(&b, &skipped) ||
            !bytes_take_u32(&b, &out->root_delay) ||
            !bytes_take_u32(&b, &out->root_dispersion) || !bytes_take(&b, 4, &out->reference) ||
            !bytes_take_u64(&b, &set) || !bytes_take_u64(&b, &out->origin) ||
            !bytes_take_u64(&b, &out->receive) || !bytes_take_u64(&b, &out->transmit))
        return false;
    out->leap = first >> 6;
    out->version = first >> 3 & 7;
    out->mode = first & 7;
    return true;
}

static void read_kiss(struct bytes code, char kiss[5])
{
    for (size_t i = 0; i < 4; i++)
        kiss[i] = (char)(code.p[i] > 0x20 && code.p[i] < 0x7f ? code.p[i] : '?');
    kiss[4] = '\0';
}

enum sntp_answer sntp_read(struct bytes answer, uint64_t nonce, int64_t sent_ns,
        int64_t received_ns, struct sntp_sample *out, char kiss[5])
{
    struct head h;
    struct sntp_sample s;
    uint64_t sent = to_ntp(sent_ns), received = to_ntp(received_ns);
    int64_t there, back, distance;

    if (!read_head(answer, &h) || h.mode != MODE_SERVER || h.version == 0 ||
            h.version > VERSION || h.origin != nonce)
        return SNTP_FOREIGN;
    if (h.stratum == 0) {
        read_kiss(h.reference, kiss);
        return SNTP_KISS;
    }
    distance = short_to_ns(h.root_delay) / 2 + short_to_ns(h.root_dispersion);
    if (h.leap == LEAP_ALARM || h.stratum > STRATUM_MOST || h.transmit == 0 || h.receive == 0 ||
            distance >= DISTANCE_MOST_NS)
        return SNTP_ALARM;
    /* ((T2 - T1) + (T3 - T4)) / 2, halved first so that it cannot overflow. */
    there = ntp_between(h.receive, sent);
    back = ntp_between(h.transmit, received);
    s.offset_ns = ntp_to_ns(there / 2 + back / 2);
    s.delay_ns = received_ns - sent_ns - ntp_to_ns(ntp_between(h.transmit, h.receive));
    /* The server's clock cannot have run for longer than the whole exchange took. */
    if (ntp_between(h.transmit, h.receive) < 0 || s.delay_ns < -SECOND_NS / 1000)
        return SNTP_ALARM;
    s.delay_ns = s.delay_ns < 0 ? 0 : s.delay_ns;
    s.error_ns = s.delay_ns / 2 + distance;
    s.stratum = h.stratum;
    *out = s;
    return SNTP_GOOD;
}

/* One server while it is asked. */
struct asked {
    struct resolve name;
    int fd;           /* connected; -1: none */
    bool over, waits; /* waits: a request is out */
    uint64_t nonce;
    int64_t sent_ns, sent_at; /* wall clock; monotonic */
    int64_t next_at;
};

static void finish(struct asked *a)
{
    resolve_drop(&a->name);
    if (a->fd >= 0)
        (void)close(a->fd);
    a->fd = -1;
    a->over = true;
}

static void fail(struct asked *a, struct sntp_result *r, enum sntp_outcome outcome)
{
    /* What was learned before stands. */
    if (r->outcome != SNTP_ANSWERED)
        r->outcome = outcome;
    finish(a);
}

static void connect_to(struct asked *a, struct sntp_result *r)
{
    struct sockaddr_storage to;
    socklen_t length;

    if (!resolve_finish(&a->name, &to, &length)) {
        fail(a, r, SNTP_NO_ADDRESS);
        return;
    }
    if (getnameinfo((struct sockaddr *)&to, length, r->address, sizeof(r->address), NULL, 0,
                NI_NUMERICHOST) != 0)
        r->address[0] = '\0';
    a->fd = socket(to.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    /* Connected: the kernel hands us packets of this address and port only. */
    if (a->fd < 0 || connect(a->fd, (struct sockaddr *)&to, length) != 0) {
        fail(a, r, SNTP_UNREACHABLE);
        return;
    }
    r->outcome = SNTP_SILENT;
}

static void send_request(struct asked *a, struct sntp_result *r)
{
    uint8_t request[SNTP_BYTES] = {VERSION << 3 | MODE_CLIENT};

    if (getrandom(&a->nonce, sizeof(a->nonce), 0) != (ssize_t)sizeof(a->nonce)) {
        fail(a, r, SNTP_UNREACHABLE);
        return;
    }
    for (int i = 0; i < 8; i++)
        request[SNTP_BYTES - 8 + i] = (uint8_t)(a->nonce >> (56 - 8 * i));
    a->sent_ns = clock_utc_ns();
    a->sent_at = clock_steady_ns();
    if (send(a->fd, request, sizeof(request), MSG_NOSIGNAL) != (ssize_t)sizeof(request)) {
        fail(a, r, SNTP_UNREACHABLE);
        return;
    }
    a->waits = true;
}

static void take_sample(struct asked *a, struct sntp_result *r, const struct sntp_sample *s)
{
    if (r->samples == 0 || s->delay_ns < r->best.delay_ns)
        r->best = *s;
    r->outcome = SNTP_ANSWERED;
    a->waits = false;
    a->next_at = a->sent_at + PAUSE_NS;
    if (++r->samples == SNTP_SAMPLES)
        finish(a);
}

static void take_answer(struct asked *a, struct sntp_result *r)
{
    uint8_t answer[1024];
    struct sntp_sample s;
    ssize_t n = recv(a->fd, answer, sizeof(answer), 0);
    int64_t took = clock_steady_ns() - a->sent_at;

    if (n < 0) {
        if (errno != EAGAIN && errno != EINTR)
            fail(a, r, SNTP_UNREACHABLE);
        return;
    }
    if (!a->waits) {
        r->foreign++;
        return;
    }
    /* Our clock may be set while we wait: the way back is counted by the monotonic one. */
    switch (sntp_read(bytes_of(answer, (size_t)n), a->nonce, a->sent_ns, a->sent_ns + took, &s,
            r->kiss)) {
    case SNTP_GOOD:
        take_sample(a, r, &s);
        return;
    case SNTP_FOREIGN:
        r->foreign++;
        return;
    case SNTP_KISS:
        fail(a, r, SNTP_REFUSED);
        return;
    case SNTP_ALARM:
        fail(a, r, SNTP_NOT_IN_STEP);
        return;
    }
}

/* What each server waits for; returns when the next request is due. */
static int64_t prepare(
        struct asked *asked, struct sntp_result *out, size_t n, struct pollfd *polls, bool *any)
{
    int64_t now = clock_steady_ns(), due = INT64_MAX;

    *any = false;
    for (size_t i = 0; i < n; i++) {
        struct asked *a = &asked[i];

        if (!a->over && a->fd >= 0 && !a->waits && now >= a->next_at)
            send_request(a, &out[i]);
        if (!a->over && a->fd >= 0 && !a->waits && a->next_at < due)
            due = a->next_at;
        polls[i] = (struct pollfd){.fd = a->over      ? -1
                                         : a->fd >= 0 ? a->fd
                                                      : a->name.fd,
                .events = POLLIN};
        *any = *any || !a->over;
    }
    return due;
}

size_t sntp_ask(const char *const *servers, int64_t wait_ns, struct sntp_result *out)
{
    struct asked asked[SNTP_SERVERS];
    struct pollfd polls[SNTP_SERVERS];
    int64_t end = clock_steady_ns() + wait_ns;
    size_t n = 0;

    for (; n < SNTP_SERVERS && servers[n] != NULL; n++) {
        asked[n] = (struct asked){.fd = -1};
        out[n] = (struct sntp_result){.server = servers[n], .outcome = SNTP_NO_ADDRESS};
        asked[n].over = !resolve_begin(servers[n], "123", &asked[n].name);
    }
    for (;;) {
        bool any;
        int64_t due = prepare(asked, out, n, polls, &any), now = clock_steady_ns();

        due = due < end ? due : end;
        if (!any || now >= end)
            break;
        if (poll(polls, n, due <= now ? 0 : (int)((due - now + MILLION - 1) / MILLION)) <= 0)
            continue;
        for (size_t i = 0; i < n; i++) {
            if (polls[i].revents == 0 || asked[i].over)
                continue;
            if (asked[i].fd < 0)
                connect_to(&asked[i], &out[i]);
            else
                take_answer(&asked[i], &out[i]);
        }
    }
    for (size_t i = 0; i < n; i++)
        finish(&asked[i]);
    return n;
}
