/* SPDX-License-Identifier: Apache-2.0 */
#include "report/lines.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "capture/tls/hello.h"
#include "report/account.h"
#include "report/lacks.h"

enum { ID_TEXT = 24 };

static void write_id(struct json *j, const char *key, char letter, uint64_t number)
{
    char text[ID_TEXT];

    (void)snprintf(text, sizeof(text), "%c%" PRIu64, letter, number);
    json_string(j, key, text);
}

static void write_endpoint(struct json *j, const char *key, const struct endpoint *e)
{
    char text[ENDPOINT_TEXT];

    /* A HAR file need not say. */
    if (e->version == 0) {
        json_null(j, key);
        return;
    }
    endpoint_text(e, text);
    json_string(j, key, text);
}

/* Views may be empty because they are unknown: then null. */
static void write_known(struct json *j, const char *key, struct bytes text)
{
    if (text.n == 0)
        json_null(j, key);
    else
        json_text(j, key, text);
}

void line_gap_ids(struct json *j, const char *key, const struct evidence *e,
        uint32_t connection, const uint32_t *gaps, size_t n)
{
    json_array(j, key);
    for (size_t i = 0; i < n; i++) {
        uint32_t number = evidence_gap(e, connection, gaps[i]);

        if (number != 0)
            write_id(j, NULL, 'g', number);
    }
    json_end(j);
}

static void write_headers(
        struct json *j, const char *key, const struct header *headers, size_t n)
{
    json_array(j, key);
    for (size_t i = 0; i < n; i++) {
        bool latin1 = !bytes_is_utf8(headers[i].name) || !bytes_is_utf8(headers[i].value);

        json_array(j, NULL);
        json_text(j, NULL, headers[i].name);
        json_text(j, NULL, headers[i].value);
        if (latin1)
            json_string(j, NULL, "latin1");
        json_end(j);
    }
    json_end(j);
}

static void write_body(struct json *j, const struct body *b)
{
    if (!b->present) {
        json_null(j, "body");
        return;
    }
    json_object(j, "body");
    json_unsigned(j, "bytes", b->bytes);
    json_hex(j, "sha256", bytes_of(b->sha256, sizeof(b->sha256)));
    write_known(j, "type", b->type);
    json_array(j, "codings");
    for (size_t i = 0; i < b->coding_count; i++)
        json_string(j, NULL, b->codings[i]);
    json_end(j);
    json_unsigned(j, "wire_bytes", b->wire_bytes);
    json_bool(j, "whole", b->whole);
    if (b->undecoded != NULL)
        json_string(j, "undecoded", b->undecoded);
    if (b->kept != 0)
        json_unsigned(j, "kept", b->kept);
    json_end(j);
}

static void write_message(struct json *j, const char *key, const struct message *m)
{
    if (!m->seen) {
        json_null(j, key);
        return;
    }
    json_object(j, key);
    write_headers(j, "headers", m->headers, m->header_count);
    if (m->trailer_count != 0)
        write_headers(j, "trailers", m->trailers, m->trailer_count);
    write_body(j, &m->body);
    json_array(j, "frames");
    for (size_t i = 0; i < m->frames_listed; i++)
        json_unsigned(j, NULL, m->frames[i]);
    json_end(j);
    if (m->frame_count > m->frames_listed) {
        json_unsigned(j, "frame_count", m->frame_count);
        json_unsigned(j, "last_frame", m->last_frame);
    }
    json_bool(j, "whole", m->whole);
    json_end(j);
}

const char *line_tls_version(uint16_t version)
{
    const char *name = hello_version_name(version);

    if (name == NULL)
        return "unknown";
    return strncmp(name, "TLS ", 4) == 0 ? name + 4 : name;
}

static void write_ends(struct json *j, const struct evidence *e, const struct exchange *x)
{
    const struct connection *c = evidence_connection(e, x);

    if (c == NULL) {
        json_null(j, "client");
        json_null(j, "server");
        json_null(j, "server_name");
        json_null(j, "tls");
        return;
    }
    write_endpoint(j, "client", &c->client);
    write_endpoint(j, "server", &c->server);
    json_string(j, "server_name", c->tls.server_name);
    if (!x->secure || c->tls.version == 0) {
        json_null(j, "tls");
        return;
    }
    json_string(j, "tls", line_tls_version(c->tls.version));
}

static void write_exchange_id(
        struct json *j, const char *key, const struct evidence *e, int64_t index)
{
    char id[EXCHANGE_ID_TEXT];

    if (index < 0) {
        json_null(j, key);
        return;
    }
    exchange_id(e->exchanges[index], id);
    json_string(j, key, id);
}

