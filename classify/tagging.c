/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/tagging.h"

#include "classify/cookie.h"
#include "classify/url.h"

const char *tagging_sign_name(enum tagging_sign sign)
{
    static const char *const names[TAGGING_SIGNS] = {"collect-path", "vendor-protocol",
            "tag-script", "tag-cookie", "container", "alias"};

    return sign < TAGGING_SIGNS ? names[sign] : "";
}

static bool is_one_of(struct bytes text, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (bytes_is(text, list[i]))
            return true;
    }
    return false;
}

#define IS_ONE_OF(text, list) is_one_of(text, list, sizeof(list) / sizeof(*(list)))

/* The Measurement Protocol: version 2 with a property "G-…", or version 1 with "UA-…". */
static bool speaks_protocol(struct bytes query)
{
    bool v1 = false, v2 = false, old = false, new = false;
    struct bytes name, value;

    while (url_parameter(&query, &name, &value)) {
        if (bytes_is(name, "v")) {
            v1 |= bytes_is(value, "1");
            v2 |= bytes_is(value, "2");
        } else if (bytes_is(name, "tid")) {
            old |= bytes_starts(value, BYTES_LITERAL("UA-"));
            new |= bytes_starts(value, BYTES_LITERAL("G-"));
        }
    }
    return (v1 && old) || (v2 && new);
}

static void look_at_target(const struct exchange *x, bool signs[TAGGING_SIGNS])
{
    static const char *const collect[] = {"/g/collect", "/j/collect", "/r/collect", "/collect"};
    static const char *const scripts[] = {
            "/gtag/js", "/gtm.js", "/gtag.js", "/gtag/destination", "/analytics.js", "/ga.js"};
    struct bytes rest = x->path, path;
    bool protocol;

    if (!bytes_take_until(&rest, '?', &path)) {
        path = rest;
        rest.n = 0;
    }
    protocol = speaks_protocol(rest);
    signs[TAGGING_COLLECT] |= protocol && IS_ONE_OF(path, collect);
    signs[TAGGING_PROTOCOL] |= protocol && !IS_ONE_OF(path, collect);
    signs[TAGGING_SCRIPT] |= IS_ONE_OF(path, scripts);
}

static bool is_tag_cookie(struct bytes name)
{
    static const char *const names[] = {
            "FPID", "FPLC", "FPAU", "FPGCLAW", "FPGCLDC", "FPGCLGB", "FPGSID"};

    return IS_ONE_OF(name, names);
}

static void look_at_cookies(const struct exchange *x, bool signs[TAGGING_SIGNS])
{
    struct set_cookie set;
    struct cookie sent;

    for (const struct header *h = message_find(&x->request, "cookie"); h != NULL;
            h = message_find_next(&x->request, "cookie", h)) {
        struct bytes rest = h->value;

        while (cookie_next(&rest, &sent))
            signs[TAGGING_COOKIE] |= is_tag_cookie(sent.name);
    }
    for (const struct header *h = message_find(&x->response, "set-cookie"); h != NULL;
            h = message_find_next(&x->response, "set-cookie", h)) {
        if (cookie_parse_set(h->value, &set))
            signs[TAGGING_COOKIE] |= is_tag_cookie(set.name);
    }
}

static void look_at_answer(
        const struct evidence *e, const struct exchange *x, bool signs[TAGGING_SIGNS])
{
    const struct header *server = message_find(&x->response, "server");
    struct bytes body;
    size_t at;

    if (server != NULL && (bytes_is(server->value, "Google Tag Manager") ||
                                  bytes_is(server->value, "Golfe2"))) {
        signs[TAGGING_CONTAINER] = true;
        return;
    }
    if (x->message != 0 || x->response.body.kept == 0)
        return;
    body = bytes_slice(evidence_body(e, &x->response.body), 0, TAGGING_BODY_MOST);
    signs[TAGGING_CONTAINER] |= bytes_find(body, BYTES_LITERAL("google_tag_manager"), 0, &at) ||
                                bytes_find(body, BYTES_LITERAL("\"vtp_trackingId\""), 0, &at);
}

void tagging_signs(
        const struct evidence *e, const struct exchange *x, bool signs[TAGGING_SIGNS])
{
    look_at_target(x, signs);
    look_at_cookies(x, signs);
    look_at_answer(e, x, signs);
}

bool tagging_alias(struct bytes name)
{
    static const char *const suffixes[] = {"stape.io", "stape.net", "stape.au",
            "addingwell.com", "taggrs.io", "ghs.googlehosted.com"};

    for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++) {
        struct bytes suffix = bytes_text(suffixes[i]);

        if (bytes_ends_nocase(name, suffix) &&
                (name.n == suffix.n || name.p[name.n - suffix.n - 1] == '.'))
            return true;
    }
    return false;
}
