/* SPDX-License-Identifier: Apache-2.0 */
/* DNS over TLS through the stack of a connection. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>

#include "capture/channel.h"
#include "tests/capture/tls/talk.h"

/* Plays the talk on `port`; what came out as DNS goes to `got`, and its carrier. */
static void play_on(struct talk *t, uint16_t port, char *got, const char **carrier,
        struct connection *facts)
{
    struct keylog *keys = keylog_new();
    const struct channel_setup setup = {.facts = facts, .keys = keys};
    struct channel *c;
    uint64_t frame = 1;

    *facts = (struct connection){.id = 1, .server = {.version = IPV4, .port = port}};
    ledger_init(&facts->ledger, 1);
    facts->arena = arena_new(1 << 20);
    c = channel_new(&setup);
    assert_true(keys != NULL && facts->arena != NULL && c != NULL);
    assert_int_equal(keylog_add(keys, buf_view(&t->log)), STATUS_OK);
    for (int dir = FROM_CLIENT; dir <= FROM_SERVER; dir++) {
        const struct item item = {.kind = ITEM_BYTES,
                .dir = (enum direction)dir,
                .len = t->stream[dir].n,
                .data = buf_view(&t->stream[dir]),
                .frames = {&frame, 1}};
        struct item message;

        assert_int_equal(channel_push(c, &item), STATUS_OK);
        while (channel_next_dns(c, &message, carrier)) {
            (void)strncat(got, (const char *)message.data.p, message.data.n);
            (void)strcat(got, "|");
        }
    }
    assert_int_equal(channel_close(c), STATUS_OK);
    channel_free(c);
    keylog_free(keys);
}

static void dns_over_tls_is_read_on_its_port_and_only_there(void **state)
{
    static const uint16_t ports[] = {853, 443};

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct connection facts;
        const char *carrier = "";
        char got[32] = "";
        struct talk t;

        talk_init(&t, VERSION_TLS13, 0x1301);
        talk_open(&t);
        talk_record(&t, FROM_CLIENT, RECORD_DATA, BYTES_LITERAL("\0\3ab"));
        talk_record(&t, FROM_CLIENT, RECORD_DATA, BYTES_LITERAL("c\0\1d"));
        talk_record(&t, FROM_SERVER, RECORD_DATA, BYTES_LITERAL("\0\2ok\0\5cut"));
        play_on(&t, ports[i], got, &carrier, &facts);
        assert_true(facts.tls.seen);
        assert_int_equal(facts.decrypted, DECRYPTED_FULL);
        if (i == 0) {
            const struct gap *gap = ledger_find(&facts.ledger, 1);

            assert_string_equal(got, "abc|d|ok|");
            assert_string_equal(carrier, "dot");
            assert_string_equal(facts.protocol, "dns");
            assert_non_null(gap);
            assert_true(gap->why == GAP_CUT && gap->len == 5 && gap->layer == LAYER_TLS);
        } else {
            assert_string_equal(got, "");
            assert_null(facts.protocol);
        }
        ledger_clear(&facts.ledger);
        arena_free(facts.arena);
        talk_clear(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(dns_over_tls_is_read_on_its_port_and_only_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
