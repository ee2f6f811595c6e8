/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/rule.h"

#define TYPE(t) (1u << RESOURCE_##t)

enum {
    /* A rule without a type is for every request, but not for a window that a page opens:
     * lists say so expressly, and from the wire it can't be told from any other page. */
    TYPES_ALL = (1u << RESOURCE_TYPES) - 1,
    TYPES_PLAIN = TYPES_ALL & ~TYPE(POPUP),
};

static const char *const type_names[RESOURCE_TYPES] = {
        [RESOURCE_DOCUMENT] = "document",
        [RESOURCE_SUBDOCUMENT] = "subdocument",
        [RESOURCE_SCRIPT] = "script",
        [RESOURCE_STYLESHEET] = "stylesheet",
        [RESOURCE_IMAGE] = "image",
        [RESOURCE_FONT] = "font",
        [RESOURCE_MEDIA] = "media",
        [RESOURCE_OBJECT] = "object",
        [RESOURCE_XHR] = "xmlhttprequest",
        [RESOURCE_PING] = "ping",
        [RESOURCE_WEBSOCKET] = "websocket",
        [RESOURCE_OTHER] = "other",
        [RESOURCE_POPUP] = "popup",
};

enum option_kind {
    OPTION_TYPE,   /* value: bits of types; may be negated */
    OPTION_ALL,    /* every type */
    OPTION_FIRST,  /* may be negated */
    OPTION_THIRD,  /* may be negated */
    OPTION_STRICT, /* value: bit of parties */
    OPTION_DOMAIN, /* the rest up to OPTION_METHOD take a value */
    OPTION_TO,
    OPTION_DENYALLOW,
    OPTION_METHOD,
    OPTION_CASE,
    OPTION_IMPORTANT,
    OPTION_BAD,
    OPTION_REDIRECT, /* blocks, and serves something harmless instead */
    OPTION_MODIFIER, /* recognised; the rule decides nothing */
    OPTION_NOTE,     /* a remark that changes nothing */
};

struct option {
    const char *name;
    enum option_kind kind;
    uint32_t value;
};

/* The most frequent first. */
static const struct option options[] = {
        {"third-party", OPTION_THIRD, 0},
        {"popup", OPTION_TYPE, TYPE(POPUP)},
        {"domain", OPTION_DOMAIN, 0},
        {"script", OPTION_TYPE, TYPE(SCRIPT)},
        {"document", OPTION_TYPE, TYPE(DOCUMENT)},
        {"image", OPTION_TYPE, TYPE(IMAGE)},
        {"xmlhttprequest", OPTION_TYPE, TYPE(XHR)},
        {"subdocument", OPTION_TYPE, TYPE(SUBDOCUMENT)},
        {"generichide", OPTION_MODIFIER, 0},
        {"ping", OPTION_TYPE, TYPE(PING)},
        {"stylesheet", OPTION_TYPE, TYPE(STYLESHEET)},
        {"media", OPTION_TYPE, TYPE(MEDIA)},
        {"other", OPTION_TYPE, TYPE(OTHER)},
        {"websocket", OPTION_TYPE, TYPE(WEBSOCKET)},
        {"object", OPTION_TYPE, TYPE(OBJECT)},
        {"font", OPTION_TYPE, TYPE(FONT)},
        {"3p", OPTION_THIRD, 0},
        {"1p", OPTION_FIRST, 0},
        {"first-party", OPTION_FIRST, 0},
        {"strict1p", OPTION_STRICT, RULE_SAME_HOST},
        {"strict-first-party", OPTION_STRICT, RULE_SAME_HOST},
        {"strict3p", OPTION_STRICT, RULE_FOREIGN_HOST},
        {"strict-third-party", OPTION_STRICT, RULE_FOREIGN_HOST},
        {"doc", OPTION_TYPE, TYPE(DOCUMENT)},
        {"frame", OPTION_TYPE, TYPE(SUBDOCUMENT)},
        {"css", OPTION_TYPE, TYPE(STYLESHEET)},
        {"xhr", OPTION_TYPE, TYPE(XHR)},
        {"beacon", OPTION_TYPE, TYPE(PING)},
        {"background", OPTION_TYPE, TYPE(IMAGE)},
        {"object-subrequest", OPTION_TYPE, TYPE(OBJECT)},
        {"all", OPTION_ALL, 0},
        {"from", OPTION_DOMAIN, 0},
        {"to", OPTION_TO, 0},
        {"denyallow", OPTION_DENYALLOW, 0},
        {"method", OPTION_METHOD, 0},
        {"match-case", OPTION_CASE, 0},
        {"important", OPTION_IMPORTANT, 0},
        {"badfilter", OPTION_BAD, 0},
        {"redirect", OPTION_REDIRECT, 0},
        {"reason", OPTION_NOTE, 0},
        {"redirect-rule", OPTION_MODIFIER, 0},
        {"rewrite", OPTION_MODIFIER, 0},
        {"csp", OPTION_MODIFIER, 0},
        {"permissions", OPTION_MODIFIER, 0},
        {"removeparam", OPTION_MODIFIER, 0},
        {"queryprune", OPTION_MODIFIER, 0},
        {"replace", OPTION_MODIFIER, 0},
        {"uritransform", OPTION_MODIFIER, 0},
        {"urlskip", OPTION_MODIFIER, 0},
        {"inline-script", OPTION_MODIFIER, 0},
        {"inline-font", OPTION_MODIFIER, 0},
        {"ghide", OPTION_MODIFIER, 0},
        {"specifichide", OPTION_MODIFIER, 0},
        {"shide", OPTION_MODIFIER, 0},
        {"elemhide", OPTION_MODIFIER, 0},
        {"ehide", OPTION_MODIFIER, 0},
        {"genericblock", OPTION_MODIFIER, 0},
        {"cname", OPTION_MODIFIER, 0},
        {"popunder", OPTION_MODIFIER, 0},
        {"webrtc", OPTION_MODIFIER, 0},
};

