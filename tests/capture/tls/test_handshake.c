/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "capture/tls/handshake.h"
#include "tests/capture/tls/hello_vectors.h"
#include "tests/support/oom.h"
#include "tests/support/quic_maker.h"

enum { MESSAGES_MOST = 1 << 16 };

struct world {
    struct maker m;
    struct handshake *h;
    struct tls_facts facts;
    struct ledger ledger;
    struct arena *arena;
    struct buf client, server, rest; /* Initial of both sides; the server's Handshake */
};

static void open_reader(struct world *w)
{
    const struct tls_setup setup = {
            .ledger = &w->ledger, .arena = w->arena, .facts = &w->facts};

    handshake_free(w->h);
    memset(&w->facts, 0, sizeof(w->facts));
    w->h = handshake_new(&setup);
}

static struct world *make(const struct maker_hello *offer, const struct maker_hello *answer)
{
    struct world *w = calloc(1, sizeof(*w));

    assert_non_null(w);
    maker_init(&w->m, MAKER_V1, 0x1301);
    ledger_init(&w->ledger, 1);
    w->arena = arena_new(1 << 22);
    buf_init(&w->client, MESSAGES_MOST);
    buf_init(&w->server, MESSAGES_MOST);
    buf_init(&w->rest, MESSAGES_MOST);
    maker_client_hello(&w->m, offer, &w->client);
    maker_server_hello(&w->m, answer, &w->server);
    maker_extensions(&w->m, answer, &w->rest);
    maker_finished(&w->rest);
    open_reader(w);
    assert_non_null(w->h);
    return w;
}

static void drop(struct world *w)
{
    handshake_free(w->h);
    buf_clear(&w->client);
    buf_clear(&w->server);
    buf_clear(&w->rest);
    maker_clear(&w->m);
    ledger_clear(&w->ledger);
    arena_free(w->arena);
    free(w);
}

static void push(
        struct world *w, enum direction dir, enum handshake_level level, struct bytes content)
{
    assert_int_equal(handshake_push(w->h, dir, level, content), STATUS_OK);
}

static void assert_read(const struct world *w)
{
    const struct negotiation *n = handshake_negotiation(w->h);

    assert_true(n->client_seen && n->server_seen);
    assert_memory_equal(n->client_random, w->m.client_random, 32);
    assert_int_equal(n->version, 0x0304);
    assert_int_equal(n->suite_number, 0x1301);
    assert_non_null(n->suite);
    assert_string_equal(w->facts.server_name, "shop.example");
    assert_string_equal(w->facts.alpn, "h3");
    assert_int_equal(w->facts.ja4[0], 'q');
    assert_int_equal(handshake_parameters(w->h, FROM_CLIENT).n, 2 + MAKER_ID);
    assert_int_equal(handshake_parameters(w->h, FROM_SERVER).n, 4 + 2 * MAKER_ID);
}

static const struct maker_hello plain;

static void must(bool good)
{
    if (!good)
        abort();
}

static void put_message(struct buf *b, uint8_t type, struct bytes body)
{
    const uint8_t head[] = {
            type, (uint8_t)(body.n >> 16), (uint8_t)(body.n >> 8), (uint8_t)body.n};

    must(buf_append(b, bytes_of(head, 4)) == STATUS_OK);
    must(buf_append(b, body) == STATUS_OK);
}

static void reads_what_both_sides_agree_on(void **state)
{
    struct world *w = make(&plain, &plain);

    (void)state;
    push(w, FROM_CLIENT, HANDSHAKE_INITIAL, buf_view(&w->client));
    assert_true(handshake_negotiation(w->h)->client_seen);
    assert_int_equal(handshake_parameters(w->h, FROM_SERVER).n, 0);
    push(w, FROM_SERVER, HANDSHAKE_INITIAL, buf_view(&w->server));
    push(w, FROM_SERVER, HANDSHAKE_HANDSHAKE, buf_view(&w->rest));
    assert_read(w);
    assert_int_equal(handshake_negotiation(w->h)->early, EARLY_NONE);
    drop(w);
}

