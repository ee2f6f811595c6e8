/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "classify/alias.h"
#include "tests/support/oom.h"

#define NAMES(...)                                                                             \
    (const char *[])                                                                           \
    {                                                                                          \
        __VA_ARGS__                                                                            \
    }

static struct lookup chain(const char *name, const char **chain, size_t n)
{
    return (struct lookup){
            .carrier = "udp", .name = name, .type = "A", .chain = chain, .chain_count = n};
}

static struct lookup service(const char *name, const char *type, const char **answers, size_t n)
{
    return (struct lookup){.carrier = "udp",
            .name = name,
            .type = type,
            .answers = answers,
            .answer_count = n};
}

/* "b.test<-, c.test<-b.test" */
static void leads(const struct lookup *all, size_t n, const char *host, const char *wanted)
{
    struct alias_step steps[ALIAS_STEPS_MOST];
    char got[1024] = "";
    struct aliases a;
    size_t count;

    assert_true(aliases_new(all, n, &a));
    count = aliases_follow(&a, bytes_text(host), steps);
    for (size_t i = 0; i < count; i++) {
        struct bytes from =
                steps[i].from == ALIAS_STEPS_MOST ? bytes_of("", 0) : steps[steps[i].from].name;
        size_t at = strlen(got);

        assert_non_null(steps[i].lookup);
        (void)snprintf(got + at, sizeof(got) - at, "%s%.*s<-%.*s", i == 0 ? "" : ", ",
                (int)steps[i].name.n, (const char *)steps[i].name.p, (int)from.n,
                (const char *)from.p);
    }
    assert_string_equal(got, wanted);
    aliases_clear(&a);
}

static void one_answer_is_followed_to_its_end(void **state)
{
    const struct lookup all[] = {chain("a.test", NAMES("b.test", "c.test"), 2)};

    (void)state;
    leads(all, 1, "a.test", "b.test<-, c.test<-b.test");
    leads(all, 1, "b.test", "c.test<-");
    leads(all, 1, "c.test", "");
    leads(all, 0, "a.test", "");
}

static void several_answers_make_one_way(void **state)
{
    const struct lookup all[] = {chain("c.test", NAMES("d.test"), 1), chain("a.test", NULL, 0),
            chain("a.test", NAMES("b.test"), 1), chain("b.test", NAMES("c.test"), 1),
            chain("a.test", NAMES("x.test"), 1)};

    (void)state;
    leads(all, 5, "a.test", "b.test<-, x.test<-, c.test<-b.test, d.test<-c.test");
}

static void a_ring_ends(void **state)
{
    const struct lookup all[] = {
            chain("a.test", NAMES("b.test", "a.test"), 2), chain("b.test", NAMES("b.test"), 1)};

    (void)state;
    leads(all, 2, "a.test", "b.test<-");
}

static void service_records_lead_on(void **state)
{
    const struct lookup all[] = {service("a.test", "HTTPS", NAMES("0 b.test"), 1),
            service("b.test", "HTTPS", NAMES("1 c.test. alpn=h2", "2 . alpn=h3", "x y", "3"),
                    4),
            service("c.test", "TXT", NAMES("0 d.test"), 1)};

    (void)state;
    leads(all, 3, "a.test", "b.test<-, c.test<-b.test");
}

static void a_host_leads_to_so_many_names_at_most(void **state)
{
    struct lookup all[ALIAS_STEPS_MOST + 8];
    const char *targets[ALIAS_STEPS_MOST + 8];
    char texts[ALIAS_STEPS_MOST + 8][24];
    struct alias_step steps[ALIAS_STEPS_MOST];
    struct aliases a;

    (void)state;
    for (size_t i = 0; i < ALIAS_STEPS_MOST + 8; i++) {
        (void)snprintf(texts[i], sizeof(texts[i]), "n%zu.test", i);
        targets[i] = texts[i];
        all[i] = chain("a.test", &targets[i], 1);
    }
    assert_true(aliases_new(all, ALIAS_STEPS_MOST + 8, &a));
    assert_int_equal(aliases_follow(&a, BYTES_LITERAL("a.test"), steps), ALIAS_STEPS_MOST);
    aliases_clear(&a);
}

static void lack_of_memory_is_told(void **state)
{
    const struct lookup all[] = {chain("a.test", NAMES("b.test"), 1)};
    struct aliases a = {0};

    (void)state;
    oom_fail_at(1);
    assert_false(aliases_new(all, 1, &a));
    oom_fail_at(0);
    assert_null(a.edges);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(one_answer_is_followed_to_its_end),
            cmocka_unit_test(several_answers_make_one_way),
            cmocka_unit_test(a_ring_ends),
            cmocka_unit_test(service_records_lead_on),
            cmocka_unit_test(a_host_leads_to_so_many_names_at_most),
            cmocka_unit_test(lack_of_memory_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
