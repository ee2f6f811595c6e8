/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/trace.h"

static const char *const carriers[] = {
        [CARRIER_COOKIE] = "cookie",
        [CARRIER_SET_COOKIE] = "set-cookie",
        [CARRIER_QUERY] = "query",
        [CARRIER_PATH] = "path",
        [CARRIER_BODY] = "body",
        [CARRIER_HEADER] = "header",
        [CARRIER_REFERER] = "referer",
        [CARRIER_FRAGMENT] = "fragment",
        [CARRIER_ETAG] = "etag",
        [CARRIER_WEBSOCKET] = "websocket",
        [CARRIER_TLS] = "tls",
};

static const char *const classes[] = {
        [CLASS_UNKNOWN] = "unknown",
        [CLASS_DIRECT] = "direct",
        [CLASS_ACCOUNT] = "account",
        [CLASS_DEVICE] = "device",
        [CLASS_BROWSER_IDENTIFIER] = "browser-identifier",
        [CLASS_SESSION] = "session",
        [CLASS_CREDENTIAL] = "credential",
        [CLASS_SEARCH] = "search",
        [CLASS_CONTENT] = "content",
        [CLASS_PREFERENCE] = "preference",
        [CLASS_CONSENT_STRING] = "consent-string",
        [CLASS_LOCATION] = "location",
        [CLASS_TECHNICAL] = "technical",
};

static const char *const verdicts[] = {
        [VERDICT_UNDETERMINED] = "undetermined",
        [VERDICT_IDENTIFIABLE] = "identifiable",
        [VERDICT_ANONYMOUS] = "anonymous",
};

static const char *const readings[] = {
        [READING_ALONE] = "alone",
        [READING_COMBINED] = "combined",
        [READING_BROAD] = "broad",
};

static const char *const grades[] = {
        [GRADE_OBSERVED] = "observed",
        [GRADE_DERIVED] = "derived",
        [GRADE_INFERRED] = "inferred",
};

const char *carrier_name(enum carrier carrier)
{
    return carriers[carrier];
}

const char *trace_class_name(enum trace_class c)
{
    return classes[c];
}

const char *verdict_name(enum verdict v)
{
    return verdicts[v];
}

const char *reading_name(enum reading r)
{
    return readings[r];
}

const char *grade_name(enum grade g)
{
    return grades[g];
}

const char *consent_state_name(enum consent_state state)
{
    static const char *const names[] = {
            [CONSENT_NONE] = "none",
            [CONSENT_BEFORE] = "before",
            [CONSENT_REFUSED] = "refused",
            [CONSENT_ACCEPTED] = "accepted",
            [CONSENT_WITHDRAWN] = "withdrawn",
    };

    return names[state];
}

const char *sensitive_result_name(enum sensitive_result result)
{
    static const char *const names[] = {
            [SENSITIVE_UNDETERMINED] = "undetermined",
            [SENSITIVE_YES] = "yes",
            [SENSITIVE_NO] = "no",
    };

    return names[result];
}

void trace_add_term(
        struct trace *t, int points, const char *code, const char *en, const char *zh)
{
    if (t->term_count == TRACE_TERMS_MOST)
        return;
    t->terms[t->term_count++] = (struct term){points, code, en, zh};
    t->score += points;
}
