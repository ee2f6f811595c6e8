/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/http/body.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/unpack.h"
#include "capture/http/body_store.h"

enum {
    STEP = 32 << 10, /* bytes that one coding gives at a time */
    SNIFF = 512,     /* decoded bytes that settle whether untyped data is text */
};

enum keeping {
    KEEP_NOTHING,
    KEEP_IF_TEXT, /* no Content-Type: the first SNIFF bytes decide */
    KEEP,
};

static const char bomb[] = "decompression bomb";
static const char missing[] = "part of the coded body is missing";
static const char unknown[] = "unknown content coding";
static const char too_many[] = "more content codings than can be undone";

/* One content coding being undone. */
struct stage {
    enum unpack_kind kind;
    struct unpack *unpack; /* owned; made when its first bytes come */
    uint8_t *out;          /* owned, STEP bytes */
    struct bytes in;       /* what it has still to take */
    bool again;            /* its last step filled `out` */
    bool done;             /* its last step reached the end of a stream */
    bool fresh;            /* it reached one, and nothing came out since */
    bool closed;           /* what follows its end is no data of it */
};

struct body_reader {
    struct body_store *store;
    struct exchange *x;
    struct message *m;
    struct stage stages[BODY_CODINGS_MOST]; /* outermost coding first: the order of undoing */
    size_t stage_count;
    const char *codings[BODY_CODINGS_MOST];
    size_t coding_count;
    struct digest *digest;
    uint64_t wire_bytes, bytes, kept;
    const char *undecoded;
    bool stopped; /* the codings cannot go on */
    bool missing; /* a gap took something away */
    bool full;    /* no more can be kept */
    enum keeping keeping;
    struct buf memory;   /* the first BODY_MEMORY_MOST decoded bytes */
    struct spool *spool; /* from where memory does not suffice */
    struct bytes type;
};

enum coding {
    CODING_NONE, /* changes nothing that we would have to undo */
    CODING_PACKED,
    CODING_UNKNOWN,
};

/* RFC 9110 section 8.4.1, RFC 7932, RFC 9659; aws-chunked is what S3 clients send and no
 * content coding at all. */
static enum coding find_coding(struct bytes name, enum unpack_kind *kind)
{
    static const struct {
        const char *name;
        enum unpack_kind kind;
    } known[] = {
            {"gzip", UNPACK_GZIP},
            {"x-gzip", UNPACK_GZIP},
            {"deflate", UNPACK_DEFLATE},
            {"br", UNPACK_BROTLI},
            {"zstd", UNPACK_ZSTD_HTTP},
    };

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (bytes_is_nocase(name, known[i].name)) {
            *kind = known[i].kind;
            return CODING_PACKED;
        }
    }
    if (bytes_is_nocase(name, "identity") || bytes_is_nocase(name, "aws-chunked"))
        return CODING_NONE;
    return CODING_UNKNOWN;
}

static bool add_coding(struct body_reader *b, struct bytes name)
{
    char *text;

    if (b->coding_count == BODY_CODINGS_MOST) {
        b->undecoded = too_many;
        return true;
    }
    text = arena_string(b->x->arena, name);
    if (text == NULL)
        return false;
    for (char *p = text; *p != '\0'; p++)
        *p = (char)ascii_lower((uint8_t)*p);
    b->codings[b->coding_count++] = text;
    return true;
}

/* A folded field (RFC 9112 section 5.2) and a stray CR leave line ends around a name; browsers
 * take them for white space. */
static struct bytes trim_lines(struct bytes name)
{
    static const struct bytes blanks = {(const uint8_t *)" \t\r\n", 4};

    while (name.n != 0 && bytes_has(blanks, name.p[0]))
        name = bytes_slice(name, 1, name.n);
    while (name.n != 0 && bytes_has(blanks, name.p[name.n - 1]))
        name.n--;
    return name;
}

/* All Content-Encoding fields together are one list (RFC 9110 section 5.3). */
static bool read_codings(struct body_reader *b)
{
    const struct header *field = message_find(b->m, "content-encoding");

    for (; field != NULL; field = message_find_next(b->m, "content-encoding", field)) {
        struct bytes rest = field->value, name;

        while (rest.n != 0) {
            if (!bytes_take_until(&rest, ',', &name)) {
                name = rest;
                rest.n = 0;
            }
            name = trim_lines(name);
            if (name.n != 0 && !add_coding(b, name))
                return false;
        }
    }
    return true;
}

