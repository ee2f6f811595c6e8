/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CAPTURE_TLS_EXPECT_H
#define TESTS_CAPTURE_TLS_EXPECT_H

/* What a test expects of a conversation played to the stage. Include cmocka.h before it. */

#include "tests/capture/tls/play.h"

static const struct play in_order;

static inline void expect_text(const struct listen *l, enum direction dir, const char *text)
{
    assert_int_equal(l->status, STATUS_OK);
    assert_int_equal(l->plain[dir].n, strlen(text));
    assert_memory_equal(l->plain[dir].p, text, strlen(text));
}

/* Plays, expects both texts and no gap. */
static inline void expect_all(
        const struct play *p, const struct talk *t, const char *client, const char *server)
{
    struct listen l;

    play(p, t, &l);
    expect_text(&l, FROM_CLIENT, client);
    expect_text(&l, FROM_SERVER, server);
    assert_int_equal(l.gap_n, 0);
    assert_int_equal(l.decrypted, DECRYPTED_FULL);
    assert_null(l.reason);
    listen_clear(&l);
}

static inline void say_hello(struct talk *t)
{
    talk_say(t, FROM_CLIENT, "GET / HTTP/1.1\r\n\r\n");
    talk_say(t, FROM_SERVER, "HTTP/1.1 200 OK\r\n");
    talk_record_padded(t, FROM_SERVER, RECORD_DATA, bytes_text("\r\nbody"), 3);
    talk_say(t, FROM_SERVER, "");
    talk_say(t, FROM_SERVER, "!");
}

static inline void expect_hello(const struct play *p, const struct talk *t)
{
    expect_all(p, t, "GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\nbody!");
}

#endif
