/* SPDX-License-Identifier: Apache-2.0 */
#include "base/unpack.h"

#include <brotli/decode.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

enum {
    STEP_MOST = 1 << 30, /* zlib counts in unsigned int */
    WINDOW_BITS = 15,    /* RFC 1951: 32 KiB at most */
    WINDOW_GZIP = 16,    /* added to say "gzip wrapper" */
    ZSTD_FILE_WINDOW_LOG = 27,
    ZSTD_HTTP_WINDOW_LOG = 23,
    DEFLATE_HEAD = 2,
    ZSTD_HEAD = 4,
    ZSTD_FRAME_HEAD = 18, /* the longest frame header, RFC 8878 section 3.1.1.1 */
    /* In zlib's data_type, as of inflate() in zlib.h: bits waiting, and "at a block's begin". */
    BITS_WAITING = 63,
    AT_BLOCK = 128,
};

struct unpack {
    enum unpack_kind kind;
    struct unpack_limits limits;
    uint64_t taken, made; /* bytes in and out so far */
    enum parse verdict;   /* MORE while running; BAD and UNSUPPORTED stay for good */
    bool limited;
    bool pending;    /* the last step filled its room: more may wait inside */
    uint8_t head[4]; /* the first bytes, held back until they say what to do with them */
    size_t head_taken, head_fed;
    bool has_zlib;
    bool fresh; /* raw: nothing was taken since the message began, or its last final block ended */
    z_stream zlib;
    BrotliDecoderState *brotli;
    ZSTD_DStream *zstd;
};

/* Allocation goes through our own calls so that a test can make any of it fail. */
static void *zlib_alloc(void *opaque, unsigned count, unsigned size)
{
    (void)opaque;
    return calloc(count, size);
}

static void zlib_release(void *opaque, void *p)
{
    (void)opaque;
    free(p);
}

static void *brotli_alloc(void *opaque, size_t n)
{
    (void)opaque;
    return malloc(n);
}

static void brotli_release(void *opaque, void *p)
{
    (void)opaque;
    free(p);
}

static bool start_zlib(struct unpack *u, int bits)
{
    u->zlib.zalloc = zlib_alloc;
    u->zlib.zfree = zlib_release;
    u->has_zlib = inflateInit2(&u->zlib, bits) == Z_OK;
    return u->has_zlib;
}

static bool start_zstd(struct unpack *u, int window_log)
{
    u->zstd = ZSTD_createDStream();
    return u->zstd != NULL &&
           !ZSTD_isError(ZSTD_DCtx_setParameter(u->zstd, ZSTD_d_windowLogMax, window_log));
}

static bool start(struct unpack *u)
{
    switch (u->kind) {
    case UNPACK_GZIP:
        return start_zlib(u, WINDOW_BITS + WINDOW_GZIP);
    case UNPACK_ZLIB:
        return start_zlib(u, WINDOW_BITS);
    case UNPACK_DEFLATE:
        return true; /* when its first bytes are here */
    case UNPACK_RAW:
        u->fresh = true;
        return start_zlib(u, -WINDOW_BITS);
    case UNPACK_BROTLI:
        u->brotli = BrotliDecoderCreateInstance(brotli_alloc, brotli_release, NULL);
        return u->brotli != NULL;
    case UNPACK_ZSTD:
        return start_zstd(u, ZSTD_FILE_WINDOW_LOG);
    case UNPACK_ZSTD_HTTP:
        return start_zstd(u, ZSTD_HTTP_WINDOW_LOG);
    }
    return false;
}

struct unpack *unpack_new(enum unpack_kind kind, struct unpack_limits limits)
{
    struct unpack *u = calloc(1, sizeof(*u));

    if (u == NULL)
        return NULL;
    u->kind = kind;
    u->limits = limits;
    u->verdict = PARSE_MORE;
    if (!start(u)) {
        unpack_free(u);
        return NULL;
    }
    return u;
}

void unpack_free(struct unpack *u)
{
    if (u == NULL)
        return;
    if (u->has_zlib)
        (void)inflateEnd(&u->zlib);
    if (u->brotli != NULL)
        BrotliDecoderDestroyInstance(u->brotli);
    (void)ZSTD_freeDStream(u->zstd);
    free(u);
}

/*
 * RFC 9110 section 8.4.1.2 says zlib; some servers send raw deflate all the same. The zlib
 * header checks itself (RFC 1950 section 2.2), and raw data that passes would have to begin
 * with a stored block whose padding bits are not zero: no compressor writes that.
 */
static bool looks_zlib(const uint8_t head[2])
{
    return (head[0] & 0x0f) == 8 && head[0] >> 4 <= 7 && (head[0] << 8 | head[1]) % 31 == 0;
}

static enum parse step_zlib(
        struct unpack *u, struct bytes *in, uint8_t *out, size_t room, size_t *made)
{
    size_t give = in->n < STEP_MOST ? in->n : STEP_MOST;
    size_t take = room < STEP_MOST ? room : STEP_MOST;
    int result;