/* The codings were applied in the order listed; they come off from the last one on. */
static void line_up_stages(struct body_reader *b)
{
    if (b->undecoded != NULL)
        return; /* too many: what is known of them cannot be trusted to be all */
    for (size_t i = b->coding_count; i > 0; i--) {
        struct stage *stage = &b->stages[b->stage_count];

        switch (find_coding(bytes_text(b->codings[i - 1]), &stage->kind)) {
        case CODING_NONE:
            break;
        case CODING_PACKED:
            b->stage_count++;
            break;
        case CODING_UNKNOWN:
            b->undecoded = unknown;
            return;
        }
    }
}

/* Text, and the binary forms whose fields have names or numbers and are searched like text. */
static bool is_searchable(struct bytes type)
{
    static const char *const types[] = {"application/json", "application/javascript",
            "application/x-javascript", "application/ecmascript", "application/xml",
            "application/x-www-form-urlencoded", "application/x-ndjson", "application/csv",
            "application/graphql", "application/dns-message", "application/manifest",
            "application/x-mpegurl", "application/vnd.apple.mpegurl", "application/proto",
            "application/msgpack", "application/x-msgpack", "application/vnd.msgpack"};
    static const char *const endings[] = {"+json", "+xml", "/json", "/javascript", "/xml",
            "/csv", "/event-stream", "json-seq", "protobuf", "+proto", "+msgpack"};
    static const char *const starts[] = {
            "text/", "multipart/", "application/grpc", "application/connect"};

    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
        if (bytes_starts_nocase(type, bytes_text(starts[i])))
            return true;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (bytes_is_nocase(type, types[i]))
            return true;
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
        if (bytes_ends_nocase(type, bytes_text(endings[i])))
            return true;
    return false;
}

/* No control characters but white space and ESC: the test browsers use for untyped data
 * (WHATWG MIME Sniffing section 7.2, "binary data byte"). */
static bool looks_textual(struct bytes data)
{
    for (size_t i = 0; i < data.n && i < SNIFF; i++) {
        uint8_t c = data.p[i];

        if (c <= 0x08 || c == 0x0b || (c >= 0x0e && c <= 0x1a) || (c >= 0x1c && c <= 0x1f))
            return false;
    }
    return true;
}

static void read_type(struct body_reader *b, bool is_request)
{
    const struct header *field = message_find(b->m, "content-type");
    struct bytes value, type;

    if (field != NULL) {
        value = field->value;
        if (!bytes_take_until(&value, ';', &type))
            type = value;
        b->type = bytes_trim(type);
    }
    if (is_request || is_searchable(b->type))
        b->keeping = KEEP;
    else
        b->keeping = b->type.n == 0 ? KEEP_IF_TEXT : KEEP_NOTHING;
}

struct body_reader *body_new(
        struct body_store *store, struct exchange *x, struct message *m, bool is_request)
{
    struct body_reader *b = calloc(1, sizeof(*b));

    if (b == NULL)
        return NULL;
    b->store = store;
    b->x = x;
    b->m = m;
    buf_init(&b->memory, BODY_MEMORY_MOST);
    b->digest = digest_new(DIGEST_SHA256);
    if (b->digest == NULL || !read_codings(b)) {
        body_free(b);
        return NULL;
    }
    line_up_stages(b);
    read_type(b, is_request);
    return b;
}

void body_free(struct body_reader *b)
{
    if (b == NULL)
        return;
    for (size_t i = 0; i < b->stage_count; i++) {
        unpack_free(b->stages[i].unpack);
        free(b->stages[i].out);
    }
    spool_free(b->spool);
    buf_clear(&b->memory);
    digest_free(b->digest);
    free(b);
}

/* Nothing is kept after all. */
static void drop_kept(struct body_reader *b)
{
    b->keeping = KEEP_NOTHING;
    b->kept = 0;
    buf_clear(&b->memory);
}

static enum status open_spool(struct body_reader *b)
{
    enum status status;

    b->spool = spool_new(b->store);
    if (b->spool == NULL)
        return body_store_open(b->store) ? STATUS_NOMEM : STATUS_IO;
    status = spool_write(b->spool, buf_view(&b->memory));
    if (status == STATUS_OK)
        return STATUS_OK;
    spool_free(b->spool);
    b->spool = NULL;
    return status;
}

/* What untyped data is, once enough of it is here or no more will come. */
static void settle_text(struct body_reader *b)
{
    if (looks_textual(buf_view(&b->memory)))
        b->keeping = KEEP;
    else
        drop_kept(b);
}

