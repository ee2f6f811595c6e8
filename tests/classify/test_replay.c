/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/buf.h"
#include "classify/typing.h"
#include "tests/classify/judged_world.h"
#include "tests/support/oom.h"

#define FROM " | > Referer: https://www.news.test/"
#define SENTENCE "The quick brown fox jumps over the lazy dog and runs into the dark forest. "
#define ANOTHER "Pack my box with five dozen liquor jugs, said the quartz judge of vowels. "
#define HTML                                                                                   \
    "1 0 GET https://www.news.test/ 200 nav | < Content-Type: text/html | = "                  \
    "<html><script>var "                                                                       \
    "a='not the text of any page at all, never';</script><p>" SENTENCE "</p><p>" ANOTHER       \
    "</p></html>"
#define UP(ms) "2 " #ms " POST https://r.rec.test/up 200 fetch" FROM " | * {\"a\":1}"

static void find(struct judged_world *d)
{
    assert_int_equal(typing_find(&d->w.e, &d->setup, &d->j, &d->out), STATUS_OK);
}

/* Gives the uploads of a world bodies of that size, filled with pieces. */
static void fill(struct judged_world *d, const char *piece, size_t size)
{
    for (size_t i = 1; i < d->w.e.exchange_count; i++) {
        struct exchange *x = d->w.e.exchanges[i];
        struct buf text;

        buf_init(&text, size + 4096);
        assert_int_equal(buf_text(&text, "{\"d\":["), STATUS_OK);
        while (text.n < size) {
            assert_int_equal(buf_text(&text, piece), STATUS_OK);
            assert_int_equal(buf_text(&text, ","), STATUS_OK);
        }
        assert_int_equal(buf_text(&text, "0]}"), STATUS_OK);
        assert_true(arena_copy(x->arena, buf_view(&text), &x->request.body.data));
        x->request.body.bytes = x->request.body.kept = text.n;
        buf_clear(&text);
    }
}

static void a_snapshot_of_nodes_is_a_replay(void **state)
{
    struct judged_world d;

    (void)state;
    JUDGED_MAKE(&d, JUDGED_PAGE,
            "2 100 POST https://r.rec.test/up 200 fetch" FROM
            " | * [{\"type\":2,\"data\":{\"node\":{\"tagName\":\"html\",\"childNodes\":["
            "{\"tagName\":\"head\"},{\"tagName\":\"body\"},{\"tagName\":\"p\"},{\"tagName\":"
            "\"b\"},{\"type\":3,\"textContent\":\"Hello\"}]}},\"timestamp\":1767225600123}]");
    find(&d);
    assert_int_equal(d.out.n, 1);
    assert_string_equal(d.out.at[0]->kind, "input-recording");
    fact_is(d.out.at[0], "how", "session-replay");
    assert_true(fact_lists(d.out.at[0], "told_by", "rrweb-events"));
    fact_counts(d.out.at[0], "samples", 1);
    assert_true(bytes_is(d.out.at[0]->recipient, "r.rec.test"));
    assert_true(d.out.at[0]->trace_count != 0);
    judged_clear(&d);
}

static void events_with_sources_and_positions_are_a_replay(void **state)
{
    struct judged_world d;

    (void)state;
    JUDGED_MAKE(&d, JUDGED_PAGE,
            "2 100 POST https://r.rec.test/up 200 fetch" FROM " | * "
            "{\"events\":[{\"type\":3,\"data\":{\"source\":1,\"positions\":[{\"x\":1,\"y\":"
            "2,\"timeOffset\":-20}]},\"timestamp\":1767225600123},{\"type\":3,\"data\":{"
            "\"source\":5,\"text\":\"a\",\"isChecked\":false},\"timestamp\":1767225600223},{"
            "\"type\":3,\"data\":{\"source\":3,\"x\":0,\"y\":90},\"timestamp\":1767225600323}]"
            "}");
    find(&d);
    assert_int_equal(d.out.n, 1);
    judged_clear(&d);
}

static void ordinary_events_are_none(void **state)
{
    struct judged_world d;

    (void)state;
    JUDGED_MAKE(&d, JUDGED_PAGE,
            "2 100 POST https://r.rec.test/up 200 fetch" FROM " | * "
            "{\"events\":[{\"type\":\"click\",\"x\":1,\"y\":2,\"timestamp\":1767225600123},"
            "{\"type\":\"click\",\"x\":3,\"y\":4,\"timestamp\":1767225600223},{\"type\":"
            "\"view\",\"timestamp\":1767225600323}]}");
    find(&d);
    assert_int_equal(d.out.n, 0);
    judged_clear(&d);
}

