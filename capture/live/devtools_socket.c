/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/live/devtools_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/digest.h"
#include "capture/live/devtools_scan.h"

enum {
    FINAL = 0x80,
    RESERVED = 0x70,
    MASKED = 0x80,
    LENGTH_16 = 126,
    LENGTH_64 = 127,
    SHA1_BYTES = 20,
    KEY_BYTES = 16,
    KEY_TEXT = 25,
    RETRY_MS = 50,
    REQUEST = 512,
};

/* --- frames ---------------------------------------------------------------------------- */

/* How long the head is, as far as its first bytes tell. */
static size_t head_length(const struct devtools_frames *f)
{
    uint8_t length = f->head[1] & 0x7f;

    if (f->head_n < 2)
        return 2;
    return length == LENGTH_64 ? 10 : length == LENGTH_16 ? 4 : 2;
}

/* RFC 6455 section 5.2; a server does not mask (5.1), and lengths are as short as can be. */
static bool head_is_sound(struct devtools_frames *f)
{
    struct bytes rest = bytes_of(f->head + 2, f->head_n - 2);
    uint8_t length = f->head[1] & 0x7f;
    uint16_t short_length = 0;
    bool sound = true;

    f->final = (f->head[0] & FINAL) != 0;
    f->left = length;
    if (length == LENGTH_16) {
        sound = bytes_take_u16(&rest, &short_length) && short_length >= LENGTH_16;
        f->left = short_length;
    } else if (length == LENGTH_64) {
        sound = bytes_take_u64(&rest, &f->left) && f->left > UINT16_MAX && f->left <= INT64_MAX;
    }
    if (!sound || (f->head[0] & RESERVED) != 0 || (f->head[1] & MASKED) != 0)
        return false;
    switch (f->head[0] & 0x0f) {
    case OPCODE_MORE:
        f->opcode = OPCODE_TEXT;
        return f->in_message;
    case OPCODE_TEXT:
        f->opcode = OPCODE_TEXT;
        sound = !f->in_message;
        f->in_message = true;
        return sound;
    case OPCODE_CLOSE:
        f->opcode = OPCODE_CLOSE;
        break;
    case OPCODE_PING:
        f->opcode = OPCODE_PING;
        break;
    case OPCODE_PONG:
        f->opcode = OPCODE_PONG;
        break;
    default: /* binary among them: DevTools speaks JSON only */
        return false;
    }
    f->control_n = 0;
    return f->final && length <= SOCKET_CONTROL;
}

/* True once the whole head is there. */
static bool take_head(struct devtools_frames *f, struct bytes *in)
{
    while (f->head_n < head_length(f)) {
        if (!bytes_take_u8(in, &f->head[f->head_n]))
            return false;
        f->head_n++;
    }
    return true;
}

static void frame_over(struct devtools_frames *f)
{
    f->head_done = false;
    f->head_n = 0;
}

/* Control frames come between the parts of a message (section 5.4). */
static bool take_control(
        struct devtools_frames *f, struct bytes *in, struct devtools_piece *out, bool *told)
{
    size_t n = f->left < in->n ? (size_t)f->left : in->n;
    struct bytes part;

    *told = false;
    if (!bytes_take(in, n, &part))
        return false;
    if (n != 0)
        memcpy(f->control + f->control_n, part.p, n);
    f->control_n += n;
    f->left -= n;
    if (f->left != 0)
        return false;
    frame_over(f);
    *told = f->opcode != OPCODE_PONG;
    f->over = f->opcode == OPCODE_CLOSE;
    if (*told)
        *out = (struct devtools_piece){
                f->over ? PIECE_CLOSE : PIECE_PING, bytes_of(f->control, f->control_n)};
    return true;
}

static bool bad(struct devtools_frames *f, struct bytes *in, struct devtools_piece *out)
{
    f->over = true;
    *in = (struct bytes){0};
    *out = (struct devtools_piece){.kind = PIECE_BAD};
    return true;
}