static void reads_the_same_however_it_is_split(void **state)
{
    struct world *w = make(&plain, &plain);
    const struct buf *all[] = {&w->client, &w->server, &w->rest};

    (void)state;
    for (size_t which = 0; which < 3; which++)
        for (size_t at = 0; at <= all[which]->n; at++) {
            open_reader(w);
            for (size_t i = 0; i < 3; i++) {
                enum direction dir = i == 0 ? FROM_CLIENT : FROM_SERVER;
                enum handshake_level level = i == 2 ? HANDSHAKE_HANDSHAKE : HANDSHAKE_INITIAL;
                size_t cut = i == which ? at : 0;

                push(w, dir, level, bytes_slice(buf_view(all[i]), 0, cut));
                push(w, dir, level, bytes_slice(buf_view(all[i]), cut, all[i]->n));
            }
            assert_read(w);
        }
    drop(w);
}

static void reads_nothing_out_of_a_hello_that_is_cut(void **state)
{
    struct world *w = make(&plain, &plain);

    (void)state;
    for (size_t n = 0; n < w->client.n; n++) {
        uint8_t *copy = malloc(n + 1);

        assert_non_null(copy);
        memcpy(copy, w->client.p, n);
        open_reader(w);
        push(w, FROM_CLIENT, HANDSHAKE_INITIAL, bytes_of(copy, n));
        free(copy);
        assert_false(handshake_negotiation(w->h)->client_seen);
        assert_false(w->facts.has_client_random);
    }
    drop(w);
}

static void waits_for_the_hellos(void **state)
{
    struct world *w = make(&plain, &plain);

    (void)state;
    push(w, FROM_SERVER, HANDSHAKE_HANDSHAKE, buf_view(&w->rest));
    push(w, FROM_SERVER, HANDSHAKE_INITIAL, buf_view(&w->server));
    assert_false(handshake_negotiation(w->h)->server_seen);
    push(w, FROM_CLIENT, HANDSHAKE_INITIAL, buf_view(&w->client));
    assert_read(w);
    drop(w);
}

static void goes_on_without_hellos_that_are_lost(void **state)
{
    struct world *w = make(&plain, &plain);

    (void)state;
    push(w, FROM_SERVER, HANDSHAKE_INITIAL, buf_view(&w->server));
    push(w, FROM_SERVER, HANDSHAKE_HANDSHAKE, buf_view(&w->rest));
    assert_int_equal(handshake_lost(w->h, FROM_CLIENT, HANDSHAKE_INITIAL), STATUS_OK);
    assert_true(handshake_negotiation(w->h)->server_seen);
    assert_true(handshake_negotiation(w->h)->transcript_broken);
    assert_string_equal(w->facts.alpn, "h3");
    open_reader(w);
    push(w, FROM_CLIENT, HANDSHAKE_INITIAL, buf_view(&w->client));
    push(w, FROM_SERVER, HANDSHAKE_HANDSHAKE, buf_view(&w->rest));
    assert_null(w->facts.alpn);
    assert_int_equal(handshake_lost(w->h, FROM_SERVER, HANDSHAKE_INITIAL), STATUS_OK);
    assert_string_equal(w->facts.alpn, "h3");
    assert_true(handshake_negotiation(w->h)->version == 0x0304);
    /* What comes for the lost level now stands at no known place. */
    push(w, FROM_SERVER, HANDSHAKE_INITIAL, buf_view(&w->server));
    assert_false(handshake_negotiation(w->h)->server_seen);
    drop(w);
}

static void tells_whether_early_data_were_accepted(void **state)
{
    static const struct maker_hello offer = {.early = true, .psk = true};
    static const struct maker_hello answers[] = {
            {.early = true, .psk = true}, {.psk = true}, {.early = false}};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct world *w = make(&offer, &answers[i]);

        push(w, FROM_CLIENT, HANDSHAKE_INITIAL, buf_view(&w->client));
        assert_int_equal(handshake_negotiation(w->h)->early, EARLY_UNKNOWN);
        push(w, FROM_SERVER, HANDSHAKE_INITIAL, buf_view(&w->server));
        assert_int_equal(handshake_negotiation(w->h)->early,
                answers[i].psk ? EARLY_UNKNOWN : EARLY_REJECTED);
        push(w, FROM_SERVER, HANDSHAKE_HANDSHAKE, buf_view(&w->rest));
        assert_int_equal(
                handshake_negotiation(w->h)->early, i == 0 ? EARLY_ACCEPTED : EARLY_REJECTED);
        assert_int_equal(w->facts.resumed, answers[i].psk);
        drop(w);
    }
}