static void a_field_for_recordings_tells_when_it_holds_something(void **state)
{
    struct judged_world d;

    (void)state;
    JUDGED_MAKE(&d, JUDGED_PAGE,
            "2 100 POST https://k.clarity.ms/collect 204 fetch" FROM
            " | * {\"e\":[\"0.7\",1,2],\"a\":[[1,2]],\"p\":[[10,4,1,null]]}");
    find(&d);
    assert_int_equal(d.out.n, 1);
    assert_true(fact_lists(d.out.at[0], "told_by", "vendor-field"));
    fact_is(d.out.at[0], "vendor", "Microsoft Clarity");
    judged_clear(&d);
    JUDGED_MAKE(&d, JUDGED_PAGE,
            "2 100 POST https://k.clarity.ms/collect 204 fetch" FROM
            " | * {\"e\":[\"0.7\",1,2],\"a\":[[1,2]],\"p\":[]}");
    find(&d);
    assert_int_equal(d.out.n, 0);
    judged_clear(&d);
}

static void volume_with_coordinates_is_a_replay(void **state)
{
    struct judged_world d;

    (void)state;
    JUDGED_MAKE(&d, JUDGED_PAGE, UP(1000), UP(20000), UP(40000));
    fill(&d, "{\"x\":17,\"y\":4}", 17000);
    find(&d);
    assert_int_equal(d.out.n, 1);
    assert_true(fact_lists(d.out.at[0], "told_by", "volume-with-coordinates"));
    fact_counts(d.out.at[0], "samples", 3);
    fact_counts(d.out.at[0], "seconds", 39);
    judged_clear(&d);
}

static void volume_with_text_of_the_page_is_a_replay(void **state)
{
    struct judged_world d;

    (void)state;
    JUDGED_MAKE(&d, HTML, UP(1000), UP(20000), UP(40000));
    fill(&d, "\"xx" SENTENCE ANOTHER "\"", 17000);
    find(&d);
    assert_int_equal(d.out.n, 1);
    assert_true(fact_lists(d.out.at[0], "told_by", "volume-with-page-text"));
    assert_true(fact_of(d.out.at[0], "page_text_bytes")->number >= 100);
    judged_clear(&d);
}

static void volume_alone_is_none(void **state)
{
    struct judged_world d;

    (void)state;
    JUDGED_MAKE(&d, HTML, UP(1000), UP(20000), UP(40000));
    fill(&d, "\"" SENTENCE "\"", 100);
    find(&d);
    assert_int_equal(d.out.n, 0);
    judged_clear(&d);
    /* Text that is in no page, and what stands in a script. */
    JUDGED_MAKE(&d, HTML, UP(1000), UP(20000), UP(40000));
    fill(&d, "\"not the text of any page at all, never\"", 17000);
    find(&d);
    assert_int_equal(d.out.n, 0);
    judged_clear(&d);
    /* Too slow, too few. */
    JUDGED_MAKE(&d, JUDGED_PAGE, UP(1000), UP(50000), UP(99000));
    fill(&d, "{\"x\":17,\"y\":4}", 17000);
    find(&d);
    assert_int_equal(d.out.n, 0);
    judged_clear(&d);
    JUDGED_MAKE(&d, JUDGED_PAGE, UP(1000), UP(2000));
    fill(&d, "{\"x\":17,\"y\":4}", 40000);
    find(&d);
    assert_int_equal(d.out.n, 0);
    judged_clear(&d);
}

static void every_failed_allocation_is_told(void **state)
{
    enum status status;
    long fail = 0;

    (void)state;
    do {
        struct judged_world d;

        JUDGED_MAKE(&d, HTML, UP(1000), UP(20000), UP(40000));
        fill(&d, "{\"x\":17,\"y\":4}", 17000);
        oom_fail_at(++fail);
        status = typing_find(&d.w.e, &d.setup, &d.j, &d.out);
        assert_int_equal(status == STATUS_NOMEM, oom_happened());
        oom_fail_at(0);
        judged_clear(&d);
    } while (status == STATUS_NOMEM);
    assert_true(fail > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_snapshot_of_nodes_is_a_replay),
            cmocka_unit_test(events_with_sources_and_positions_are_a_replay),
            cmocka_unit_test(ordinary_events_are_none),
            cmocka_unit_test(a_field_for_recordings_tells_when_it_holds_something),
            cmocka_unit_test(volume_with_coordinates_is_a_replay),
            cmocka_unit_test(volume_with_text_of_the_page_is_a_replay),
            cmocka_unit_test(volume_alone_is_none),
            cmocka_unit_test(every_failed_allocation_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