bool devtools_frames_next(
        struct devtools_frames *f, struct bytes *in, struct devtools_piece *out)
{
    struct bytes part;
    bool told;

    while (!f->over) {
        if (!f->head_done) {
            if (!take_head(f, in))
                return false;
            if (!head_is_sound(f))
                return bad(f, in, out);
            f->head_done = true;
        }
        if (f->opcode != OPCODE_TEXT) {
            if (!take_control(f, in, out, &told))
                return false;
            if (told)
                return true;
            continue;
        }
        if (f->left != 0) {
            if (in->n == 0 || !bytes_take(in, f->left < in->n ? (size_t)f->left : in->n, &part))
                return false;
            /* JSON has no NUL (RFC 8259 section 7), and here a NUL ends a message. */
            if (bytes_has(part, '\0'))
                return bad(f, in, out);
            f->left -= part.n;
            *out = (struct devtools_piece){PIECE_TEXT, part};
            return true;
        }
        frame_over(f);
        if (f->final) {
            f->in_message = false;
            *out = (struct devtools_piece){.kind = PIECE_END};
            return true;
        }
    }
    *in = (struct bytes){0};
    return false;
}

enum status devtools_frame_add(
        struct buf *out, enum devtools_opcode opcode, struct bytes payload)
{
    uint8_t head[SOCKET_FRAME] = {(uint8_t)(FINAL | (unsigned)opcode)}, *mask, *to;
    uint64_t length = payload.n;
    size_t extended = length < LENGTH_16 ? 0 : length <= UINT16_MAX ? 2 : 8, n = 2 + extended;
    enum status status;

    if (payload.n > SIZE_MAX - SOCKET_FRAME)
        return STATUS_USAGE;
    head[1] = (uint8_t)(MASKED | (extended == 0 ? length : extended == 2 ? 126U : 127U));
    for (size_t i = 0; i < extended; i++)
        head[2 + i] = (uint8_t)(length >> 8 * (extended - 1 - i));
    mask = head + n;
    n += 4;
    if (getrandom(mask, 4, 0) != 4)
        return STATUS_IO;
    status = buf_reserve(out, n + payload.n);
    if (status == STATUS_OK)
        status = buf_append(out, bytes_of(head, n));
    if (status != STATUS_OK)
        return status;
    to = out->p + out->n;
    for (size_t i = 0; i < payload.n; i++)
        to[i] = payload.p[i] ^ mask[i % 4];
    out->n += payload.n;
    return STATUS_OK;
}

/* --- the opening ----------------------------------------------------------------------- */