static bool is_ticket(const struct ticket *t, enum ticket_kind kind, const char *text)
{
    struct ticket wanted;

    must(ticket_make(kind, bytes_text(text), &wanted));
    return t->kind == kind && memcmp(t->sha256, wanted.sha256, sizeof(wanted.sha256)) == 0;
}

/* RFC 8446 section 4.6.1: lifetime, age_add, nonce, ticket, extensions. */
static void keeps_the_hashes_of_tickets_shown_and_issued(void **state)
{
    static const struct maker_hello offer = {.psk = true};
    struct world *w = make(&offer, &plain);
    struct bytes body = BYTES_LITERAL("\0\0\16\20\1\2\3\4\1\0\0\6next-1\0\0");
    struct buf message;

    (void)state;
    push(w, FROM_CLIENT, HANDSHAKE_INITIAL, buf_view(&w->client));
    assert_int_equal(w->facts.offered.kind, TICKET_PSK);
    assert_true(w->facts.psk_identity.n != 0);
    push(w, FROM_SERVER, HANDSHAKE_INITIAL, buf_view(&w->server));
    push(w, FROM_SERVER, HANDSHAKE_HANDSHAKE, buf_view(&w->rest));
    buf_init(&message, MESSAGES_MOST);
    for (size_t n = 0; n < body.n; n++) {
        buf_reset(&message);
        put_message(&message, 4, bytes_slice(body, 0, n));
        push(w, FROM_SERVER, HANDSHAKE_APPLICATION, buf_view(&message));
        /* The extensions are not looked at. */
        assert_int_equal(w->facts.issued.n, n < body.n - 2 ? 0 : 1);
    }
    buf_reset(&message);
    put_message(&message, 4, body);
    push(w, FROM_CLIENT, HANDSHAKE_APPLICATION, buf_view(&message));
    push(w, FROM_SERVER, HANDSHAKE_APPLICATION, buf_view(&message));
    assert_int_equal(w->facts.issued.n, 1);
    assert_true(is_ticket(&w->facts.issued.at[0], TICKET_PSK, "next-1"));
    assert_false(w->facts.issued.more);
    buf_clear(&message);
    drop(w);
}

static void counts_no_more_tickets_than_it_keeps(void **state)
{
    struct tickets t = {0};

    (void)state;
    for (size_t round = 0; round < 2; round++) {
        for (char c = 'a'; c < 'a' + TICKETS_MOST; c++)
            assert_true(tickets_add(&t, TICKET_SESSION, bytes_of(&c, 1)));
        assert_int_equal(t.n, TICKETS_MOST);
        assert_false(t.more);
    }
    assert_true(is_ticket(&t.at[0], TICKET_SESSION, "a"));
    assert_true(tickets_add(&t, TICKET_TOKEN, BYTES_LITERAL("a")));
    assert_int_equal(t.n, TICKETS_MOST);
    assert_true(t.more);
}

static void waits_for_the_second_hello_behind_a_retry(void **state)
{
    struct world *w = make(&plain, &plain);
    struct buf retry;

    (void)state;
    buf_init(&retry, MESSAGES_MOST);
    maker_server_hello(&w->m, &(struct maker_hello){.retry = true}, &retry);
    push(w, FROM_CLIENT, HANDSHAKE_INITIAL, buf_view(&w->client));
    push(w, FROM_SERVER, HANDSHAKE_INITIAL, buf_view(&retry));
    assert_true(handshake_negotiation(w->h)->retry);
    push(w, FROM_SERVER, HANDSHAKE_INITIAL, buf_view(&w->server));
    assert_false(handshake_negotiation(w->h)->server_seen);
    push(w, FROM_CLIENT, HANDSHAKE_INITIAL, buf_view(&w->client));
    push(w, FROM_SERVER, HANDSHAKE_HANDSHAKE, buf_view(&w->rest));
    assert_read(w);
    assert_true(w->facts.hello_retry);
    assert_false(handshake_negotiation(w->h)->transcript_broken &&
                 handshake_negotiation(w->h)->transcript.n != 0);
    buf_clear(&retry);
    drop(w);
}