    /* zlib does not write there; its type just lacks the const. */
    u->zlib.next_in = (uint8_t *)(uintptr_t)in->p;
    u->zlib.avail_in = (unsigned)give;
    u->zlib.next_out = out;
    u->zlib.avail_out = (unsigned)take;
    result = inflate(&u->zlib, Z_NO_FLUSH);
    *made = take - u->zlib.avail_out;
    *in = bytes_slice(*in, give - u->zlib.avail_in, in->n);
    switch (result) {
    case Z_STREAM_END:
        return PARSE_DONE;
    case Z_OK:
    case Z_BUF_ERROR: /* nothing could be done without more input or room */
        return PARSE_MORE;
    case Z_MEM_ERROR:
        return PARSE_UNSUPPORTED;
    default:
        return PARSE_BAD; /* also Z_NEED_DICT: nobody gave us one */
    }
}

/* A final block ends the stream for zlib, for RFC 7692 section 7.2.3.4 only the block. */
static enum parse step_raw(
        struct unpack *u, struct bytes *in, uint8_t *out, size_t room, size_t *made)
{
    size_t before = in->n;
    enum parse verdict = step_zlib(u, in, out, room, made);

    if (verdict == PARSE_DONE) {
        u->fresh = true;
        return inflateResetKeep(&u->zlib) == Z_OK ? PARSE_MORE : PARSE_BAD;
    }
    if (in->n != before)
        u->fresh = false;
    return verdict;
}

/* False while the first `need` bytes are not all there. */
static bool take_head(struct unpack *u, struct bytes *in, size_t need)
{
    while (u->head_taken < need)
        if (!bytes_take_u8(in, &u->head[u->head_taken]))
            return false;
        else
            u->head_taken++;
    return true;
}

static enum parse step_deflate(
        struct unpack *u, struct bytes *in, uint8_t *out, size_t room, size_t *made)
{
    struct bytes head;
    enum parse verdict;

    if (!take_head(u, in, DEFLATE_HEAD))
        return PARSE_MORE;
    if (!u->has_zlib && !start_zlib(u, looks_zlib(u->head) ? WINDOW_BITS : -WINDOW_BITS))
        return PARSE_UNSUPPORTED;
    if (u->head_fed == DEFLATE_HEAD)
        return step_zlib(u, in, out, room, made);
    head = bytes_of(u->head + u->head_fed, DEFLATE_HEAD - u->head_fed);
    verdict = step_zlib(u, &head, out, room, made);
    u->head_fed = DEFLATE_HEAD - head.n;
    return verdict;
}

static enum parse step_brotli(
        struct unpack *u, struct bytes *in, uint8_t *out, size_t room, size_t *made)
{
    size_t left = room;
    BrotliDecoderResult result =
            BrotliDecoderDecompressStream(u->brotli, &in->n, &in->p, &left, &out, NULL);
    BrotliDecoderErrorCode error;

    *made = room - left;
    switch (result) {
    case BROTLI_DECODER_RESULT_SUCCESS:
        return PARSE_DONE;
    case BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT:
    case BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT:
        return PARSE_MORE;
    case BROTLI_DECODER_RESULT_ERROR:
        break;
    }
    error = BrotliDecoderGetErrorCode(u->brotli);
    return error <= BROTLI_DECODER_ERROR_ALLOC_CONTEXT_MODES &&
                           error >= BROTLI_DECODER_ERROR_ALLOC_BLOCK_TYPE_TREES
                   ? PARSE_UNSUPPORTED
                   : PARSE_BAD;
}

static enum parse step_zstd_data(
        struct unpack *u, struct bytes *in, uint8_t *out, size_t room, size_t *made)
{
    ZSTD_inBuffer from = {in->p, in->n, 0};
    ZSTD_outBuffer to = {out, room, 0};
    size_t result = ZSTD_decompressStream(u->zstd, &to, &from);
    ZSTD_ErrorCode error = ZSTD_getErrorCode(result);

    *made = to.pos;
    *in = bytes_slice(*in, from.pos, in->n);
    if (error == ZSTD_error_no_error)
        return result == 0 ? PARSE_DONE : PARSE_MORE;
    return error == ZSTD_error_memory_allocation ||
                           error == ZSTD_error_frameParameter_windowTooLarge
                   ? PARSE_UNSUPPORTED
                   : PARSE_BAD;
}

/* A frame or a skippable frame of RFC 8878 section 3.1. Libraries also read the formats of
 * before 2016, by code that nobody fuzzes any more; HTTP and pcap files never had them. */
static bool looks_zstd(const uint8_t head[ZSTD_HEAD])
{
    uint32_t magic = (uint32_t)head[0] | (uint32_t)head[1] << 8 | (uint32_t)head[2] << 16 |
                     (uint32_t)head[3] << 24;

    return magic == ZSTD_MAGICNUMBER ||
           (magic & ZSTD_MAGIC_SKIPPABLE_MASK) == ZSTD_MAGIC_SKIPPABLE_START;
}

