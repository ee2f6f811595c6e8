/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "classify/alt_svc.h"
#include "tests/classify/evidence_world.h"
#include "tests/support/oom.h"

/* "protocol host port age;" for each. */
static void assert_alternatives(const char *value, const char *want)
{
    struct bytes rest = bytes_text(value);
    struct alt_svc a;
    char got[256] = "";
    size_t at = 0;

    while (alt_svc_next(&rest, &a))
        at += (size_t)snprintf(got + at, sizeof(got) - at, "%.*s %.*s %u %u;",
                (int)a.protocol.n, (const char *)a.protocol.p, (int)a.host.n,
                (const char *)a.host.p, (unsigned)a.port, (unsigned)a.max_age_s);
    assert_string_equal(got, want);
}

/* The examples of RFC 7838 section 3 among them. */
static void alternatives_are_read(void **state)
{
    (void)state;
    assert_alternatives(
            "h3=\":443\"; ma=2592000,h3-29=\":443\"; ma=60", "h3  443 2592000;h3-29  443 60;");
    assert_alternatives("h2=\"alt.example.com:8000\", h2=\":443\"",
            "h2 alt.example.com 8000 86400;h2  443 86400;");
    assert_alternatives("h2=\":443\"; ma=3600; persist=1", "h2  443 3600;");
    assert_alternatives("h3=\"[::1]:8443\";ma=\"5\"", "h3 [::1] 8443 5;");
    assert_alternatives("w%3Dx%3Ay#z=\"a,b:1\"", "w%3Dx%3Ay#z a,b 1 86400;");
    assert_alternatives("h3=\":1\"; ma=99999999999", "h3  1 4294967295;");
}

static void what_is_no_alternative_ends_the_list(void **state)
{
    (void)state;
    assert_alternatives("clear", "");
    assert_alternatives("", "");
    assert_alternatives("h3=\"443\"", "");
    assert_alternatives("h3=\":0\"", "");
    assert_alternatives("h3=\":65536\"", "");
    assert_alternatives("=\":443\"", "");
    assert_alternatives("h3=\":443\",x", "h3  443 86400;");
}

/* A response with an HTTPS record of www.t.test, priority 1,
 * target ".", alpn h3 and h2, port 8443 (RFC 9460 section 2.2). */
static const uint8_t record[] = {0, 1, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0, /* header */
        3, 'w', 'w', 'w', 1, 't', 4, 't', 'e', 's', 't', 0, 0, 65, 0, 1,   /* question */
        0xc0, 12, 0, 65, 0, 1, 0, 0, 0, 60, 0, 19, 0, 1, 0,                /* answer */
        0, 1, 0, 6, 2, 'h', '3', 2, 'h', '2', 0, 3, 0, 2, 0x20, 0xfb};

static struct connection quic(const char *name, uint16_t port, int64_t ms)
{
    return (struct connection){.quic = {.seen = true},
            .tls = {.server_name = name},
            .server = {.port = port},
            .first_ns = WORLD_START + ms * WORLD_MS};
}

static void make(struct evidence_world *w)
{
    const struct lookup_origin from = {.connection = 9,
            .carrier = "udp",
            .time_ns = WORLD_START + 500 * WORLD_MS,
            .frame = 44};

    WORLD_MAKE(w,
            "1 0 GET https://www.a.test/ 200 nav | < Alt-Svc: h3=\":443\"; ma=60, h2=\":444\"",
            "1 1000 GET https://www.a.test/x 200 img | < alt-svc: clear, h3=\":443\"",
            "2 2000 GET https://www.a.test/y 200 img | < Alt-Svc: h3-29=\":443\"; ma=1");
    w->e.lookups = lookups_new();
    assert_non_null(w->e.lookups);
    assert_int_equal(
            lookups_push(w->e.lookups, &from, bytes_of(record, sizeof(record))), STATUS_OK);
}

static void a_connection_finds_the_latest_that_holds(void **state)
{
    struct arena *arena = arena_new(1 << 20);
    struct evidence_world w;
    struct announcements a;
    struct connection c;

    (void)state;
    assert_non_null(arena);
    make(&w);
    assert_int_equal(announcements_gather(arena, &w.e, &a), STATUS_OK);
    assert_int_equal(a.n, 3);
    c = quic("www.a.test", 443, 40);
    assert_null(announcements_find(&a, &c)); /* before it was said */
    c = quic("www.a.test", 443, 1500);
    assert_int_equal(announcements_find(&a, &c)->exchange, 0);
    c = quic("www.a.test", 443, 2500);
    assert_int_equal(announcements_find(&a, &c)->exchange, 2);
    /* The later one held for a second only, the earlier one for a minute. */
    c = quic("www.a.test", 443, 4000);
    assert_int_equal(announcements_find(&a, &c)->exchange, 0);
    c = quic("www.a.test", 443, 61000);
    assert_null(announcements_find(&a, &c));
    c = quic("www.a.test", 444, 1500);
    assert_null(announcements_find(&a, &c)); /* HTTP/2 is no HTTP/3 */
    c = quic("a.test", 443, 1500);
    assert_null(announcements_find(&a, &c));
    c = quic("www.t.test", 8443, 600);
    assert_int_equal(announcements_find(&a, &c)->exchange, -1);
    assert_int_equal(announcements_find(&a, &c)->lookup->frames[1], 44);
    c = quic("www.t.test", 443, 600);
    assert_null(announcements_find(&a, &c));
    c = quic(NULL, 443, 600);
    assert_null(announcements_find(&a, &c));
    c = quic("www.a.test", 443, 1500);
    c.quic.seen = false;
    assert_null(announcements_find(&a, &c));
    arena_free(arena);
    world_clear(&w);
}

static void every_failed_allocation_is_told(void **state)
{
    struct evidence_world w;
    enum status status;
    long at = 0;

    (void)state;
    make(&w);
    do {
        struct arena *arena = arena_new(1 << 20);
        struct announcements a = {.n = 77};

        assert_non_null(arena);
        oom_fail_at(++at);
        status = announcements_gather(arena, &w.e, &a);
        assert_int_equal(status == STATUS_NOMEM, oom_happened());
        if (status != STATUS_OK)
            assert_int_equal(a.n, 77);
        oom_fail_at(0);
        arena_free(arena);
    } while (status != STATUS_OK);
    assert_true(at > 1);
    world_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(alternatives_are_read),
            cmocka_unit_test(what_is_no_alternative_ends_the_list),
            cmocka_unit_test(a_connection_finds_the_latest_that_holds),
            cmocka_unit_test(every_failed_allocation_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