/* The store failed or has no directory: memory is all there is. */
static void close_keeping(struct body_reader *b)
{
    b->full = true;
    spool_free(b->spool);
    b->spool = NULL;
    b->kept = b->memory.n;
}

static enum status keep_in_spool(struct body_reader *b, struct bytes data)
{
    enum status status = STATUS_OK;

    if (b->spool == NULL && (!body_store_open(b->store) || !body_store_room(b->store))) {
        b->full = true;
        return STATUS_OK;
    }
    data = bytes_slice(data, 0, BODY_KEPT_MOST - b->kept);
    if (b->spool == NULL)
        status = open_spool(b);
    if (status == STATUS_OK)
        status = spool_write(b->spool, data);
    if (status == STATUS_OK)
        b->kept += data.n;
    else
        close_keeping(b);
    return status;
}

/* Keeps what the policy lets it: first in memory, then in the spool, then nowhere. */
static enum status keep(struct body_reader *b, struct bytes data)
{
    struct bytes first = bytes_slice(data, 0, BODY_MEMORY_MOST - b->memory.n);
    enum status status = buf_append(&b->memory, first);

    if (status != STATUS_OK)
        return status;
    b->kept += first.n;
    if (b->keeping == KEEP_IF_TEXT && b->memory.n >= SNIFF)
        settle_text(b);
    if (b->keeping == KEEP_NOTHING || b->full || first.n == data.n)
        return STATUS_OK;
    return keep_in_spool(b, bytes_slice(data, first.n, data.n));
}

/* Decoded bytes arrive. */
static enum status sink(struct body_reader *b, struct bytes data)
{
    b->bytes += data.n;
    digest_add(b->digest, data);
    return b->keeping == KEEP_NOTHING || data.n == 0 ? STATUS_OK : keep(b, data);
}

static const char *corrupt(enum unpack_kind kind)
{
    switch (kind) {
    case UNPACK_GZIP:
        return "corrupt gzip data";
    case UNPACK_ZLIB:
    case UNPACK_DEFLATE:
    case UNPACK_RAW:
        return "corrupt deflate data";
    case UNPACK_BROTLI:
        return "corrupt brotli data";
    case UNPACK_ZSTD:
    case UNPACK_ZSTD_HTTP:
        return "corrupt zstd data";
    }
    return NULL;
}

static const char trailing[] = "bytes behind the end of the content coding";

bool body_undecoded(const struct body *b, enum gap_cause *why)
{
    /* What is missing has a gap of its own already. */
    if (b->undecoded == NULL || b->undecoded == missing)
        return false;
    if (b->undecoded == unknown)
        *why = GAP_UNSUPPORTED;
    else if (b->undecoded == bomb || b->undecoded == too_many)
        *why = GAP_BUDGET;
    else
        *why = GAP_BAD;
    return true;
}

static void say_undecoded(struct body_reader *b, const char *why)
{
    if (b->undecoded == NULL)
        b->undecoded = why;
}

/* No decoding from here on; what came out before stands. */
static void stop(struct body_reader *b, const char *why)
{
    b->stopped = true;
    say_undecoded(b, why);
    for (size_t i = 0; i < b->stage_count; i++) {
        b->stages[i].in.n = 0;
        b->stages[i].again = false;
    }
}

/* The coding came to its end before: what follows is not its data. */
static void close_stage(struct body_reader *b, struct stage *stage)
{
    stage->closed = true;
    stage->in.n = 0;
    stage->again = false;
    say_undecoded(b, trailing);
}

static enum status judge(
        struct body_reader *b, struct stage *stage, enum parse verdict, size_t made)
{
    stage->done = verdict == PARSE_DONE;
    stage->again = verdict == PARSE_MORE && made == STEP;
    switch (verdict) {
    case PARSE_DONE:
        stage->fresh = true;
        return STATUS_OK;
    case PARSE_MORE:
        if (made != 0)
            stage->fresh = false;
        return STATUS_OK;
    case PARSE_BAD:
        if (stage->fresh && made == 0)
            close_stage(b, stage);
        else
            stop(b, corrupt(stage->kind));
        return STATUS_OK;
    case PARSE_UNSUPPORTED:
        break;
    }
    if (unpack_limited(stage->unpack))
        stop(b, bomb);
    else if (stage->kind == UNPACK_ZSTD_HTTP)
        stop(b, "zstd window larger than HTTP allows");
    else
        return STATUS_NOMEM;
    return STATUS_OK;
}

