/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "classify/rule.h"

#define TYPE(t) (1u << RESOURCE_##t)
#define BOTH_PARTIES (RULE_FIRST_PARTY | RULE_THIRD_PARTY)

enum { PLAIN = (1u << RESOURCE_POPUP) - 1 };

static struct rule parsed(const char *line)
{
    struct rule rule;

    assert_int_equal(rule_parse(bytes_text(line), &rule), PARSE_DONE);
    return rule;
}

static enum parse verdict(const char *line)
{
    struct rule rule;

    return rule_parse(bytes_text(line), &rule);
}

static void a_line_is_sorted_by_its_first_bytes_and_marks(void **state)
{
    static const struct {
        const char *line;
        enum rule_line kind;
    } cases[] = {
            {"", RULE_LINE_EMPTY},
            {"! comment", RULE_LINE_COMMENT},
            {"!", RULE_LINE_COMMENT},
            {"# comment", RULE_LINE_COMMENT},
            {"#", RULE_LINE_COMMENT},
            {"[Adblock Plus 2.0]", RULE_LINE_COMMENT},
            {"!#if ext_ublock", RULE_LINE_DIRECTIVE},
            {"!#include other.txt", RULE_LINE_DIRECTIVE},
            {"##.ad", RULE_LINE_COSMETIC},
            {"a.example##.ad", RULE_LINE_COSMETIC},
            {"a.example#@#.ad", RULE_LINE_COSMETIC},
            {"a.example#?#div:has(a)", RULE_LINE_COSMETIC},
            {"a.example#$#body { a: b }", RULE_LINE_COSMETIC},
            {"a.example#@$?#x", RULE_LINE_COSMETIC},
            {"a.example#%#x()", RULE_LINE_COSMETIC},
            {"a.example$$script[a]", RULE_LINE_COSMETIC},
            {"a.example$@$script[a]", RULE_LINE_COSMETIC},
            {"||a.example^", RULE_LINE_NETWORK},
            {"@@||a.example^", RULE_LINE_NETWORK},
            {"/path##x", RULE_LINE_NETWORK},
            {"$script,domain=a.example", RULE_LINE_NETWORK},
            {"a.example/x#y", RULE_LINE_NETWORK},
            {"ads.js|", RULE_LINE_NETWORK},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(rule_line_kind(bytes_text(cases[i].line)), cases[i].kind);
}

static void anchors_come_off_the_pattern(void **state)
{
    struct rule r = parsed("||a.example^");

    (void)state;
    assert_true(bytes_is(r.pattern, "a.example^"));
    assert_true(r.host_anchor && !r.left_anchor && !r.right_anchor && !r.regex);
    assert_int_equal(r.effect, RULE_BLOCK);
    assert_int_equal(r.types, PLAIN);
    assert_int_equal(r.parties, BOTH_PARTIES);
    r = parsed("@@|https://a.example/x|");
    assert_true(bytes_is(r.pattern, "https://a.example/x"));
    assert_true(!r.host_anchor && r.left_anchor && r.right_anchor);
    assert_int_equal(r.effect, RULE_EXCEPTION);
    r = parsed("/ads/*");
    assert_true(bytes_is(r.pattern, "/ads/"));
    assert_false(r.regex);
    r = parsed("|*ads*|");
    assert_true(bytes_is(r.pattern, "ads"));
    assert_true(!r.left_anchor && !r.right_anchor);
    r = parsed("||*/ads");
    assert_true(bytes_is(r.pattern, "*/ads"));
    r = parsed("*$font");
    assert_int_equal(r.pattern.n, 0);
    r = parsed("$font");
    assert_int_equal(r.pattern.n, 0);
}

static void a_pattern_between_slashes_is_a_regular_expression(void **state)
{
    struct rule r = parsed("/ads[0-9]+$/$script");

    (void)state;
    assert_true(r.regex);
    assert_true(bytes_is(r.pattern, "ads[0-9]+$"));
    assert_int_equal(r.types, TYPE(SCRIPT));
    r = parsed("/ads$/");
    assert_true(r.regex && bytes_is(r.pattern, "ads$"));
    r = parsed("/a\\$b/$match-case");
    assert_true(r.regex && r.match_case && bytes_is(r.pattern, "a\\$b"));
    assert_int_equal(verdict("//"), PARSE_BAD);
}

static void every_type_has_its_names(void **state)
{
    static const struct {
        const char *line;
        uint32_t types;
    } cases[] = {
            {"a$script", TYPE(SCRIPT)},
            {"a$script,image", TYPE(SCRIPT) | TYPE(IMAGE)},
            {"a$~script", PLAIN & ~TYPE(SCRIPT)},
            {"a$script,image,~image", TYPE(SCRIPT)},
            {"a$stylesheet", TYPE(STYLESHEET)},
            {"a$css", TYPE(STYLESHEET)},
            {"a$xmlhttprequest", TYPE(XHR)},
            {"a$xhr", TYPE(XHR)},
            {"a$subdocument", TYPE(SUBDOCUMENT)},
            {"a$frame", TYPE(SUBDOCUMENT)},
            {"a$document", TYPE(DOCUMENT)},
            {"a$doc", TYPE(DOCUMENT)},
            {"a$ping", TYPE(PING)},
            {"a$beacon", TYPE(PING)},
            {"a$media", TYPE(MEDIA)},
            {"a$font", TYPE(FONT)},
            {"a$object", TYPE(OBJECT)},
            {"a$object-subrequest", TYPE(OBJECT)},
            {"a$websocket", TYPE(WEBSOCKET)},
            {"a$other", TYPE(OTHER)},
            {"a$popup", TYPE(POPUP)},
            {"a$all", PLAIN | TYPE(POPUP)},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(parsed(cases[i].line).types, cases[i].types);
    for (unsigned i = 0; i < RESOURCE_TYPES; i++) {
        const char *name = resource_type_name((enum resource_type)i);
        enum resource_type found;

        assert_true(resource_type_find(bytes_text(name), &found));
        assert_int_equal(found, i);
    }
}

static void parties_and_their_negations_mirror_each_other(void **state)
{
    (void)state;
    assert_int_equal(parsed("a$third-party").parties, RULE_THIRD_PARTY);
    assert_int_equal(parsed("a$3p").parties, RULE_THIRD_PARTY);
    assert_int_equal(parsed("a$~first-party").parties, RULE_THIRD_PARTY);
    assert_int_equal(parsed("a$~1p").parties, RULE_THIRD_PARTY);
    assert_int_equal(parsed("a$~third-party").parties, RULE_FIRST_PARTY);
    assert_int_equal(parsed("a$first-party").parties, RULE_FIRST_PARTY);
    assert_int_equal(parsed("a$1p").parties, RULE_FIRST_PARTY);
    assert_int_equal(parsed("a$strict1p").parties, BOTH_PARTIES | RULE_SAME_HOST);
    assert_int_equal(parsed("a$strict3p").parties, BOTH_PARTIES | RULE_FOREIGN_HOST);
}

static void domains_come_one_by_one_with_their_marks(void **state)
{
    struct rule r = parsed("a$domain=x.example|~y.x.example|z.*|~w.*,denyallow=q.example,to=t");
    struct rule_domain d;

    (void)state;
    assert_true(rule_next_domain(&r.domains, &d));
    assert_true(bytes_is(d.host, "x.example") && !d.negated && !d.entity);
    assert_true(rule_next_domain(&r.domains, &d));
    assert_true(bytes_is(d.host, "y.x.example") && d.negated && !d.entity);
    assert_true(rule_next_domain(&r.domains, &d));
    assert_true(bytes_is(d.host, "z") && !d.negated && d.entity);
    assert_true(rule_next_domain(&r.domains, &d));
    assert_true(bytes_is(d.host, "w") && d.negated && d.entity);
    assert_false(rule_next_domain(&r.domains, &d));
    assert_true(rule_next_domain(&r.denyallow, &d) && bytes_is(d.host, "q.example"));
    assert_true(rule_next_domain(&r.to, &d) && bytes_is(d.host, "t"));
    assert_true(bytes_is(parsed("a$from=x.example").domains, "x.example"));
}

static void malformed_domains_make_the_rule_unusable(void **state)
{
    static const char *const lines[] = {"a$domain=", "a$domain=|x", "a$domain=x|",
            "a$domain=x||y", "a$domain=~", "a$domain=/x/", "a$domain=x.*.y", "a$domain=a b",
            "a$domain=x,domain=y", "a$denyallow=x"};

    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        assert_int_not_equal(verdict(lines[i]), PARSE_DONE);
}

static void methods_are_bits(void **state)
{
    struct rule r = parsed("a$method=get|post");

    (void)state;
    assert_int_equal(r.methods, RULE_METHOD_GET | RULE_METHOD_POST);
    assert_int_equal(r.methods_not, 0);
    r = parsed("a$method=~put|~delete");
    assert_int_equal(r.methods_not, RULE_METHOD_PUT | RULE_METHOD_DELETE);
    assert_int_equal(verdict("a$method=brew"), PARSE_UNSUPPORTED);
    assert_int_equal(verdict("a$method="), PARSE_BAD);
    assert_int_equal(rule_method_bit(bytes_text("PATCH")), RULE_METHOD_PATCH);
    assert_int_equal(rule_method_bit(bytes_text("")), 0);
}

static void options_that_block_nothing_make_a_modifier(void **state)
{
    static const char *const lines[] = {"||a^$csp=script-src 'none'", "@@||a^$generichide",
            "@@||a^$ghide", "@@||a^$elemhide", "||a^$removeparam=x", "||a^$permissions=x=()",
            "||a^$redirect-rule=noop.js", "||a^$rewrite=abp-resource:blank-js",
            "||a^$replace=/a/b/", "@@||a^$redirect=noop.js", "||a^$urlskip=?u", "@@||a^$cname",
            "*$inline-script"};

    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        assert_int_equal(parsed(lines[i]).effect, RULE_MODIFIER);
    assert_int_equal(parsed("||a^$redirect=noop.js").effect, RULE_BLOCK);
    assert_true(parsed("||a^$important").important);
    assert_true(parsed("||a^$badfilter").bad_filter);
    assert_int_equal(parsed("||a^$_,script,__").types, TYPE(SCRIPT));
}

static void a_rule_with_an_unknown_option_is_left_out_whole(void **state)
{
    static const char *const lines[] = {"||a^$nosuch", "||a^$script,header=x",
            "||a^$ipaddress=1", "||a^$~important", "||a^$redirect=", "||a^$,script",
            "||a^$script,", "||a^$~"};

    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        assert_int_equal(verdict(lines[i]), PARSE_UNSUPPORTED);
    assert_int_equal(verdict("0.0.0.0 ads.example"), PARSE_BAD);
}

static void limits_hold(void **state)
{
    char *line = malloc(RULE_LINE_MOST + 2);

    (void)state;
    assert_non_null(line);
    memset(line, 'a', RULE_LINE_MOST + 1);
    line[RULE_LINE_MOST + 1] = '\0';
    assert_int_equal(verdict(line), PARSE_BAD);
    line[RULE_PATTERN_MOST] = '\0';
    assert_int_equal(verdict(line), PARSE_DONE);
    line[RULE_PATTERN_MOST] = 'a';
    line[RULE_PATTERN_MOST + 1] = '\0';
    assert_int_equal(verdict(line), PARSE_BAD);
    /* a$domain=a|a|a ... : one entry too many */
    memcpy(line, "a$domain=", 9);
    for (size_t i = 0; i <= RULE_DOMAINS_MOST; i++)
        memcpy(line + 9 + 2 * i, "a|", 2);
    line[9 + 2 * RULE_DOMAINS_MOST + 1] = '\0';
    assert_int_equal(verdict(line), PARSE_BAD);
    line[9 + 2 * RULE_DOMAINS_MOST - 1] = '\0';
    assert_int_equal(verdict(line), PARSE_DONE);
    free(line);
}

static void every_prefix_of_a_rule_is_read_within_its_bytes(void **state)
{
    static const char line[] = "@@||a.example^*/x$~third-party,script,domain=a.*|~b.example,"
                               "method=get|~put,denyallow=c.example,important,match-case";
    size_t done = 0;

    (void)state;
    for (size_t n = 0; n < sizeof(line); n++) {
        uint8_t *copy = malloc(n == 0 ? 1 : n);
        struct rule rule = {.types = 77};
        enum parse got;

        assert_non_null(copy);
        memcpy(copy, line, n);
        got = rule_parse((struct bytes){copy, n}, &rule);
        if (got == PARSE_DONE) {
            done++;
            assert_true(
                    rule.pattern.n == 0 ||
                    (rule.pattern.p >= copy && rule.pattern.p + rule.pattern.n <= copy + n));
        } else {
            assert_int_equal(rule.types, 77);
        }
        (void)rule_line_kind((struct bytes){copy, n});
        free(copy);
    }
    assert_true(done > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_line_is_sorted_by_its_first_bytes_and_marks),
            cmocka_unit_test(anchors_come_off_the_pattern),
            cmocka_unit_test(a_pattern_between_slashes_is_a_regular_expression),
            cmocka_unit_test(every_type_has_its_names),
            cmocka_unit_test(parties_and_their_negations_mirror_each_other),
            cmocka_unit_test(domains_come_one_by_one_with_their_marks),
            cmocka_unit_test(malformed_domains_make_the_rule_unusable),
            cmocka_unit_test(methods_are_bits),
            cmocka_unit_test(options_that_block_nothing_make_a_modifier),
            cmocka_unit_test(a_rule_with_an_unknown_option_is_left_out_whole),
            cmocka_unit_test(limits_hold),
            cmocka_unit_test(every_prefix_of_a_rule_is_read_within_its_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