/* What the options of one rule have said so far. */
struct reading {
    struct rule rule;
    uint32_t types_yes;
    uint32_t types_no;
    bool modifier;
    bool redirect;
};

const char *resource_type_name(enum resource_type type)
{
    return type_names[type];
}

bool resource_type_find(struct bytes name, enum resource_type *out)
{
    for (unsigned i = 0; i < RESOURCE_TYPES; i++) {
        if (bytes_is(name, type_names[i])) {
            *out = (enum resource_type)i;
            return true;
        }
    }
    return false;
}

uint32_t rule_method_bit(struct bytes method)
{
    static const char *const names[] = {
            "connect", "delete", "get", "head", "options", "patch", "post", "put"};

    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (bytes_is_nocase(method, names[i]))
            return 1u << i;
    }
    return 0;
}

/* True when an element rule's mark stands at `at`: `##`, `#@#`, `#?#`, `#@?#`, `#$?#`, ... */
static bool is_cosmetic_mark(struct bytes line, size_t at)
{
    static const char *const marks[] = {
            "##", "#@#", "#?#", "#$#", "#%#", "#@?#", "#@$#", "#@%#", "#$?#", "#@$?#"};
    struct bytes rest = bytes_slice(line, at, line.n);

    for (unsigned i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        if (bytes_starts(rest, bytes_text(marks[i])))
            return true;
    }
    return false;
}

/* Element rules name hosts before their mark, so whatever opens as a pattern is not one. */
static bool opens_as_pattern(struct bytes line)
{
    switch (line.p[0]) {
    case '$':
        return line.n > 1 && line.p[1] != '$' && line.p[1] != '@';
    case '&':
    case '*':
    case '-':
    case '.':
    case '/':
    case ':':
    case '=':
    case '?':
    case '@':
    case '_':
    case '|':
        return true;
    default:
        return line.p[line.n - 1] == '|';
    }
}

enum rule_line rule_line_kind(struct bytes line)
{
    if (line.n == 0)
        return RULE_LINE_EMPTY;
    if (line.p[0] == '!')
        return line.n > 1 && line.p[1] == '#' ? RULE_LINE_DIRECTIVE : RULE_LINE_COMMENT;
    if (line.p[0] == '#' && (line.n == 1 || line.p[1] <= ' '))
        return RULE_LINE_COMMENT;
    if (bytes_starts(line, BYTES_LITERAL("[Adblock")))
        return RULE_LINE_COMMENT;
    if (opens_as_pattern(line))
        return RULE_LINE_NETWORK;
    for (size_t i = 0; i < line.n; i++) {
        if (line.p[i] == '#' && is_cosmetic_mark(line, i))
            return RULE_LINE_COSMETIC;
        if (line.p[i] == '$' &&
                (bytes_starts(bytes_slice(line, i, line.n), BYTES_LITERAL("$$")) ||
                        bytes_starts(bytes_slice(line, i, line.n), BYTES_LITERAL("$@$"))))
            return RULE_LINE_COSMETIC;
    }
    return RULE_LINE_NETWORK;
}

