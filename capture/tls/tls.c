/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/tls/tls.h"

#include <stdlib.h>

#include "capture/tls/half.h"

enum tls_look tls_look(struct bytes first)
{
    uint8_t type, major, minor;
    uint16_t length;
    struct bytes rest = first;

    if (first.n == 0)
        return TLS_LOOK_MORE;
    if ((first.p[0] & 0x80) != 0) {
        /* SSL 2 compatible: length, type 1, version 3.x or 2. */
        if (first.n < RECORD_HEADER)
            return first.n > 2 && first.p[2] != 1 ? TLS_LOOK_NOT : TLS_LOOK_MORE;
        length = (uint16_t)((first.p[0] & 0x7f) << 8 | first.p[1]);
        return first.p[2] == 1 && length >= 9 && length <= RECORD_FRAGMENT_MOST &&
                               ((first.p[3] == 3 && first.p[4] <= 4) ||
                                       (first.p[3] == 0 && first.p[4] == 2))
                       ? TLS_LOOK_YES
                       : TLS_LOOK_NOT;
    }
    if (first.p[0] < RECORD_CHANGE_CIPHER || first.p[0] > RECORD_HEARTBEAT)
        return TLS_LOOK_NOT;
    if (!bytes_take_u8(&rest, &type) || !bytes_take_u8(&rest, &major))
        return TLS_LOOK_MORE;
    if (major != 3 && major != 1)
        return TLS_LOOK_NOT;
    if (!bytes_take_u8(&rest, &minor))
        return TLS_LOOK_MORE;
    if (major == 3 ? minor > 4 : minor != 1)
        return TLS_LOOK_NOT;
    if (!bytes_take_u16(&rest, &length))
        return TLS_LOOK_MORE;
    return length <= RECORD_FRAGMENT_MOST && (length != 0 || type == RECORD_DATA)
                   ? TLS_LOOK_YES
                   : TLS_LOOK_NOT;
}

struct tls *tls_new(const struct tls_setup *setup)
{
    struct tls *t = calloc(1, sizeof(*t));

    if (t == NULL)
        return NULL;
    t->setup = *setup;
    t->trial_bytes = TLS_TRIAL_BYTES;
    buf_init(&t->now.transcript, TRANSCRIPT_MOST);
    half_init(&t->half[FROM_CLIENT], FROM_CLIENT);
    half_init(&t->half[FROM_SERVER], FROM_SERVER);
    return t;
}

void tls_free(struct tls *t)
{
    if (t == NULL)
        return;
    half_clear(&t->half[FROM_CLIENT]);
    half_clear(&t->half[FROM_SERVER]);
    buf_clear(&t->now.transcript);
    free(t);
}

enum status tls_status(const struct tls *t)
{
    return t->status;
}

enum status tls_push(struct tls *t, const struct item *in)
{
    struct half *h = &t->half[in->dir];

    /* What the caller pushed before is borrowed only until now. */
    for (int dir = FROM_CLIENT; dir <= FROM_SERVER && t->status == STATUS_OK; dir++)
        t->status = records_settle(&t->half[dir].records);
    if (t->status != STATUS_OK || h->over)
        return t->status;
    if (h->first != NULL || h->blocked || h->records.has_item)
        t->status = half_wait(h, in);
    else
        records_push(&h->records, in);
    return t->status;
}

static void queue_item(struct tls *t, const struct item *item)
{
    t->queue[t->queue_n++] = *item;
}

/* A record under keys that could not be opened. */
static void miss(
        struct tls *t, struct half *h, const struct record *record, const struct opened *opened)
{
    bool is13 = t->now.server_seen && secret_is_tls13(&t->now);
    uint64_t lost = h->hole.open && h->hole.id_n == 0 ? record->lost : 0;

    h->unopened++;
    /* Before TLS 1.3 the type can be seen: only application data are plaintext lost. */
    if (record->type != RECORD_DATA && !is13)
        return;
    hole_add(t, h, opened->why, opened->detail,
            open_plain_most(t, h, record->whole.n, 1) +
                    (lost == 0 ? 0 : open_plain_most(t, h, lost, 1)),
            record);
}

