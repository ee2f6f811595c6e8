/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/classify/fields_world.h"

struct fixture {
    struct arena *arena;
    struct fields f;
};

static void read(struct fixture *x, const char *type, const char *body)
{
    x->arena = arena_new(1 << 20);
    assert_non_null(x->arena);
    assert_true(fields_read(x->arena, bytes_text(type), bytes_text(body), MOST, &x->f));
    for (size_t i = 0; i < x->f.n; i++)
        assert_memory_equal(body + x->f.at[i].off, x->f.at[i].value.p, x->f.at[i].value.n);
}

/* form, then "name=value>decoded;" for each field. */
static void assert_fields(
        const char *type, const char *body, enum fields_form form, const char *want)
{
    struct fixture x;
    char got[512] = "";
    size_t n = 0;

    read(&x, type, body);
    assert_int_equal(x.f.form, form);
    for (size_t i = 0; i < x.f.n; i++) {
        const struct field *f = &x.f.at[i];

        n += (size_t)snprintf(got + n, sizeof(got) - n, "%.*s=%.*s", (int)f->name.n,
                (const char *)f->name.p, (int)f->value.n, (const char *)f->value.p);
        n += (size_t)(bytes_equal(f->value, f->decoded)
                              ? snprintf(got + n, sizeof(got) - n, ";")
                              : snprintf(got + n, sizeof(got) - n, ">%.*s;", (int)f->decoded.n,
                                        (const char *)f->decoded.p));
    }
    assert_string_equal(got, want);
    arena_free(x.arena);
}

static void forms_are_split_and_decoded(void **state)
{
    (void)state;
    assert_fields("application/x-www-form-urlencoded; charset=UTF-8", "a=1&b=x+y%21&&c&=d",
            FIELDS_URLENCODED, "a=1;b=x+y%21>x y!;c=;=d;");
    assert_fields("text/plain", "cid=1&ev=View", FIELDS_URLENCODED, "cid=1;ev=View;");
    assert_fields("", "cid=1&ev=View", FIELDS_URLENCODED, "cid=1;ev=View;");
}

static void json_is_read_whatever_the_type_claims(void **state)
{
    (void)state;
    assert_fields("text/plain;charset=UTF-8", "{\"id\":\"\\u0041b\",\"n\":[1,true]}",
            FIELDS_JSON, "id=\\u0041b>Ab;n=1;n=true;");
    assert_fields("application/x-www-form-urlencoded", "[{\"k\":\"v\"}]", FIELDS_JSON, "k=v;");
}

static void bodies_of_no_known_form_have_no_fields(void **state)
{
    (void)state;
    assert_fields("text/plain", "just some words", FIELDS_NONE, "");
    assert_fields("application/octet-stream", "", FIELDS_NONE, "");
    assert_fields("text/plain", "QUJDREVGR0g==", FIELDS_NONE, "");
    assert_fields("", "<a href=\"x\">=1", FIELDS_NONE, "");
}

static void multipart_parts_are_found_by_lines(void **state)
{
    (void)state;
    assert_fields("multipart/form-data; boundary=xx",
            "preamble\r\n--xx\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n"
            "--xx\r\nX: y\r\ncontent-disposition: form-data; name=b; filename=\"f;g\"\r\n\r\n"
            "two --xx lines\r\n\r\n--xx--\r\nA: b\r\n\r\nepilogue",
            FIELDS_MULTIPART, "a=1;b=two --xx lines\r\n;");
}

static void quoted_parameters_may_hold_semicolons(void **state)
{
    (void)state;
    assert_fields("multipart/form-data; boundary=\"x;y\"",
            "--x;y\r\nContent-Disposition: form-data; name=\"a;\\\"b\"\r\n\r\n1\r\n--x;y--",
            FIELDS_MULTIPART, "a;\\\"b=1;");
}

static void lines_that_end_without_cr_lose_no_byte(void **state)
{
    (void)state;
    assert_fields("multipart/form-data; boundary=x",
            "--x\nContent-Disposition: form-data; name=a\n\n12\n--x--", FIELDS_MULTIPART,
            "a=12;");
}

static void a_part_that_was_cut_is_given_as_far_as_it_came(void **state)
{
    (void)state;
    assert_fields("multipart/form-data; boundary=x",
            "--x\r\nContent-Disposition: form-data; name=a\r\n\r\n12", FIELDS_MULTIPART,
            "a=12;");
    assert_fields("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-d",
            FIELDS_MULTIPART, "");
    assert_fields("multipart/form-data; boundary=x", "--x", FIELDS_MULTIPART, "");
}

static void more_fields_than_the_cap_are_said_to_be_there(void **state)
{
    struct fixture x;

    (void)state;
    read(&x, "", "a=1&a=2&a=3&a=4&a=5&a=6&a=7&a=8&a=9&a=a&a=b&a=c&a=d&a=e&a=f&a=g");
    assert_int_equal(x.f.n, MOST);
    assert_false(x.f.capped);
    arena_free(x.arena);
    read(&x, "", "a=1&a=2&a=3&a=4&a=5&a=6&a=7&a=8&a=9&a=a&a=b&a=c&a=d&a=e&a=f&a=g&h=1");
    assert_int_equal(x.f.n, MOST);
    assert_true(x.f.capped);
    arena_free(x.arena);
}

static void a_huge_boundary_does_not_cost_squared_time(void **state)
{
    enum { BIG = 1 << 20 };
    char *type = malloc(BIG), *body = malloc(BIG);
    struct arena *arena = arena_new(16 << 20);
    struct fields f;

    (void)state;
    assert_true(type != NULL && body != NULL && arena != NULL);
    memset(type, '-', BIG);
    memcpy(type, "multipart/x; boundary=", 22);
    memset(body, '-', BIG);
    assert_true(fields_read(arena, bytes_of(type, BIG / 2), bytes_of(body, BIG), MOST, &f));
    assert_int_equal(f.n, 0);
    arena_free(arena);
    free(type);
    free(body);
}

static void every_failed_allocation_is_told(void **state)
{
    (void)state;
    assert_shortages_are_told("", "a=%41&b=2");
    assert_shortages_are_told("", "{\"a\":\"\\n\"}");
    assert_shortages_are_told("multipart/x; boundary=x", "--x\n\n\n\n--x\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(forms_are_split_and_decoded),
            cmocka_unit_test(json_is_read_whatever_the_type_claims),
            cmocka_unit_test(bodies_of_no_known_form_have_no_fields),
            cmocka_unit_test(multipart_parts_are_found_by_lines),
            cmocka_unit_test(quoted_parameters_may_hold_semicolons),
            cmocka_unit_test(lines_that_end_without_cr_lose_no_byte),
            cmocka_unit_test(a_part_that_was_cut_is_given_as_far_as_it_came),
            cmocka_unit_test(more_fields_than_the_cap_are_said_to_be_there),
            cmocka_unit_test(a_huge_boundary_does_not_cost_squared_time),
            cmocka_unit_test(every_failed_allocation_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
