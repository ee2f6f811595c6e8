/* SPDX-License-Identifier: Apache-2.0 */
#include "report/completeness.h"

#include <stdio.h>

#include "report/account.h"
#include "report/lacks.h"
#include "report/lines.h"

/* What no packet capture can show, whatever it holds. */
static const char *const cannot_show[] = {
        "What a recipient did with the data after receiving it: use, storage, onward transfer "
        "between servers.",
        "Answers the browser took from its own caches (memory, disk, back and forward), and "
        "pages it kept alive: they cause no packets.",
        "Requests a service worker answered by itself from what it had stored: they cause no "
        "packets either, and a page can work for days that way.",
        "Which script inside a page caused a request: the network shows the page at most.",
        "Cookies and storage that were written in the browser but never sent.",
        "Data in payloads whose encoding is proprietary or encrypted by the page itself.",
        "Media and data channels of WebRTC, and datagrams of WebTransport: they are counted as "
        "packets, not read.",
        "Who was using the browser.",
};

/* What a HAR file lacks besides. */
static const char *const har_cannot_show[] = {
        "What went over the wire: the file was written by a program that had read, decoded and "
        "in part dropped it.",
        "Requests that the program did not see or did not write down: those of other programs, "
        "of the browser itself, and name look-ups.",
        "Anything of the connections: addresses of the client, TLS, certificates, packets.",
};

/* Said where it stands at the side of every claim of absence. */
static void write_warnings(struct json *j, const struct har_facts *f)
{
    json_array(j, "warnings");
    if (f->without_cookies)
        json_string(j, NULL,
                "exported without cookies: what was sent in cookies could not be seen; export "
                "again with sensitive data");
    if (f->without_content != 0)
        json_string(j, NULL, "the contents of some responses are not in the file");
    if (f->without_body != 0)
        json_string(j, NULL, "the contents of some requests are not in the file");
    if (f->cut)
        json_string(j, NULL, "the file is damaged or cut");
    json_end(j);
}

static void write_har(struct json *j, const struct har_facts *f)
{
    json_object(j, "har");
    json_string(j, "written_by", f->program);
    json_string(j, "browser", f->browser);
    json_unsigned(j, "entries", f->entries);
    json_object(j, "left_out");
    json_unsigned(j, "inside_the_browser", f->local);
    json_unsigned(j, "from_cache", f->cached);
    json_unsigned(j, "from_service_worker", f->worker);
    json_unsigned(j, "blocked_or_failed", f->blocked);
    json_unsigned(j, "not_understood", f->unread);
    json_end(j);
    json_unsigned(j, "responses_without_content", f->without_content);
    json_unsigned(j, "requests_without_body", f->without_body);
    json_unsigned(j, "requests_without_fields", f->without_fields);
    json_unsigned(j, "bodies_with_replaced_bytes", f->replaced);
    json_unsigned(j, "bodies_from_parameters", f->rebuilt);
    json_unsigned(j, "cookies_only_listed", f->cookies_listed);
    json_bool(j, "without_cookies", f->without_cookies);
    json_bool(j, "cut", f->cut);
    write_warnings(j, f);
    json_end(j);
}

static void write_count(struct json *j, const char *key, struct count count)
{
    json_object(j, key);
    json_bool(j, "known", count.known);
    if (count.known)
        json_unsigned(j, "count", count.n);
    else
        json_null(j, "count");
    json_end(j);
}

static void write_files(struct json *j, const struct evidence *e)
{
    json_array(j, "files");
    for (size_t i = 0; i < e->file_count; i++) {
        const struct evidence_file *f = &e->files[i];

        json_object(j, NULL);
        json_string(j, "path", f->name);
        if (f->packets == 0)
            json_null(j, "first_frame");
        else
            json_unsigned(j, "first_frame", f->first_frame);
        json_unsigned(j, "packets", f->packets);
        json_unsigned(j, "bytes", f->bytes);
        json_string(j, "sha256", f->sha256);
        json_end(j);
    }
    json_end(j);
}

static void write_packets(struct json *j, const struct evidence *e)
{
    uint64_t read = 0, truncated = 0;

    for (size_t i = 0; i < e->file_count; i++) {
        read += e->files[i].packets;
        truncated += e->files[i].truncated;
    }
    json_object(j, "packets");
    json_unsigned(j, "read", read);
    json_unsigned(j, "truncated", truncated);
    json_unsigned(j, "without_tcp_or_udp", e->packets_unread);
    write_count(j, "dropped_kernel", e->dropped_kernel);
    write_count(j, "dropped_interface", e->dropped_interface);
    json_end(j);
}

static void write_names(struct json *j, const char *key, const struct lack_names *names)
{
    json_object(j, key);
    for (size_t i = 0; i < names->n; i++)
        json_unsigned(j, names->at[i].name, names->at[i].n);
    json_end(j);
}

static void write_connections(struct json *j, const struct evidence *e, const struct lacks *l)
{
    uint64_t tls = 0, full = 0, partial = 0, no = 0;

    for (size_t i = 0; i < e->connection_count; i++) {
        const struct connection *c = e->connections[i];

        tls += c->tls.seen;
        full += c->decrypted == DECRYPTED_FULL;
        partial += c->decrypted == DECRYPTED_PARTIAL;
        no += c->decrypted == DECRYPTED_NO;
    }
    json_object(j, "connections");
    json_unsigned(j, "total", e->connection_count);
    json_unsigned(j, "with_tls", tls);
    json_unsigned(j, "with_quic", l->quic);
    json_unsigned(j, "decrypted", full);
    json_unsigned(j, "decrypted_partly", partial);
    json_unsigned(j, "not_decrypted", no);
    write_names(j, "undecrypted", &l->reasons);
    write_names(j, "protocols_not_read", &l->protocols);
    json_unsigned(j, "quic_packets_unopened", l->unopened);
    json_object(j, "quic_datagrams");
    json_unsigned(j, "connections", l->datagram_connections);
    json_unsigned(j, "count", l->datagrams);
    json_unsigned(j, "bytes", l->datagram_bytes);
    json_bool(j, "read", false);
    json_end(j);
    json_end(j);
}

