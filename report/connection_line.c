/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>

#include "report/lines.h"

static const char *const decrypted_names[] = {
        [DECRYPTED_NOT_NEEDED] = "n/a",
        [DECRYPTED_FULL] = "full",
        [DECRYPTED_PARTIAL] = "partial",
        [DECRYPTED_NO] = "no",
};

static const char *const verify_names[] = {
        [VERIFY_NOT_SEEN] = "not seen",
        [VERIFY_GOOD] = "good",
        [VERIFY_WRONG] = "wrong",
        [VERIFY_UNCHECKED] = "unchecked",
};

/* Certificates without an end say year 9999, which nanoseconds in 64 bits do not reach. */
static void write_seconds(struct json *j, const char *key, int64_t seconds)
{
    char text[TIME_TEXT];

    json_seconds_text(seconds, text);
    json_string(j, key, text);
}

static void write_certificate(struct json *j, const char *key, const struct certificate *c)
{
    json_object(j, key);
    json_string(j, "subject", c->subject);
    json_string(j, "issuer", c->issuer);
    json_string(j, "serial", c->serial);
    json_hex(j, "sha256", bytes_of(c->sha256, sizeof(c->sha256)));
    write_seconds(j, "not_before", c->not_before);
    write_seconds(j, "not_after", c->not_after);
    json_array(j, "names");
    for (size_t i = 0; i < c->name_count; i++)
        json_string(j, NULL, c->names[i]);
    json_end(j);
}

static void write_chain(struct json *j, const struct tls_facts *tls)
{
    if (tls->chain_length == 0) {
        json_null(j, "certificate");
        return;
    }
    write_certificate(j, "certificate", &tls->chain[0]);
    json_string(j, "certificate_verify", verify_names[tls->verify]);
    json_array(j, "chain");
    for (size_t i = 1; i < tls->chain_length; i++) {
        write_certificate(j, NULL, &tls->chain[i]);
        json_end(j);
    }
    json_end(j);
    json_end(j);
}

/* Nobody but its server can tell what a ticket says: its hash shows where it came again. */
static void write_tickets(
        struct json *j, const char *key, const struct ticket *at, size_t n, bool more)
{
    static const char *const kinds[] = {
            [TICKET_NONE] = "",
            [TICKET_PSK] = "psk",
            [TICKET_SESSION] = "session-ticket",
            [TICKET_SESSION_ID] = "session-id",
            [TICKET_TOKEN] = "quic-token",
    };

    json_array(j, key);
    for (size_t i = 0; i < n; i++) {
        if (at[i].kind == TICKET_NONE)
            continue;
        json_object(j, NULL);
        json_string(j, "kind", kinds[at[i].kind]);
        json_hex(j, "sha256", bytes_of(at[i].sha256, sizeof(at[i].sha256)));
        json_end(j);
    }
    if (more)
        json_string(j, NULL, "more");
    json_end(j);
}

static void write_tls(struct json *j, const struct connection *c)
{
    const struct tls_facts *tls = &c->tls;

    json_string(j, "server_name", tls->server_name);
    json_string(j, "alpn", tls->alpn);
    if (tls->version == 0)
        json_null(j, "tls");
    else
        json_string(j, "tls", line_tls_version(tls->version));
    json_string(j, "cipher", tls->suite_name);
    json_string(j, "group", tls->group);
    json_string(j, "ja3", tls->ja3);
    json_string(j, "ja3s", tls->ja3s);
    json_string(j, "ja4", tls->ja4);
    if (tls->has_client_random)
        json_hex(j, "client_random", bytes_of(tls->client_random, sizeof(tls->client_random)));
    else
        json_null(j, "client_random");
    json_bool(j, "resumed", tls->resumed);
    write_tickets(j, "tickets_offered", &tls->offered, 1, false);
    write_tickets(j, "tickets_issued", tls->issued.at, tls->issued.n, tls->issued.more);
    json_bool(j, "early_data", tls->early_data);
    json_bool(j, "hello_retry", tls->hello_retry);
    json_bool(j, "ech_offered", tls->ech);
    json_bool(j, "client_certificate", tls->client_certificate);
    json_string(j, "alert", tls->alert);
    write_chain(j, tls);
}