static enum status start_stage(struct stage *stage)
{
    if (stage->unpack == NULL)
        stage->unpack = unpack_new(stage->kind,
                (struct unpack_limits){.bytes = BODY_DECODED_MOST, .ratio = BODY_RATIO_MOST});
    if (stage->out == NULL)
        stage->out = malloc(STEP);
    return stage->unpack == NULL || stage->out == NULL ? STATUS_NOMEM : STATUS_OK;
}

/* One step of stage number `i`; its output goes to the next one, or out. */
static enum status step(struct body_reader *b, size_t i)
{
    struct stage *stage = &b->stages[i];
    enum status status = start_stage(stage);
    struct bytes out;
    enum parse verdict;
    size_t made, before = stage->in.n;

    if (status != STATUS_OK)
        return status;
    if (stage->closed) {
        stage->in.n = 0;
        return STATUS_OK;
    }
    verdict = unpack_push(stage->unpack, &stage->in, stage->out, STEP, &made);
    if (verdict == PARSE_DONE && stage->done && stage->in.n == before && before != 0) {
        close_stage(b, stage); /* a kind without further members, and more data */
        return STATUS_OK;
    }
    out = bytes_of(stage->out, made);
    if (i + 1 == b->stage_count)
        status = sink(b, out);
    else
        b->stages[i + 1].in = out;
    /* A full disk takes away what is kept, not what is understood: go on in any case. */
    return judge(b, stage, verdict, made) == STATUS_OK ? status : STATUS_NOMEM;
}

static enum status push(struct body_reader *b, struct bytes wire)
{
    enum status first = STATUS_OK;

    if (b->stage_count == 0)
        return sink(b, wire);
    b->stages[0].in = wire;
    for (;;) {
        size_t i = b->stage_count;
        enum status status;

        /* The innermost coding with something to take goes first: so one buffer each does. */
        while (i > 0 && b->stages[i - 1].in.n == 0 && !b->stages[i - 1].again)
            i--;
        if (i == 0)
            return first;
        status = step(b, i - 1);
        if (status == STATUS_NOMEM)
            return status;
        if (first == STATUS_OK)
            first = status;
    }
}

enum status body_push(struct body_reader *b, struct bytes wire)
{
    enum status status;

    b->wire_bytes += wire.n;
    if (b->stopped)
        return STATUS_OK;
    status = push(b, wire);
    if (status == STATUS_NOMEM)
        stop(b, "out of memory");
    return status;
}

void body_gap(struct body_reader *b, uint64_t len)
{
    if (len == 0)
        return;
    b->missing = true;
    if (b->stage_count != 0 && !b->stopped)
        stop(b, missing);
}

/* Every coding that was begun must have come to its end. */
static void check_ends(struct body_reader *b)
{
    for (size_t i = 0; i < b->stage_count && !b->stopped; i++) {
        const struct stage *stage = &b->stages[i];

        if (stage->unpack == NULL || stage->done || stage->closed)
            continue;
        say_undecoded(b, stage->fresh ? trailing : "the content coding ends early");
    }
}

/* Puts what was kept to where it stays. */
static enum status store_kept(struct body_reader *b, struct body *out)
{
    enum status status = STATUS_OK;

    if (b->spool != NULL) {
        status = spool_keep(b->spool, out->sha256);
        b->spool = NULL;
        out->spooled = status == STATUS_OK;
        if (!out->spooled)
            b->kept = b->memory.n;
    } else if (b->memory.n != 0 && !b->full && body_store_open(b->store)) {
        status = body_store_put(b->store, out->sha256, buf_view(&b->memory));
        out->spooled = status == STATUS_OK;
    }
    return status;
}

enum status body_end(struct body_reader *b, bool whole)
{
    struct body body = {.present = true};
    uint8_t digest[DIGEST_MOST];
    enum status status;

    check_ends(b);
    if (b->keeping == KEEP_IF_TEXT)
        settle_text(b);
    digest_finish(b->digest, digest);
    memcpy(body.sha256, digest, SHA256_BYTES);
    if (b->memory.n != 0 && !arena_copy(b->x->arena, buf_view(&b->memory), &body.data))
        return STATUS_NOMEM;
    status = store_kept(b, &body);
    memcpy(body.codings, b->codings, sizeof(body.codings));
    body.coding_count = b->coding_count;
    body.wire_bytes = b->wire_bytes;
    body.bytes = b->bytes;
    body.undecoded = b->undecoded;
    body.whole = whole && !b->missing && b->undecoded == NULL;
    body.kept = b->kept;
    body.type = b->type;
    b->m->body = body;
    return status;
}