bool devtools_socket_accept(const char *key, char out[SOCKET_ACCEPT])
{
    uint8_t digest[DIGEST_MOST];
    char text[128];

    (void)snprintf(text, sizeof(text), "%.64s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);
    if (!digest_once(DIGEST_SHA1, bytes_text(text), digest))
        return false;
    base64_encode(bytes_of(digest, SHA1_BYTES), out);
    return true;
}

/* The value of the only field with this name; false when there is none, or are several. */
static bool field(struct bytes head, const char *name, struct bytes *out)
{
    struct bytes line, key, value = {0};
    unsigned n = 0;

    while (bytes_take_line(&head, &line)) {
        if (!bytes_take_until(&line, ':', &key) || !bytes_is_nocase(key, name))
            continue;
        value = bytes_trim(line);
        n++;
    }
    if (n != 1)
        return false;
    *out = value;
    return true;
}

static bool has_field(struct bytes head, const char *name)
{
    struct bytes line, key;

    while (bytes_take_line(&head, &line))
        if (bytes_take_until(&line, ':', &key) && bytes_is_nocase(key, name))
            return true;
    return false;
}

bool devtools_socket_agreed(struct bytes head, const char *accept)
{
    struct bytes upgrade, connection, given;

    /* What was not asked for must not be agreed to. */
    return bytes_starts(head, BYTES_LITERAL("HTTP/1.1 101 ")) &&
           bytes_ends_nocase(head, BYTES_LITERAL("\r\n\r\n")) &&
           field(head, "upgrade", &upgrade) && bytes_is_nocase(upgrade, "websocket") &&
           field(head, "connection", &connection) && bytes_is_nocase(connection, "upgrade") &&
           field(head, "sec-websocket-accept", &given) && bytes_is(given, accept) &&
           !has_field(head, "sec-websocket-extensions") &&
           !has_field(head, "sec-websocket-protocol");
}

bool devtools_socket_path(struct bytes json, uint16_t port, char out[SOCKET_PATH])
{
    struct bytes value;
    char before[40];

    (void)snprintf(before, sizeof(before), "\"ws://127.0.0.1:%u", (unsigned)port);
    if (!scan_is_whole(json) || !scan_path(json, "webSocketDebuggerUrl", &value) ||
            !bytes_starts(value, bytes_text(before)))
        return false;
    value = bytes_slice(value, strlen(before), value.n - 1);
    if (value.n >= SOCKET_PATH || !bytes_starts(value, BYTES_LITERAL("/devtools/browser/")))
        return false;
    for (size_t i = 0; i < value.n; i++)
        if (!ascii_is_alnum(value.p[i]) && value.p[i] != '/' && value.p[i] != '-')
            return false;
    memcpy(out, value.p, value.n);
    out[value.n] = '\0';
    return true;
}

struct opening {
    uint16_t port;
    int ended;
    int64_t deadline;
    struct fault *fault;
};

/* Until `fd` (-1: nothing) is ready, or `most` milliseconds have passed. */
static enum status wait_for(const struct opening *o, int fd, short events, int64_t most)
{
    struct pollfd at[2] = {{.fd = fd, .events = events}, {.fd = o->ended, .events = POLLIN}};
    int64_t left = o->deadline - clock_steady_ms();

    if (left <= 0)
        return fault_set(
                o->fault, STATUS_IO, "the browser did not open its DevTools port in time");
    if (poll(at, 2, (int)(left < most ? left : most)) < 0 && errno != EINTR)
        return fault_set(o->fault, STATUS_IO, "cannot wait for the browser's DevTools port: %s",
                strerror(errno));
    /* What it said before it ended is read first. */
    if (at[1].revents != 0 && at[0].revents == 0)
        return fault_set(o->fault, STATUS_IO,
                "the browser ended before it opened its DevTools port. Its messages are in "
                "browser.log");
    return STATUS_OK;
}

static enum status join(const struct opening *o, int fd)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(o->port)};
    enum status status = STATUS_OK;

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    while (status == STATUS_OK) {
        if (connect(fd, (const struct sockaddr *)&to, sizeof(to)) == 0 || errno == EISCONN)
            return STATUS_OK;
        if (errno == EINPROGRESS || errno == EALREADY)
            status = wait_for(o, fd, POLLOUT, RETRY_MS);
        else if (errno == ECONNREFUSED || errno == ECONNABORTED) /* nobody listens yet */
            status = wait_for(o, -1, 0, RETRY_MS);
        else if (errno != EINTR)
            status = fault_set(o->fault, STATUS_IO,
                    "cannot connect to the browser's DevTools port: %s", strerror(errno));
    }
    return status;
}

static enum status refuse(const struct opening *o, const char *what)
{
    return fault_set(o->fault, STATUS_IO, "the browser's DevTools port %s", what);
}

static enum status ask(const struct opening *o, int fd, const char *request)
{
    size_t n = strlen(request);

    /* A connection that is new takes a few hundred bytes at once. */
    if (send(fd, request, n, MSG_NOSIGNAL) != (ssize_t)n)
        return refuse(o, "takes no request");
    return STATUS_OK;
}

static enum status take(const struct opening *o, int fd, uint8_t *out, size_t n)
{
    enum status status = STATUS_OK;
    size_t done = 0;

    while (done < n && status == STATUS_OK) {
        ssize_t got = read(fd, out + done, n - done);

        if (got > 0)
            done += (size_t)got;
        else if (got < 0 && errno == EAGAIN)
            status = wait_for(o, fd, POLLIN, INT32_MAX);
        else if (got == 0 || errno != EINTR)
            status = refuse(o, "closed the connection");
    }
    return status;
}