static enum status data(
        struct tls *t, struct half *h, const struct record *record, struct bytes content)
{
    struct item item = {.kind = ITEM_BYTES,
            .dir = h->dir,
            .off = h->off,
            .len = content.n,
            .data = content,
            .frames = record->frames,
            .first_ns = record->first_ns,
            .last_ns = record->last_ns,
            .place = record->place};

    hole_tell(t, h, record->frames.n == 0 ? 0 : record->frames.at[0]);
    if (content.n == 0)
        return STATUS_OK;
    queue_item(t, &item);
    h->off += content.n;
    t->opened_data += content.n;
    if (h->epoch == EPOCH_EARLY) {
        t->early_until = h->off;
        t->setup.facts->early_data = true;
    }
    return STATUS_OK;
}

static enum status content_of(struct tls *t, struct half *h, const struct record *record,
        uint8_t type, struct bytes content)
{
    switch (type) {
    case RECORD_HANDSHAKE:
        return message_push(t, h, content);
    case RECORD_DATA:
        return data(t, h, record, content);
    case RECORD_ALERT:
        message_alert(t, h, content);
        return STATUS_OK;
    case RECORD_CHANGE_CIPHER:
        if (h->epoch == EPOCH_MASTER)
            open_enter(h, EPOCH_MASTER);
        return STATUS_OK;
    default: /* heartbeats, and what nobody has defined */
        return STATUS_OK;
    }
}

static void refuse_early(struct half *h, const struct record *record)
{
    h->refused_early += record->fragment.n;
}

/* Takes or refuses a record that should be under keys. */
static enum status protected_record(struct tls *t, struct half *h, const struct record *record)
{
    struct opened opened = {.why = GAP_NO_KEYS};
    enum status status = STATUS_OK;

    switch (open_record(t, h, record, &opened)) {
    case OPEN_DONE:
        if (record->lost != 0)
            message_lost(t, h);
        status = content_of(t, h, record, opened.type, opened.content);
        break;
    case OPEN_REFUSED:
        t->setup.facts->early_data = true;
        refuse_early(h, record);
        break;
    case OPEN_FAILED:
        /* A guess that no key opens is no record, unless there was no key to try. */
        if (record->guess && opened.why == GAP_BAD_TAG) {
            records_refuse(&h->records);
            return STATUS_OK;
        }
        miss(t, h, record, &opened);
        /* A renegotiation behind keys that we lack changes them again. */
        if (record->type == RECORD_CHANGE_CIPHER && h->epoch == EPOCH_MASTER)
            open_enter(h, EPOCH_MASTER);
        break;
    case OPEN_NOMEM:
        return STATUS_NOMEM;
    }
    records_take(&h->records);
    return status;
}

/* Data where none can be yet: the keys changed in a hole, or it is early data. Returns false
 * when the record is dealt with. */
static bool enter_protection(struct tls *t, struct half *h, const struct record *record)
{
    const struct negotiation *n = &t->now;

    if (h->dir == FROM_CLIENT && n->retry) {
        t->setup.facts->early_data = true;
        refuse_early(h, record);
        records_take(&h->records);
        return false;
    }
    if (!n->server_seen || !secret_is_tls13(n))
        open_enter(h, EPOCH_MASTER);
    else if (h->dir == FROM_CLIENT && (n->early == EARLY_UNKNOWN || n->early == EARLY_ACCEPTED))
        open_enter(h, EPOCH_EARLY);
    else
        open_enter(h, EPOCH_HANDSHAKE);
    return true;
}

/* In place of a plain handshake record: the Finished, when its ChangeCipherSpec was lost. */
static bool is_lost_finished(
        struct tls *t, struct half *h, const struct record *record, enum status *status)
{
    struct opened opened;