bool rule_next_domain(struct bytes *list, struct rule_domain *out)
{
    struct bytes rest = *list, entry;
    struct rule_domain found = {0};

    if (rest.n == 0)
        return false;
    if (!bytes_take_until(&rest, '|', &entry)) {
        entry = rest;
        rest = bytes_slice(rest, rest.n, rest.n);
    } else if (rest.n == 0) {
        return false; /* `a|`: an entry that says nothing */
    }
    if (entry.n != 0 && entry.p[0] == '~') {
        found.negated = true;
        entry = bytes_slice(entry, 1, entry.n);
    }
    if (entry.n > 2 && entry.p[entry.n - 1] == '*' && entry.p[entry.n - 2] == '.') {
        found.entity = true;
        entry.n -= 2;
    }
    if (entry.n == 0 || entry.n > RULE_DOMAIN_BYTES)
        return false;
    for (size_t i = 0; i < entry.n; i++) {
        /* Regular expressions and wildcards elsewhere are not part of this syntax. */
        if (entry.p[i] <= ' ' || entry.p[i] == '/' || entry.p[i] == '*' || entry.p[i] == '~')
            return false;
    }
    found.host = entry;
    *list = rest;
    *out = found;
    return true;
}

static enum parse check_domains(struct bytes list)
{
    struct rule_domain domain;
    size_t n = 0;

    while (list.n != 0) {
        if (!rule_next_domain(&list, &domain))
            return PARSE_UNSUPPORTED;
        if (++n > RULE_DOMAINS_MOST)
            return PARSE_BAD;
    }
    return n == 0 ? PARSE_BAD : PARSE_DONE;
}

/* Two lists of one kind in a rule would have to be joined; no list in use writes that. */
static enum parse read_domains(struct bytes value, struct bytes *out)
{
    if (out->n != 0)
        return PARSE_UNSUPPORTED;
    if (check_domains(value) != PARSE_DONE)
        return check_domains(value);
    *out = value;
    return PARSE_DONE;
}

static enum parse read_methods(struct bytes value, struct rule *rule)
{
    struct bytes entry;
    uint32_t bit;

    if (value.n == 0)
        return PARSE_BAD;
    while (value.n != 0) {
        bool negated = value.p[0] == '~';

        if (negated)
            value = bytes_slice(value, 1, value.n);
        if (!bytes_take_until(&value, '|', &entry)) {
            entry = value;
            value.n = 0;
        }
        bit = rule_method_bit(entry);
        if (bit == 0)
            return PARSE_UNSUPPORTED;
        if (negated)
            rule->methods_not |= bit;
        else
            rule->methods |= bit;
    }
    return PARSE_DONE;
}

static const struct option *option_find(struct bytes name)
{
    for (unsigned i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        if (bytes_is(name, options[i].name))
            return &options[i];
    }
    return NULL;
}

static bool only_underscores(struct bytes text)
{
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] != '_')
            return false;
    }
    return text.n != 0;
}

static enum parse apply_option(
        const struct option *option, bool negated, struct bytes value, struct reading *r)
{
    struct rule *rule = &r->rule;

    if (negated && option->kind != OPTION_TYPE && option->kind != OPTION_FIRST &&
            option->kind != OPTION_THIRD)
        return PARSE_UNSUPPORTED;
    switch (option->kind) {
    case OPTION_TYPE:
        if (negated)
            r->types_no |= option->value;
        else
            r->types_yes |= option->value;
        return PARSE_DONE;
    case OPTION_ALL:
        r->types_yes |= TYPES_ALL;
        return PARSE_DONE;
    case OPTION_FIRST:
        rule->parties &= ~(uint32_t)(negated ? RULE_FIRST_PARTY : RULE_THIRD_PARTY);
        return PARSE_DONE;
    case OPTION_THIRD:
        rule->parties &= ~(uint32_t)(negated ? RULE_THIRD_PARTY : RULE_FIRST_PARTY);
        return PARSE_DONE;
    case OPTION_STRICT:
        rule->parties |= option->value;
        return PARSE_DONE;
    case OPTION_DOMAIN:
        return read_domains(value, &rule->domains);
    case OPTION_TO:
        return read_domains(value, &rule->to);
    case OPTION_DENYALLOW:
        return read_domains(value, &rule->denyallow);
    case OPTION_METHOD:
        return read_methods(value, rule);
    case OPTION_CASE:
        rule->match_case = true;
        return PARSE_DONE;
    case OPTION_IMPORTANT:
        rule->important = true;
        return PARSE_DONE;
    case OPTION_BAD:
        rule->bad_filter = true;
        return PARSE_DONE;
    case OPTION_REDIRECT:
        r->redirect = true;
        return value.n == 0 ? PARSE_UNSUPPORTED : PARSE_DONE;
    case OPTION_MODIFIER:
        r->modifier = true;
        return PARSE_DONE;
    case OPTION_NOTE:
        return PARSE_DONE;
    }
    return PARSE_UNSUPPORTED;
}