static void write_attribution(
        struct json *j, const struct evidence *e, const struct attribution *a)
{
    write_known(j, "site", a->site);
    if (a->visit == NULL) {
        json_null(j, "page");
        json_null(j, "page_site");
    } else {
        json_text(j, "page", a->visit->url);
        json_text(j, "page_site", a->visit->site);
    }
    json_string(j, "page_basis", page_basis_name(a->basis));
    if (a->ground != NULL)
        json_string(j, "page_ground", a->ground);
    if (a->ground_exchange != ATTRIBUTION_NONE)
        write_exchange_id(j, "page_ground_exchange", e, a->ground_exchange);
    json_string(j, "party", party_name(a->party));
    write_known(j, "initiator_site", a->initiator_site);
    json_string(j, "initiator_party", party_name(a->initiator_party));
}

static void write_rule(struct json *j, const char *key, const struct match_rule *r)
{
    const char *dot = strrchr(r->list->name, '.');
    size_t n = dot == NULL ? strlen(r->list->name) : (size_t)(dot - r->list->name);

    json_object(j, key);
    json_text(j, "list", bytes_of(r->list->name, n));
    json_text(j, "rule", r->text);
    json_unsigned(j, "line", r->line);
    json_string(j, "sha256", r->list->sha256);
    json_end(j);
}

static void write_tracker(struct json *j, const struct match_verdict *v)
{
    switch (v->outcome) {
    case MATCH_NONE:
        json_null(j, "tracker");
        break;
    case MATCH_BLOCK:
        write_rule(j, "tracker", &v->block);
        break;
    case MATCH_EXCEPTION:
        json_null(j, "tracker");
        write_rule(j, "tracker_excepted", &v->block);
        write_rule(j, "tracker_exception", &v->exception);
        break;
    }
}

/* What told the browser that HTTP/3 is to be had here. */
static void write_announcement(struct json *j, const struct evidence *e,
        const struct judgement *judged, const struct exchange *x)
{
    const struct connection *c = evidence_connection(e, x);
    const struct announcement *a =
            c == NULL ? NULL : announcements_find(&judged->announcements, c);

    if (a == NULL)
        return;
    json_object(j, "announced_by");
    json_string(j, "how", a->lookup == NULL ? "alt-svc" : "https-record");
    if (a->lookup == NULL)
        write_exchange_id(j, "exchange", e, a->exchange);
    else
        json_unsigned(j, "frame", a->lookup->frames[1]);
    json_end(j);
}

/* A message of a WebSocket: what kind it is, and whose upgrade opened the way for it. */
static void write_socket(struct json *j, const struct evidence *e, const struct exchange *x,
        const struct attribution *a)
{
    if (x->message == 0)
        return;
    json_unsigned(j, "message", x->message);
    json_string(j, "opcode", x->opcode);
    write_exchange_id(j, "opened_by", e, a->opened_by);
}

/* Whose protocol it speaks, and whether at a host of theirs. */
static void write_vendor(struct json *j, const struct vendor *v, struct bytes host)
{
    if (v == NULL) {
        json_null(j, "vendor");
        return;
    }
    json_object(j, "vendor");
    json_string(j, "name", v->name);
    json_string(j, "owner", v->owner[0] == '\0' ? NULL : v->owner);
    json_bool(j, "own_host", vendor_at_home(v, host));
    json_end(j);
}

/* What all that it carries amounts to, and the items that decide. */
static void write_together(struct json *j, const struct together *t)
{
    json_string(j, "class", trace_class_name(t->class_));
    line_verdicts(j, t->verdicts, t->grounds, t->ground_count);
    json_object(j, "because");
    for (int r = 0; r < READINGS; r++) {
        const char *reading = reading_name((enum reading)r);

        if (t->because[r] == NULL)
            json_null(j, reading);
        else
            write_id(j, reading, 'i', t->because[r]->number);
    }
    json_end(j);
}

void line_exchange(
        struct json *j, const struct evidence *e, const struct judgement *judged, size_t index)
{
    const struct exchange *x = e->exchanges[index];
    const struct attribution *a = &judged->attributions.of[index];
    int64_t begin = x->request.seen ? x->request.first_ns : x->response.first_ns;
    int64_t end = x->response.seen ? x->response.last_ns : x->request.last_ns;

