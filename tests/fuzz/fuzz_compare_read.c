/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes: compare_read, similar. Asserts: what is read from a line of a case is within its caps
 * and owns its text; what is compared gives a whole comparison whose JSON is JSON again, the
 * same bytes twice. The input is lines of items for A, up to a line "=", then those of B, "=",
 * those of A2. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "report/compare_page.h"
#include "report/compare_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LINES_MOST = 64, OUTPUT_MOST = 1 << 26 };

static struct legal *legal;

static void read_case(struct arena *arena, struct bytes *rest, struct compare_case *c)
{
    struct bytes line;
    bool nomem, end = false;

    c->items = arena_array(arena, LINES_MOST, sizeof(*c->items));
    assert(c->items != NULL);
    while (!end && rest->n != 0 && c->item_count < LINES_MOST) {
        struct compare_exchange x;
        int64_t ns;

        if (!bytes_take_line(rest, &line)) {
            line = *rest;
            rest->n = 0;
        }
        end = bytes_is(line, "=");
        if (!compare_read_exchange(arena, line, &x, &nomem) || !compare_read_time(line, &ns))
            ns = 0;
        if (!compare_read_item(arena, line, &c->items[c->item_count], &nomem))
            continue;
        assert(c->items[c->item_count].sha256.n == SHA256_TEXT - 1);
        assert(c->items[c->item_count].by_hash ||
                c->items[c->item_count].text.n <= COMPARE_VALUE_MOST);
        assert(!c->items[c->item_count].masked || c->items[c->item_count].by_hash);
        c->item_count++;
    }
}

static void compare(const struct compare_case *const cases[COMPARE_CASES], bool before_after,
        struct buf *json, struct buf *page)
{
    struct arena *arena = arena_new((size_t)1 << 30);
    struct compare_rows rows;
    struct compare_findings findings;
    struct comparison told = {.before_after = before_after,
            .cases = {cases[0], cases[1], before_after ? NULL : cases[2]},
            .rows = &rows,
            .findings = &findings,
            .legal = legal,
            .tool_version = "0"};

    assert(arena != NULL);
    assert(compare_profiles(arena, told.cases, &rows) == STATUS_OK);
    assert((before_after ? compare_before_after(arena, legal, told.cases, &rows, &findings)
                         : compare_profile_findings(
                                   arena, legal, told.cases, &rows, &findings)) == STATUS_OK);
    for (size_t i = 0; i < rows.n; i++)
        assert(rows.at[i].why_en != NULL && rows.at[i].why_zh != NULL);
    assert(compare_lines_write(&told, json) == STATUS_OK);
    assert(compare_page_render(LANGUAGE_CHINESE, &told, page) == STATUS_OK);
    arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes rest = {data, size};
    struct arena *arena = arena_new((size_t)1 << 30);
    struct compare_case of[COMPARE_CASES] = {{.name = "a"}, {.name = "b"}, {.name = "c"}};
    const struct compare_case *const cases[COMPARE_CASES] = {&of[0], &of[1], &of[2]};

    if (legal == NULL)
        legal = legal_new(NULL, NULL);
    assert(arena != NULL && legal != NULL);
    for (size_t i = 0; i < COMPARE_CASES; i++)
        read_case(arena, &rest, &of[i]);
    for (int mode = 0; mode < 2; mode++) {
        struct buf json, again, page;
        struct json_value *v;

        buf_init(&json, OUTPUT_MOST);
        buf_init(&again, OUTPUT_MOST);
        buf_init(&page, OUTPUT_MOST);
        compare(cases, mode == 1, &json, &page);
        compare(cases, mode == 1, &again, &page);
        assert(bytes_equal(buf_view(&json), buf_view(&again)));
        v = json_parse(buf_view(&json), NULL);
        assert(v != NULL);
        json_free(v);
        buf_clear(&json);
        buf_clear(&again);
        buf_clear(&page);
    }
    arena_free(arena);
    return 0;
}