static void forgets_a_first_attempt_but_not_its_facts(void **state)
{
    struct world *w = make(&plain, &plain);
    struct buf other;

    (void)state;
    buf_init(&other, MESSAGES_MOST);
    put_message(&other, 1, bytes_of(chrome_hello, sizeof(chrome_hello)));
    push(w, FROM_CLIENT, HANDSHAKE_INITIAL, buf_view(&other));
    assert_true(handshake_negotiation(w->h)->client_seen);
    buf_clear(&other);
    handshake_again(w->h);
    assert_false(handshake_negotiation(w->h)->client_seen);
    assert_true(w->facts.has_client_random);
    push(w, FROM_CLIENT, HANDSHAKE_INITIAL, buf_view(&w->client));
    push(w, FROM_SERVER, HANDSHAKE_INITIAL, buf_view(&w->server));
    push(w, FROM_SERVER, HANDSHAKE_HANDSHAKE, buf_view(&w->rest));
    assert_memory_equal(handshake_negotiation(w->h)->client_random, w->m.client_random, 32);
    handshake_name(w->h, bytes_of(chrome_hello, 32));
    assert_memory_equal(handshake_negotiation(w->h)->client_random, chrome_hello, 32);
    assert_string_equal(handshake_alert_name(40), "handshake_failure");
    assert_null(handshake_alert_name(255));
    drop(w);
}

/* A certificate for a key of this run, and its message. */
static EVP_PKEY *put_certificate(struct buf *out)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *x = X509_new();
    uint8_t *der = NULL, head[8] = {0};
    struct buf body;
    int n;

    must(key != NULL && x != NULL && X509_set_version(x, 2) == 1);
    must(ASN1_INTEGER_set(X509_get_serialNumber(x), 7) == 1);
    must(X509_gmtime_adj(X509_getm_notBefore(x), 0) != NULL);
    must(X509_gmtime_adj(X509_getm_notAfter(x), 86400) != NULL);
    must(X509_set_pubkey(x, key) == 1 && X509_sign(x, key, EVP_sha256()) != 0);
    n = i2d_X509(x, &der);
    must(n > 0);
    buf_init(&body, MESSAGES_MOST);
    head[2] = (uint8_t)((n + 5) >> 8);
    head[3] = (uint8_t)(n + 5);
    head[5] = (uint8_t)(n >> 8);
    head[6] = (uint8_t)n;
    must(buf_append(&body, bytes_of(head, 7)) == STATUS_OK);
    must(buf_append(&body, bytes_of(der, (size_t)n)) == STATUS_OK);
    must(buf_append(&body, bytes_of("\0\0", 2)) == STATUS_OK);
    put_message(out, 11, buf_view(&body));
    buf_clear(&body);
    OPENSSL_free(der);
    X509_free(x);
    return key;
}

/* RFC 8446 section 4.4.3. */
static void put_signature(EVP_PKEY *key, const struct buf *all, struct buf *out)
{
    static const char context[] = "TLS 1.3, server CertificateVerify";
    uint8_t content[64 + sizeof(context) + 32], raw[DIGEST_MOST], body[4 + 128] = {4, 3};
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    struct digest *d = digest_new(DIGEST_SHA256);
    size_t n = 128;

    memset(content, ' ', 64);
    memcpy(content + 64, context, sizeof(context));
    digest_add(d, buf_view(all));
    digest_finish(d, raw);
    memcpy(content + 64 + sizeof(context), raw, 32);
    digest_free(d);
    must(c != NULL && EVP_DigestSignInit(c, NULL, EVP_sha256(), NULL, key) == 1 &&
            EVP_DigestSign(c, body + 4, &n, content, sizeof(content)) == 1);
    body[2] = (uint8_t)(n >> 8);
    body[3] = (uint8_t)n;
    put_message(out, 15, bytes_of(body, 4 + n));
    EVP_MD_CTX_free(c);
}