    json_object(j, NULL);
    write_exchange_id(j, "id", e, (int64_t)index);
    write_id(j, "connection", 'c', x->connection);
    json_unsigned(j, "stream", x->stream);
    json_string(j, "protocol", protocol_name(x->protocol));
    if (e->har != NULL)
        json_string(j, "basis", "HAR");
    json_time(j, "time", begin);
    json_integer(j, "duration_us", end > begin ? (end - begin) / 1000 : 0);
    write_ends(j, e, x);
    write_known(j, "method", x->method);
    write_known(j, "url", x->url);
    write_known(j, "host", x->host);
    if (x->status == 0)
        json_null(j, "status");
    else
        json_unsigned(j, "status", x->status);
    write_socket(j, e, x, a);
    write_attribution(j, e, a);
    json_string(j, "owner", judged->owners[index]);
    write_tracker(j, &judged->trackers[index]);
    write_vendor(j, judged->vendors[index], x->host);
    json_string(j, "consent", consent_state_name(judged->consents[index]));
    write_together(j, &judged->together[index]);
    write_message(j, "request", &x->request);
    write_message(j, "response", &x->response);
    write_exchange_id(j, "redirect_from", e, a->redirect_from);
    account_exchange(j, judged, index);
    if (x->protocol == PROTOCOL_H3)
        write_announcement(j, e, judged, x);
    if (x->pushed)
        json_bool(j, "pushed", true);
    if (x->early)
        json_bool(j, "early_data", true);
    if (x->interim[0] != 0) {
        json_array(j, "interim");
        for (size_t i = 0; i < sizeof(x->interim) / sizeof(*x->interim); i++) {
            if (x->interim[i] != 0)
                json_unsigned(j, NULL, x->interim[i]);
        }
        json_end(j);
    }
    json_bool(j, "complete", x->complete);
    json_string(j, "state", lacks_state_name(lacks_state(x)));
    line_gap_ids(j, "gaps", e, x->connection, x->gaps, x->gap_count);
    json_end(j);
}

void line_server(struct json *j, const struct evidence *e, const struct server *s)
{
    const struct connection *c = e->connections[s->first];

    json_object(j, NULL);
    json_string(j, "address", s->text);
    json_array(j, "hosts");
    for (size_t i = 0; i < s->host_count; i++)
        json_text(j, NULL, s->hosts[i]);
    json_end(j);
    if (s->more_hosts)
        json_bool(j, "more_hosts", true);
    json_unsigned(j, "connections", s->connections);
    write_id(j, "first_connection", 'c', c->id);
    json_string(j, "certificate_subject",
            c->tls.chain_length == 0 ? NULL : c->tls.chain[0].subject);
    if (s->known) {
        json_string(j, "country", s->at.country[0] == '\0' ? NULL : s->at.country);
        if (s->at.as == 0)
            json_null(j, "as");
        else
            json_unsigned(j, "as", s->at.as);
        json_string(j, "as_name", s->at.as_name[0] == '\0' ? NULL : s->at.as_name);
        json_string(j, "network", s->at.network[0] == '\0' ? NULL : s->at.network);
        json_string(j, "grade", grade_name(GRADE_INFERRED));
    }
    json_end(j);
}

void line_lookup(struct json *j, const struct lookup *d)
{
    json_object(j, NULL);
    json_time(j, "time", d->time_ns);
    json_string(j, "name", d->name);
    json_string(j, "type", d->type);
    json_array(j, "answers");
    for (size_t i = 0; i < d->answer_count; i++)
        json_string(j, NULL, d->answers[i]);
    json_end(j);
    json_array(j, "chain");
    for (size_t i = 0; i < d->chain_count; i++)
        json_string(j, NULL, d->chain[i]);
    json_end(j);
    json_string(j, "result", d->result);
    json_string(j, "carrier", d->carrier);
    json_array(j, "frames");
    for (size_t i = 0; i < 2; i++) {
        if (d->frames[i] != 0)
            json_unsigned(j, NULL, d->frames[i]);
    }
    json_end(j);
    json_end(j);
}

void line_gap(struct json *j, const struct evidence *e, const struct gap *gap)
{
    json_object(j, NULL);
    write_id(j, "id", 'g', evidence_gap(e, gap->connection, gap->id));
    json_string(j, "cause", gap_cause_name(gap->why));
    if (gap->connection != 0) {
        write_id(j, "connection", 'c', gap->connection);
        json_string(j, "direction", gap->dir == FROM_CLIENT ? "client" : "server");
    }
    json_string(j, "layer", layer_name(gap->layer));
    if (gap->stream != 0)
        json_unsigned(j, "stream", gap->stream);
    json_unsigned(j, "offset", gap->off);
    json_unsigned(j, "length", gap->len);
    json_unsigned(j, "first_packet", gap->first_packet);
    json_unsigned(j, "last_packet", gap->last_packet);
    json_string(j, "detail", gap->detail);
    json_end(j);
}