static void write_exchanges(struct json *j, const struct evidence *e, const struct lacks *l)
{
    json_object(j, "exchanges");
    json_unsigned(j, "complete", l->states[STATE_COMPLETE]);
    json_unsigned(j, "partial", e->exchange_count - l->states[STATE_COMPLETE]);
    json_object(j, "states");
    for (size_t i = 0; i < EXCHANGE_STATES; i++)
        json_unsigned(j, lacks_state_name((enum exchange_state)i), l->states[i]);
    json_end(j);
    json_unsigned(j, "not_modified", l->not_modified);
    json_unsigned(j, "service_worker_scripts", l->worker_scripts);
    json_unsigned(j, "opaque_bodies", l->opaque);
    json_end(j);
}

/* {CAUSE: {places, bytes}}, of those that there are. */
static void write_missing(struct json *j, const struct lacks *l)
{
    json_object(j, "missing");
    for (size_t i = 0; i < GAP_CAUSES; i++) {
        if (l->gaps[i].n == 0)
            continue;
        json_object(j, gap_cause_name((enum gap_cause)i));
        json_unsigned(j, "places", l->gaps[i].n);
        if (l->gaps[i].more)
            json_null(j, "bytes");
        else
            json_unsigned(j, "bytes", l->gaps[i].bytes);
        json_end(j);
    }
    json_end(j);
}

static void write_gaps(struct json *j, const struct evidence *e)
{
    json_array(j, "gaps");
    for (size_t i = 0; i < e->capture_gaps.n; i++)
        line_gap(j, e, &e->capture_gaps.gaps[i]);
    for (size_t i = 0; i < e->connection_count; i++) {
        const struct ledger *l = &e->connections[i]->ledger;

        for (size_t k = 0; k < l->n; k++)
            line_gap(j, e, &l->gaps[k]);
    }
    json_end(j);
}

/* Only where it was asked. */
static void write_belongings(struct json *j, const struct belongings *b)
{
    if (b->list == NULL)
        return;
    json_object(j, "browser_sockets");
    json_unsigned(j, "lines", b->list->lines);
    json_unsigned(j, "lines_not_read", b->list->unread);
    json_bool(j, "cut", b->list->cut);
    json_bool(j, "capped", b->list->capped);
    json_unsigned(j, "endpoints", b->list->endpoints);
    json_object(j, "connections");
    json_unsigned(j, "by_socket", b->n[BELONGING_SOCKET]);
    json_unsigned(j, "by_keys", b->n[BELONGING_KEYS]);
    json_unsigned(j, "not_known", b->n[BELONGING_UNKNOWN]);
    json_unsigned(j, "not_known_with_exchanges", b->with_exchanges);
    json_unsigned(j, "not_known_look_ups", b->look_ups);
    json_end(j);
    json_end(j);
}

/* What this capture cannot show, whatever others can. */
static void write_unknown(struct json *j, const struct belongings *b)
{
    char text[320];

    if (b->n[BELONGING_UNKNOWN] == 0)
        return;
    (void)snprintf(text, sizeof(text),
            "Which program made the connections that are not known to be the browser's (%llu "
            "here, %llu of them with exchanges, %llu name look-ups): another one on the same "
            "interface, or the browser, by sockets that lived shorter than the time between "
            "two looks.",
            (unsigned long long)b->n[BELONGING_UNKNOWN], (unsigned long long)b->with_exchanges,
            (unsigned long long)b->look_ups);
    json_string(j, NULL, text);
}

void completeness_write(
        struct json *j, const struct evidence *e, const struct judgement *judged)
{
    struct lacks l;

    if (lacks_gather(e, judged, &l) != STATUS_OK) {
        j->status = STATUS_NOMEM;
        return;
    }
    json_object(j, NULL);
    write_files(j, e);
    write_packets(j, e);
    if (e->har != NULL)
        write_har(j, e->har);
    write_connections(j, e, &l);
    write_exchanges(j, e, &l);
    json_unsigned(j, "pages_unknown", completeness_pages_unknown(e, judged));
    json_bool(j, "items_capped", judged->traces_capped);
    json_bool(j, "sharing_capped", judged->sharing_capped);
    json_bool(j, "behaviour_capped", judged->behaviour_capped);
    json_bool(j, "declared_capped", judged->hits.capped);
    account_completeness(j, judged);
    write_belongings(j, &judged->belongings);
    write_missing(j, &l);
    write_gaps(j, e);
    json_array(j, "cannot_show");
    for (size_t i = 0; i < sizeof(cannot_show) / sizeof(*cannot_show); i++)
        json_string(j, NULL, cannot_show[i]);
    for (size_t i = 0; e->har != NULL && i < sizeof(har_cannot_show) / sizeof(*har_cannot_show);
            i++)
        json_string(j, NULL, har_cannot_show[i]);
    write_unknown(j, &judged->belongings);
    json_end(j);
    json_end(j);
    lacks_clear(&l);
}

uint64_t completeness_pages_unknown(const struct evidence *e, const struct judgement *judged)
{
    uint64_t n = 0;

    for (size_t i = 0; i < e->exchange_count; i++)
        n += judged->attributions.of[i].visit == NULL;
    return n;
}