/* Up to its empty line and not a byte more: frames follow. */
static enum status take_head_of_answer(const struct opening *o, int fd, struct buf *out)
{
    enum status status = STATUS_OK;
    uint8_t c;

    while (status == STATUS_OK &&
            !bytes_ends_nocase(buf_view(out), BYTES_LITERAL("\r\n\r\n"))) {
        status = take(o, fd, &c, 1);
        if (status != STATUS_OK)
            return status;
        status = buf_append_u8(out, c);
    }
    if (status == STATUS_NOMEM)
        return fault_set(o->fault, status, "out of memory for the browser's DevTools port");
    return status == STATUS_OK ? status : refuse(o, "answers with too long a head");
}

static enum status find_path(
        const struct opening *o, int fd, struct buf *text, char path[SOCKET_PATH])
{
    struct bytes length;
    char request[REQUEST];
    enum status status;
    uint64_t n;

    (void)snprintf(request, sizeof(request),
            "GET /json/version HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n\r\n", (unsigned)o->port);
    status = ask(o, fd, request);
    if (status == STATUS_OK)
        status = take_head_of_answer(o, fd, text);
    if (status != STATUS_OK)
        return status;
    if (!bytes_starts(buf_view(text), BYTES_LITERAL("HTTP/1.1 200 ")) ||
            !field(buf_view(text), "content-length", &length) || !bytes_decimal(length, &n) ||
            n > SOCKET_BODY)
        return refuse(o, "does not tell its version");
    buf_reset(text);
    if (buf_reserve(text, (size_t)n + 1) != STATUS_OK)
        return fault_set(
                o->fault, STATUS_NOMEM, "out of memory for the browser's DevTools port");
    status = take(o, fd, text->p, (size_t)n);
    if (status != STATUS_OK)
        return status;
    text->n = (size_t)n;
    if (!devtools_socket_path(buf_view(text), o->port, path))
        return refuse(o, "does not tell the browser's address");
    return STATUS_OK;
}

static enum status upgrade(const struct opening *o, int fd, const char *path, struct buf *text)
{
    char key[KEY_TEXT], accept[SOCKET_ACCEPT], request[REQUEST];
    uint8_t nonce[KEY_BYTES];
    enum status status;

    if (getrandom(nonce, sizeof(nonce), 0) != (ssize_t)sizeof(nonce))
        return fault_set(o->fault, STATUS_IO, "no random numbers: %s", strerror(errno));
    base64_encode(bytes_of(nonce, sizeof(nonce)), key);
    if (!devtools_socket_accept(key, accept))
        return fault_set(
                o->fault, STATUS_NOMEM, "out of memory for the browser's DevTools port");
    /* No Origin: the browser takes pages' connections for what they are by theirs. */
    (void)snprintf(request, sizeof(request),
            "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\n\r\n",
            path, (unsigned)o->port, key);
    status = ask(o, fd, request);
    if (status != STATUS_OK)
        return status;
    buf_reset(text);
    status = take_head_of_answer(o, fd, text);
    if (status == STATUS_OK && !devtools_socket_agreed(buf_view(text), accept))
        status = refuse(o, "does not open a WebSocket");
    return status;
}

enum status devtools_socket_open(
        int sockets[2], uint16_t port, int ended, int milliseconds, struct fault *fault)
{
    struct opening o = {port, ended, clock_steady_ms() + milliseconds, fault};
    char path[SOCKET_PATH];
    struct buf text;
    enum status status;

    buf_init(&text, SOCKET_BODY + 1);
    status = join(&o, sockets[0]);
    if (status == STATUS_OK)
        status = find_path(&o, sockets[0], &text, path);
    (void)close(sockets[0]);
    sockets[0] = -1;
    if (status == STATUS_OK)
        status = join(&o, sockets[1]);
    if (status == STATUS_OK)
        status = upgrade(&o, sockets[1], path, &text);
    buf_clear(&text);
    return status;
}