static void checks_the_servers_signature(void **state)
{
    struct world *w = make(&plain, &plain);
    struct buf all, flight;
    EVP_PKEY *key;

    (void)state;
    buf_init(&all, MESSAGES_MOST);
    buf_init(&flight, MESSAGES_MOST);
    maker_extensions(&w->m, &plain, &flight);
    key = put_certificate(&flight);
    must(buf_append(&all, buf_view(&w->client)) == STATUS_OK);
    must(buf_append(&all, buf_view(&w->server)) == STATUS_OK);
    must(buf_append(&all, buf_view(&flight)) == STATUS_OK);
    put_signature(key, &all, &flight);
    for (int wrong = 0; wrong < 3; wrong++) {
        open_reader(w);
        push(w, FROM_CLIENT, HANDSHAKE_INITIAL, buf_view(&w->client));
        push(w, FROM_SERVER, HANDSHAKE_INITIAL, buf_view(&w->server));
        /* The client's own, captured too early, are no part of what is signed. */
        push(w, FROM_CLIENT, HANDSHAKE_HANDSHAKE, BYTES_LITERAL("\x0f\0\0\4\4\3\0\0"));
        if (wrong == 2)
            assert_int_equal(
                    handshake_lost(w->h, FROM_SERVER, HANDSHAKE_APPLICATION), STATUS_OK);
        flight.p[flight.n - 1] ^= wrong == 1;
        push(w, FROM_SERVER, HANDSHAKE_HANDSHAKE, buf_view(&flight));
        flight.p[flight.n - 1] ^= wrong == 1;
        assert_int_equal(w->facts.chain_length, 1);
        assert_int_equal(w->facts.verify, wrong == 1 ? VERIFY_WRONG : VERIFY_GOOD);
    }
    EVP_PKEY_free(key);
    buf_clear(&all);
    buf_clear(&flight);
    drop(w);
}

static void fails_cleanly_when_memory_runs_out(void **state)
{
    struct world *w = make(&plain, &plain);
    long n = 0;

    (void)state;
    do {
        enum status status = STATUS_NOMEM;

        oom_fail_at(++n);
        open_reader(w);
        if (w->h != NULL)
            status = handshake_push(w->h, FROM_SERVER, HANDSHAKE_INITIAL, buf_view(&w->server));
        if (status == STATUS_OK)
            status = handshake_push(w->h, FROM_CLIENT, HANDSHAKE_INITIAL, buf_view(&w->client));
        if (status == STATUS_OK)
            status = handshake_push(w->h, FROM_SERVER, HANDSHAKE_HANDSHAKE, buf_view(&w->rest));
        if (!oom_happened())
            break;
        oom_fail_at(0);
        assert_true(status == STATUS_OK || status == STATUS_NOMEM);
    } while (n < 10000);
    oom_fail_at(0);
    assert_true(n > 5);
    assert_read(w);
    drop(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(reads_what_both_sides_agree_on),
            cmocka_unit_test(reads_the_same_however_it_is_split),
            cmocka_unit_test(reads_nothing_out_of_a_hello_that_is_cut),
            cmocka_unit_test(waits_for_the_hellos),
            cmocka_unit_test(goes_on_without_hellos_that_are_lost),
            cmocka_unit_test(tells_whether_early_data_were_accepted),
            cmocka_unit_test(keeps_the_hashes_of_tickets_shown_and_issued),
            cmocka_unit_test(counts_no_more_tickets_than_it_keeps),
            cmocka_unit_test(waits_for_the_second_hello_behind_a_retry),
            cmocka_unit_test(forgets_a_first_attempt_but_not_its_facts),
            cmocka_unit_test(checks_the_servers_signature),
            cmocka_unit_test(fails_cleanly_when_memory_runs_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