/*
 * libzstd decodes a frame in one go when all of it seems to be in the input, and looks for it
 * at the front of the input even when the frame's first bytes came in an earlier call. Data
 * chosen for it would then mean one thing in one piece and another in two. Fed byte by byte
 * up to the end of its header, a frame never gets there.
 */
static enum parse step_zstd(
        struct unpack *u, struct bytes *in, uint8_t *out, size_t room, size_t *made)
{
    enum parse verdict = PARSE_MORE;
    struct bytes byte;

    if (!take_head(u, in, ZSTD_HEAD))
        return PARSE_MORE;
    if (!looks_zstd(u->head))
        return PARSE_BAD;
    for (; u->head_fed < ZSTD_HEAD && verdict == PARSE_MORE; u->head_fed++) {
        byte = bytes_of(u->head + u->head_fed, 1);
        verdict = step_zstd_data(u, &byte, out, room, made);
    }
    if (verdict == PARSE_MORE && u->head_fed < ZSTD_FRAME_HEAD && in->n != 0) {
        byte = bytes_slice(*in, 0, 1);
        verdict = step_zstd_data(u, &byte, out, room, made);
        u->head_fed += 1 - byte.n;
        *in = bytes_slice(*in, 1 - byte.n, in->n);
    } else if (verdict == PARSE_MORE) {
        verdict = step_zstd_data(u, in, out, room, made);
    }
    if (verdict == PARSE_DONE) /* the next frame has a head of its own */
        u->head_taken = u->head_fed = 0;
    return verdict;
}

static enum parse step(
        struct unpack *u, struct bytes *in, uint8_t *out, size_t room, size_t *made)
{
    size_t before = in->n;
    enum parse verdict = PARSE_BAD;

    *made = 0;
    switch (u->kind) {
    case UNPACK_GZIP:
    case UNPACK_ZLIB:
        verdict = step_zlib(u, in, out, room, made);
        break;
    case UNPACK_DEFLATE:
        verdict = step_deflate(u, in, out, room, made);
        break;
    case UNPACK_RAW:
        verdict = step_raw(u, in, out, room, made);
        break;
    case UNPACK_BROTLI:
        verdict = step_brotli(u, in, out, room, made);
        break;
    case UNPACK_ZSTD:
    case UNPACK_ZSTD_HTTP:
        verdict = step_zstd(u, in, out, room, made);
        break;
    }
    u->taken += before - in->n;
    u->made += *made;
    u->pending = verdict == PARSE_MORE && *made == room;
    return verdict;
}

/* After its end a gzip or zstd stream begins anew when more input comes. */
static enum parse go_on(struct unpack *u, const struct bytes *in)
{
    if (u->verdict != PARSE_DONE || in->n == 0)
        return u->verdict;
    if (u->kind == UNPACK_GZIP)
        return inflateReset(&u->zlib) == Z_OK ? PARSE_MORE : PARSE_BAD;
    return u->kind == UNPACK_ZSTD || u->kind == UNPACK_ZSTD_HTTP ? PARSE_MORE : PARSE_DONE;
}

static bool past_limit(const struct unpack *u)
{
    if (u->limits.bytes != 0 && u->made > u->limits.bytes)
        return true;
    return u->limits.ratio != 0 && u->made > UNPACK_RATIO_FLOOR &&
           u->made / u->limits.ratio > u->taken;
}

enum parse unpack_push(
        struct unpack *u, struct bytes *in, uint8_t *out, size_t room, size_t *made)
{
    uint8_t probe;

    *made = 0;
    u->verdict = go_on(u, in);
    while (u->verdict == PARSE_MORE && *made < room && (in->n != 0 || u->pending)) {
        uint64_t left = u->limits.bytes == 0 ? UINT64_MAX : u->limits.bytes - u->made;
        size_t most = room - *made < left ? room - *made : (size_t)left;
        size_t n;

        /* At the bound, one byte of room tells whether the stream would go past it. */
        u->verdict =
                most == 0 ? step(u, in, &probe, 1, &n) : step(u, in, out + *made, most, &n);
        if (most != 0)
            *made += n;
        if (past_limit(u)) {
            u->limited = true;
            u->verdict = PARSE_UNSUPPORTED;
        }
    }
    return u->verdict;
}

bool unpack_limited(const struct unpack *u)
{
    return u->limited;
}

void unpack_again(struct unpack *u, bool keep)
{
    bool ready = (keep ? inflateResetKeep(&u->zlib) : inflateReset(&u->zlib)) == Z_OK;

    u->verdict = ready ? PARSE_MORE : PARSE_BAD;
    u->taken = u->made = 0;
    u->limited = u->pending = false;
    u->fresh = true;
}

bool unpack_rests(const struct unpack *u)
{
    return u->fresh ||
           ((u->zlib.data_type & AT_BLOCK) != 0 && (u->zlib.data_type & BITS_WAITING) == 0);
}