    if (!h->doubt || !t->now.server_seen || secret_is_tls13(&t->now))
        return false;
    open_enter(h, EPOCH_MASTER);
    switch (open_record(t, h, record, &opened)) {
    case OPEN_DONE:
        message_lost(t, h);
        *status = content_of(t, h, record, opened.type, opened.content);
        return true;
    case OPEN_NOMEM:
        *status = STATUS_NOMEM;
        return true;
    case OPEN_FAILED:
    case OPEN_REFUSED:
        break;
    }
    open_enter(h, EPOCH_PLAIN);
    h->keyless = false;
    return false;
}

static enum status plain_record(struct tls *t, struct half *h, const struct record *record)
{
    bool is13 = t->now.server_seen && secret_is_tls13(&t->now);
    enum status status = STATUS_OK;

    if (record->lost != 0) {
        message_lost(t, h);
        h->doubt = true;
    }
    if (record->type == RECORD_DATA)
        return enter_protection(t, h, record) ? protected_record(t, h, record) : STATUS_OK;
    if (record->type == RECORD_HANDSHAKE && !record->sslv2 &&
            is_lost_finished(t, h, record, &status)) {
        records_take(&h->records);
        return status;
    }
    if (h->hole.open && h->hole.id_n != 0)
        hole_forget(h); /* only handshake was in it */
    if (record->sslv2) {
        status = message_sslv2(t, h, record->fragment);
    } else if (record->type == RECORD_CHANGE_CIPHER) {
        /* TLS 1.3 sends it for show: RFC 8446 appendix D.4. */
        if (!is13 && !t->now.retry && !(h->dir == FROM_SERVER && !t->now.server_seen))
            open_enter(h, EPOCH_MASTER);
    } else {
        status = content_of(t, h, record, record->type, record->fragment);
    }
    /* A direction that starts with anything but its hello will not show one. */
    if (h->dir == FROM_CLIENT ? !t->now.client_seen && h->message.n == 0
                              : !t->now.server_seen && !t->now.retry && h->message.n == 0)
        h->lost_hello = true;
    records_take(&h->records);
    return status;
}

static enum status here(struct tls *t, struct half *h, const struct record *record)
{
    bool is13 = t->now.server_seen && secret_is_tls13(&t->now);
    enum status status;

    if (h->epoch == EPOCH_PLAIN) {
        status = plain_record(t, h, record);
    } else if (is13 && record->type == RECORD_CHANGE_CIPHER) {
        records_take(&h->records);
        status = STATUS_OK;
    } else if (is13 && record->type != RECORD_DATA && h->crypt == NULL) {
        /* In the clear: an alert by a peer that got no keys. */
        status = content_of(t, h, record, record->type, record->fragment);
        records_take(&h->records);
    } else {
        status = protected_record(t, h, record);
    }
    if (record->frames.n != 0)
        h->last_packet = record->frames.at[record->frames.n - 1];
    return status;
}

static void hole(struct tls *t, struct half *h, const struct item *gap)
{
    if (gap->len == 0) {
        struct item mark = *gap;

        mark.off = h->off;
        queue_item(t, &mark);
        return;
    }
    if (h->dir == FROM_CLIENT ? !t->now.client_seen : !t->now.server_seen)
        h->lost_hello = true;
    h->doubt = true;
    hole_add_gap(t, h, gap);
}

static void end(struct tls *t, struct half *h)
{
    const struct item over = {.kind = ITEM_END, .dir = h->dir, .off = 0};
    uint64_t rest = records_rest(&h->records);
    const struct record nothing = {0};
    struct item last = over;

    if (h->hole.open && (h->hole.id_n != 0 || h->hole.why == GAP_BAD)) {
        if (rest != 0)
            h->hole.len = open_plain_most(t, h, rest, 1);
    } else if (h->hole.open) {
        h->hole.len += open_plain_most(t, h, rest, 1);
    } else if (rest > RECORD_HEADER && h->epoch != EPOCH_PLAIN) {
        hole_add(t, h, GAP_CUT, "the last record is not whole", open_plain_most(t, h, rest, 1),
                &nothing);
    }
    if (h->hole.open && h->hole.id_n != 0 && h->epoch == EPOCH_PLAIN && h->keyless == false &&
            !h->lost_hello && t->opened_data == 0 && t->missed == 0)
        hole_forget(h);
    hole_tell(t, h, 0);
    if (h->refused_early != 0) {
        const struct gap mark = {.why = GAP_UNSUPPORTED,
                .layer = LAYER_TLS,
                .dir = h->dir,
                .first_packet = 0,
                .detail = "early data that the server refused; the client sends it again"};

        if (ledger_file(t->setup.ledger, &mark) == 0)
            t->status = STATUS_NOMEM;
    }
    last.off = h->off;
    queue_item(t, &last);
    h->over = true;
}