/* Splits at commas; a backslash takes the meaning of the byte behind it. */
static struct bytes take_option(struct bytes *text)
{
    struct bytes option;
    size_t i = 0;

    while (i < text->n && text->p[i] != ',')
        i += text->p[i] == '\\' ? 2 : 1;
    option = bytes_slice(*text, 0, i);
    *text = bytes_slice(*text, option.n + 1, text->n);
    return option;
}

static enum parse read_options(struct bytes text, struct reading *r)
{
    bool more = text.n != 0;

    while (more) {
        size_t before = text.n;
        struct bytes value = take_option(&text), name;
        bool negated = value.n != 0 && value.p[0] == '~';
        const struct option *option;
        enum parse verdict;

        more = value.n < before; /* a comma followed, and with it one option more */
        if (only_underscores(value))
            continue;
        if (negated)
            value = bytes_slice(value, 1, value.n);
        if (!bytes_take_until(&value, '=', &name)) {
            name = value;
            value.n = 0;
        }
        option = option_find(name);
        if (option == NULL)
            return PARSE_UNSUPPORTED;
        verdict = apply_option(option, negated, value, r);
        if (verdict != PARSE_DONE)
            return verdict;
    }
    return PARSE_DONE;
}

/* The last `$` that is not escaped and doesn't end a regular expression. */
static bool find_options(struct bytes line, size_t *at)
{
    for (size_t i = line.n; i-- > 0;) {
        if (line.p[i] != '$' || (i > 0 && line.p[i - 1] == '\\'))
            continue;
        if (i + 1 < line.n && line.p[i + 1] == '/')
            return false;
        *at = i;
        return true;
    }
    return false;
}

static enum parse read_pattern(struct bytes text, struct rule *rule)
{
    if (text.n >= 2 && text.p[0] == '/' && text.p[text.n - 1] == '/') {
        rule->regex = true;
        rule->pattern = bytes_slice(text, 1, text.n - 1);
        return rule->pattern.n == 0 || rule->pattern.n > RULE_PATTERN_MOST ? PARSE_BAD
                                                                           : PARSE_DONE;
    }
    if (text.n >= 1 && text.p[text.n - 1] == '|') {
        rule->right_anchor = true;
        text.n--;
    }
    if (bytes_starts(text, BYTES_LITERAL("||"))) {
        rule->host_anchor = true;
        text = bytes_slice(text, 2, text.n);
    } else if (bytes_starts(text, BYTES_LITERAL("|"))) {
        rule->left_anchor = true;
        text = bytes_slice(text, 1, text.n);
    }
    /* What follows an outer `*` is not anchored any more. */
    while (text.n != 0 && text.p[text.n - 1] == '*') {
        rule->right_anchor = false;
        text.n--;
    }
    while (!rule->host_anchor && text.n != 0 && text.p[0] == '*') {
        rule->left_anchor = false;
        text = bytes_slice(text, 1, text.n);
    }
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] <= ' ' || text.p[i] == 0x7f)
            return PARSE_BAD; /* no URL holds a blank: a line of another format */
    }
    rule->pattern = text;
    return text.n > RULE_PATTERN_MOST ? PARSE_BAD : PARSE_DONE;
}

enum parse rule_parse(struct bytes line, struct rule *out)
{
    struct reading r = {.rule = {.parties = RULE_FIRST_PARTY | RULE_THIRD_PARTY}};
    struct bytes text = line;
    enum parse verdict;
    size_t at;

    if (line.n == 0 || line.n > RULE_LINE_MOST)
        return PARSE_BAD;
    if (bytes_starts(text, BYTES_LITERAL("@@"))) {
        r.rule.effect = RULE_EXCEPTION;
        text = bytes_slice(text, 2, text.n);
    }
    if (find_options(text, &at)) {
        verdict = read_options(bytes_slice(text, at + 1, text.n), &r);
        if (verdict != PARSE_DONE)
            return verdict;
        text = bytes_slice(text, 0, at);
    }
    verdict = read_pattern(text, &r.rule);
    if (verdict != PARSE_DONE)
        return verdict;
    /* As uBlock Origin has it: without domain= it would hold for the whole web. */
    if (r.rule.denyallow.n != 0 && r.rule.domains.n == 0 && r.rule.to.n == 0)
        return PARSE_UNSUPPORTED;
    r.rule.types = (r.types_yes == 0 ? (uint32_t)TYPES_PLAIN : r.types_yes) & ~r.types_no;
    /* An exception to redirect= lets the request be blocked, just not replaced. */
    if (r.modifier || (r.redirect && r.rule.effect == RULE_EXCEPTION))
        r.rule.effect = RULE_MODIFIER;
    *out = r.rule;
    return PARSE_DONE;
}
