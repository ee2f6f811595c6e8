/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/http/ws_inflate.h"

#include <stdlib.h>

enum { STEP = 16 << 10, WINDOW = 32 << 10 };

static const char hole[] = "part of the compressed message is missing";
static const char history[] = "compressed with a history that is missing";

void ws_inflate_clear(struct ws_inflate *z)
{
    unpack_free(z->unpack);
    free(z->out);
    *z = (struct ws_inflate){0};
}

enum status ws_inflate_begin(struct ws_inflate *z)
{
    const struct unpack_limits limits = {.bytes = BODY_DECODED_MOST, .ratio = BODY_RATIO_MOST};
    bool keep = z->trouble == NULL && !z->fresh_each;

    if (z->out == NULL)
        z->out = malloc(STEP);
    if (z->unpack == NULL)
        z->unpack = unpack_new(UNPACK_RAW, limits);
    if (z->out == NULL || z->unpack == NULL)
        return STATUS_NOMEM;
    unpack_again(z->unpack, keep);
    if (z->fresh_each)
        z->lost = false;
    if (!keep)
        z->known = 0;
    z->trouble = NULL;
    return STATUS_OK;
}

/* The message cannot be read on; what the next ones refer to may be in the part not read. */
static void stop(struct ws_inflate *z, const char *trouble, enum gap_cause why)
{
    z->trouble = trouble;
    z->trouble_why = why;
    z->lost = true;
    z->why = why;
}

static void stop_bad(struct ws_inflate *z)
{
    if (z->lost)
        stop(z, history, z->why);
    else
        stop(z, "corrupt deflate data", GAP_BAD);
}

static enum status judge(struct ws_inflate *z, enum parse verdict)
{
    switch (verdict) {
    case PARSE_DONE:
    case PARSE_MORE:
        return STATUS_OK;
    case PARSE_BAD:
        stop_bad(z);
        return STATUS_OK;
    case PARSE_UNSUPPORTED:
        break;
    }
    if (!unpack_limited(z->unpack))
        return STATUS_NOMEM;
    stop(z, "decompression bomb", GAP_BUDGET);
    return STATUS_OK;
}

enum status ws_inflate_push(struct ws_inflate *z, struct bytes in, struct body_reader *to)
{
    enum status status, first = STATUS_OK;
    enum parse verdict = PARSE_MORE;
    size_t made = STEP;

    /* A step that filled its room may have more to give without input. */
    while (z->trouble == NULL && (in.n != 0 || made == STEP)) {
        verdict = unpack_push(z->unpack, &in, z->out, STEP, &made);
        z->known += made;
        status = body_push(to, bytes_of(z->out, made));
        if (status == STATUS_NOMEM || judge(z, verdict) != STATUS_OK)
            return STATUS_NOMEM;
        if (first == STATUS_OK)
            first = status;
    }
    return first;
}

void ws_inflate_hole(struct ws_inflate *z, enum gap_cause why)
{
    if (z->trouble == NULL)
        stop(z, hole, why);
}

enum status ws_inflate_end(struct ws_inflate *z)
{
    struct bytes tail = BYTES_LITERAL("\x00\x00\xff\xff");
    uint8_t none;
    size_t made;

    if (z->trouble != NULL)
        return STATUS_OK;
    /* The bytes that section 7.2.1 takes off make an empty block: whatever else they come to
     * means that the message does not end where it should. */
    if (judge(z, unpack_push(z->unpack, &tail, &none, 1, &made)) != STATUS_OK)
        return STATUS_NOMEM;
    if (z->trouble == NULL && (made != 0 || tail.n != 0 || !unpack_rests(z->unpack)))
        stop_bad(z);
    if (z->known >= WINDOW)
        z->lost = false;
    return STATUS_OK;
}