/* One step of one direction; false when it has to wait. */
static bool advance(struct tls *t, struct half *h)
{
    static const struct record nothing;
    struct record record;
    struct item gap;

    h->blocked = false;
    if (h->over)
        return false;
    h->records.unproved = h->crypt == NULL;
    switch (records_next(&h->records, &record, &gap)) {
    case RECORD_MORE:
        return half_resume(h);
    case RECORD_HERE:
        if (!half_must_wait(t, h, &record)) {
            t->status = here(t, h, &record);
            return true;
        }
        h->blocked = true;
        t->status = records_settle(&h->records);
        return false;
    case RECORD_HOLE:
        hole(t, h, &gap);
        return true;
    case RECORD_JUNK:
        if (h->dir == FROM_CLIENT ? !t->now.client_seen : !t->now.server_seen)
            h->lost_hello = true;
        h->doubt = true;
        hole_add(t, h, GAP_BAD, "bytes that are no TLS record", 0, &nothing);
        return true;
    case RECORD_GONE:
        return true;
    case RECORD_END:
        end(t, h);
        return true;
    case RECORD_FAILED:
        t->status = STATUS_NOMEM;
        return false;
    }
    return false;
}

bool tls_next(struct tls *t, struct item *out)
{
    for (;;) {
        if (t->status != STATUS_OK)
            return false;
        if (t->queue_at < t->queue_n) {
            *out = t->queue[t->queue_at++];
            return true;
        }
        t->queue_at = t->queue_n = 0;
        if (!advance(t, &t->half[FROM_CLIENT]) && t->status == STATUS_OK &&
                !advance(t, &t->half[FROM_SERVER]))
            return false;
    }
}

enum status tls_close(struct tls *t)
{
    t->closing = true;
    for (int dir = FROM_CLIENT; dir <= FROM_SERVER && t->status == STATUS_OK; dir++) {
        const struct item over = {.kind = ITEM_END, .dir = (enum direction)dir};

        t->status = tls_push(t, &over);
    }
    return t->status;
}

static const char *reason_of(enum gap_cause why)
{
    switch (why) {
    case GAP_NO_KEYS:
        return "no keys";
    case GAP_BAD_TAG:
        return "no key fits";
    case GAP_UNSUPPORTED:
        return "unsupported cipher";
    case GAP_MIDSTREAM:
        return "the handshake was not captured";
    case GAP_BAD:
        return "bytes that are no TLS records";
    case GAP_CUT:
        return "the last record is not whole";
    case GAP_LOST:
    case GAP_SNAPLEN:
    case GAP_KERNEL_DROP:
    case GAP_CONFLICT:
    case GAP_BUDGET:
        break;
    }
    return "bytes are missing";
}

enum decrypted tls_decrypted(const struct tls *t, const char **reason)
{
    uint64_t unopened = t->half[FROM_CLIENT].unopened + t->half[FROM_SERVER].unopened;

    *reason = NULL;
    if (t->missed != 0)
        *reason = reason_of(t->missed_why);
    else if (unopened != 0 && t->opened == 0)
        *reason = "no keys";
    if (*reason == NULL)
        return t->opened == 0 ? DECRYPTED_NOT_NEEDED : DECRYPTED_FULL;
    return t->opened_data == 0 ? DECRYPTED_NO : DECRYPTED_PARTIAL;
}

uint64_t tls_early_until(const struct tls *t)
{
    return t->early_until;
}