static void write_label(struct json *j, const struct connection *c)
{
    if (c->label == NULL) {
        json_null(j, "label");
        return;
    }
    json_object(j, "label");
    json_string(j, "protocol", c->label);
    json_string(j, "category", c->label_category);
    json_string(j, "confidence", c->label_confidence);
    json_end(j);
}

static void write_sum(struct json *j, const char *key, const uint64_t of[2])
{
    json_unsigned(j, key, of[FROM_CLIENT] + of[FROM_SERVER]);
}

static void write_quic(struct json *j, const struct quic_facts *q)
{
    char number[16];

    if (!q->seen)
        return;
    json_object(j, "quic");
    (void)snprintf(number, sizeof(number), "0x%08" PRIx32, q->version);
    if (q->version == 0)
        json_string(j, "version", NULL);
    else
        json_string(j, "version", q->version_name != NULL ? q->version_name : number);
    json_bool(j, "retry", q->retry);
    json_bool(j, "version_negotiation", q->negotiation);
    write_sum(j, "packets_opened", q->packets);
    write_sum(j, "packets_unopened", q->unopened);
    write_sum(j, "packets_missing", q->missing);
    write_sum(j, "datagrams", q->datagrams);
    write_sum(j, "datagram_bytes", q->datagram_bytes);
    write_sum(j, "resets", q->resets);
    write_sum(j, "key_updates", q->key_updates);
    json_bool(j, "stateless_reset", q->stateless_reset);
    write_tickets(j, "token_offered", &q->token, 1, false);
    write_tickets(j, "tokens_issued", q->tokens.at, q->tokens.n, q->tokens.more);
    json_string(j, "close", q->close);
    json_end(j);
}

/* A HAR file need not say. */
static void write_endpoint(struct json *j, const char *key, const struct endpoint *e)
{
    char text[ENDPOINT_TEXT];

    if (e->version != 0)
        endpoint_text(e, text);
    json_string(j, key, e->version == 0 ? NULL : text);
}

void line_connection(struct json *j, const struct evidence *e, const struct connection *c,
        const char *of_browser)
{
    char text[ENDPOINT_TEXT];

    (void)snprintf(text, sizeof(text), "c%" PRIu32, c->id);
    json_object(j, NULL);
    json_string(j, "id", text);
    json_string(j, "transport", c->transport == TRANSPORT_TCP ? "tcp" : "udp");
    write_endpoint(j, "client", &c->client);
    write_endpoint(j, "server", &c->server);
    json_bool(j, "roles_guessed", c->roles_guessed);
    json_string(j, "protocol", c->protocol);
    if (c->continues != 0) {
        (void)snprintf(text, sizeof(text), "c%" PRIu32, c->continues);
        json_string(j, "continues", text);
    }
    write_tls(j, c);
    write_quic(j, &c->quic);
    write_label(j, c);
    json_time(j, "first_time", c->first_ns);
    json_time(j, "last_time", c->last_ns);
    json_unsigned(j, "first_packet", c->first_packet);
    json_unsigned(j, "last_packet", c->last_packet);
    json_unsigned(j, "packets", c->packets);
    json_unsigned(j, "bytes", c->bytes[FROM_CLIENT] + c->bytes[FROM_SERVER]);
    json_unsigned(j, "bytes_sent", c->bytes[FROM_CLIENT]);
    json_unsigned(j, "bytes_received", c->bytes[FROM_SERVER]);
    json_unsigned(j, "bad_checksums", c->bad_checksums);
    json_string(j, "decrypted", decrypted_names[c->decrypted]);
    json_string(j, "reason", c->reason);
    if (of_browser != NULL)
        json_string(j, "of_browser", of_browser);
    json_unsigned(j, "exchanges", c->exchanges);
    json_array(j, "gaps");
    for (size_t i = 0; i < c->ledger.n; i++) {
        (void)snprintf(
                text, sizeof(text), "g%" PRIu32, evidence_gap(e, c->id, c->ledger.gaps[i].id));
        json_string(j, NULL, text);
    }
    json_end(j);
    json_end(j);
}
