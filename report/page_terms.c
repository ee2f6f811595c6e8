/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "report/page_parts.h"

static const char *const classes[] = {
        [CLASS_UNKNOWN] = WORDS("not classified"),
        [CLASS_DIRECT] = WORDS("direct identifier"),
        [CLASS_ACCOUNT] = WORDS("account identifier"),
        [CLASS_DEVICE] = WORDS("device identifier"),
        [CLASS_BROWSER_IDENTIFIER] = WORDS("browser identifier"),
        [CLASS_SESSION] = WORDS("session value"),
        [CLASS_CREDENTIAL] = WORDS("credential"),
        [CLASS_SEARCH] = WORDS("search term"),
        [CLASS_CONTENT] = WORDS("content or page address"),
        [CLASS_PREFERENCE] = WORDS("preference"),
        [CLASS_CONSENT_STRING] = WORDS("consent record"),
        [CLASS_LOCATION] = WORDS("location"),
        [CLASS_TECHNICAL] = WORDS("technical value"),
};

static const char *const carriers[] = {
        [CARRIER_COOKIE] = WORDS("cookie sent"),
        [CARRIER_SET_COOKIE] = WORDS("cookie set by the server"),
        [CARRIER_QUERY] = WORDS("parameter of the address"),
        [CARRIER_PATH] = WORDS("part of the address's path"),
        [CARRIER_BODY] = WORDS("field of the request's body"),
        [CARRIER_HEADER] = WORDS("request header"),
        [CARRIER_REFERER] = WORDS("Referer header"),
        [CARRIER_FRAGMENT] = WORDS("fragment of an address"),
        [CARRIER_ETAG] = WORDS("cache validator (ETag) sent back"),
        [CARRIER_WEBSOCKET] = WORDS("WebSocket message"),
        [CARRIER_TLS] = WORDS("TLS handshake"),
};

static const char *const bases[] = {
        [PAGE_NONE] = WORDS("unknown: no ground was good enough"),
        [PAGE_BROWSER] = WORDS("the browser itself named it"),
        [PAGE_DOCUMENT] = WORDS("it is the document of the page itself"),
        [PAGE_REDIRECT] = WORDS("a redirect of an attributed exchange led here"),
        [PAGE_ORIGIN] = WORDS("the Origin header names the page's site"),
        [PAGE_REFERER] = WORDS("the Referer header leads to the page"),
        [PAGE_SEC_FETCH] = WORDS("the Sec-Fetch headers tie it to an attributed neighbour"),
        [PAGE_CONNECTION] = WORDS("everything else on its connection belongs to that site"),
        [PAGE_URL] = WORDS("the request carries the page's address"),
        [PAGE_BODY] = WORDS("its address stands in an earlier response of the page"),
        [PAGE_TIMING] = WORDS("only one page was open at that time"),
};

static const char *const verdicts[] = {
        [VERDICT_UNDETERMINED] = WORDS("undetermined"),
        [VERDICT_IDENTIFIABLE] = WORDS("identifiable"),
        [VERDICT_ANONYMOUS] = WORDS("anonymous"),
};

static const char *const readings[] = {
        [READING_ALONE] = WORDS("Alone"),
        [READING_COMBINED] = WORDS("Combined"),
        [READING_BROAD] = WORDS("Broad"),
};

static const char *const meanings[] = {
        [READING_ALONE] = WORDS("does this item by itself name a natural person?"),
        [READING_COMBINED] = WORDS(
                "does it identify a person together with other information in this case?"),
        [READING_BROAD] =
                WORDS("does it relate to an identifiable person, singling out included?"),
};

static const char *const grades[] = {
        [GRADE_OBSERVED] = WORDS("observed: the bytes are in the packets"),
        [GRADE_DERIVED] = WORDS("derived: a fixed computation from observed bytes"),
        [GRADE_INFERRED] = WORDS("inferred: from dictionaries or statistics"),
};

static const char *const consents[] = {
        [CONSENT_NONE] = WORDS("no answer was marked"),
        [CONSENT_BEFORE] = WORDS("before an answer"),
        [CONSENT_REFUSED] = WORDS("refused"),
        [CONSENT_ACCEPTED] = WORDS("accepted"),
        [CONSENT_WITHDRAWN] = WORDS("withdrawn"),
};

static const char *const marks[MARK_KINDS] = {
        [MARK_START] = WORDS("start"),
        [MARK_CONSENT_SHOWN] = WORDS("consent notice shown"),
        [MARK_CONSENT_ACCEPTED] = WORDS("consent given"),
        [MARK_CONSENT_REFUSED] = WORDS("consent refused"),
        [MARK_CONSENT_WITHDRAWN] = WORDS("consent withdrawn"),
        [MARK_ERASURE_REQUESTED] = WORDS("erasure requested"),
        [MARK_COOKIES_CLEARED] = WORDS("cookies cleared"),
        [MARK_LOGIN] = WORDS("login"),
        [MARK_NOTE] = WORDS("note"),
        [MARK_END] = WORDS("end"),
};

static const char *const subjects[SUBJECT_KINDS] = {
        [SUBJECT_NAME] = WORDS("name"),
        [SUBJECT_EMAIL] = WORDS("e-mail address"),
        [SUBJECT_PHONE] = WORDS("telephone number"),
        [SUBJECT_ID_NUMBER] = WORDS("identity number"),
        [SUBJECT_ADDRESS] = WORDS("postal address"),
        [SUBJECT_ACCOUNT] = WORDS("account"),
        [SUBJECT_SEARCH] = WORDS("search term"),
        [SUBJECT_DEVICE] = WORDS("device number"),
        [SUBJECT_LOCATION] = WORDS("location"),
        [SUBJECT_OTHER] = WORDS("other value"),
};

static const char *const gaps[] = {
        [GAP_LOST] = WORDS("packets never reached the capture"),
        [GAP_SNAPLEN] = WORDS("the capture kept only the front of packets"),
        [GAP_KERNEL_DROP] = WORDS("the system dropped packets while capturing"),
        [GAP_MIDSTREAM] = WORDS("the connection began before the capture"),
        [GAP_NO_KEYS] = WORDS("encrypted, and no key for it was given"),
        [GAP_BAD_TAG] = WORDS("encrypted, and no key given opens it"),
        [GAP_BAD] = WORDS("malformed"),
        [GAP_UNSUPPORTED] = WORDS("of a kind this program cannot read"),
        [GAP_CONFLICT] = WORDS("two copies of the same bytes differ; the first one stands"),
        [GAP_BUDGET] = WORDS("a limit of this program was reached"),
        [GAP_CUT] = WORDS("the capture ends here"),
};

struct named {
    const char *name, *words;
};

/* Of gaps whose cause says too little, or the wrong thing: by what capture/ says of them. */
static const struct named details[] = {
        {"the sender reset the stream: what is missing was given up",
                WORDS("its sender broke off, and what is missing was given up")},
        {"the sender reset the stream; this is not its whole",
                WORDS("its sender broke off: no more of it was to come")},
        {"early data that the server refused; the client sends it again",
                WORDS("sent early, refused by the server, and sent again")},
        {"early data whose answer was not seen: what the client sent is shown, but the server "
         "may have refused it",
                WORDS("sent early; whether the server took it was not seen")},
        {"the end of the QUIC connection was not captured",
                WORDS("the end of the connection is not in the capture")},
        {"the request that opened the WebSocket was not read whole",
                WORDS("the request that opened the WebSocket was not seen whole")},
        {"the connection ends inside a WebSocket message",
                WORDS("the connection ends inside a message")},
        {"the connection ends inside a WebSocket frame's header",
                WORDS("the connection ends inside a message")},
        {"compressed with a history that is missing",
                WORDS("compressed by reference to earlier messages that are missing")},
        {"exported without cookies: what was sent in cookies could not be seen",
                WORDS("exported without cookies: what was sent in cookies could not be seen")},
        {"the file does not hold the content of this response",
                WORDS("the HAR file does not hold these contents")},
        {"the file does not hold the body of this request",
                WORDS("the HAR file does not hold these contents")},
        {"the file holds only a part of this content",
                WORDS("the HAR file holds only a part of these contents")},
        {"the file replaced bytes of a body that are not text",
                WORDS("the program that wrote the HAR file replaced bytes that are no text")},
        {"the file lists only the parameters of this body, not how they were sent",
                WORDS("the HAR file lists only the parameters, not how they were sent")},
        {"the file lists no header fields of this request",
                WORDS("the HAR file lists no header fields")},
        {"the HAR file ends before its end",
                WORDS("the HAR file ends before its end; what follows is missing")},
        {"the HAR file is no JSON from here on; what stands behind is not read",
                WORDS("the HAR file is damaged here; what follows could not be read")},
};

_Static_assert(sizeof(details) / sizeof(*details) == PAGE_GAP_WORDS, "page_parts.h");

/* Of connections in which nothing was recognised; those of a protocol have its name. */
static const struct named protocols[] = {
        {"quic", WORDS("QUIC; what its streams carry was not recognised")},
        {"unknown", WORDS("unknown")},
};

static const struct named opcodes[] = {
        {"text", WORDS("text")},
        {"binary", WORDS("binary")},
        {"close", WORDS("close")},
        {"ping", WORDS("ping")},
        {"pong", WORDS("pong")},
};

static const struct named kinds[] = {
        {"tracking-identifier", WORDS("Tracking identifier")},
        {"identifier-sharing", WORDS("One party's identifier given to another")},
        {"personal-data-leak", WORDS("Declared personal data sent")},
        {"search-term-leak", WORDS("Search term sent to a recipient")},
        {"cname-cloaking", WORDS("Tracker behind a first-party name (CNAME)")},
        {"first-party-cookie-exfiltration", WORDS("First-party cookie sent to a third party")},
        {"fingerprinting", WORDS("Browser features collected (fingerprinting)")},
        {"input-recording", WORDS("Input recorded")},
        {"collection-before-consent", WORDS("Sent before consent was given")},
        {"collection-after-refusal", WORDS("Sent after consent was refused")},
        {"identifier-respawn", WORDS("Deleted identifier came back")},
        {"erasure-not-effective", WORDS("Data used after erasure was requested")},
        {"personalised-response", WORDS("Response that uses collected data")},
        {"location-leak", WORDS("Location sent")},
        {"data-from-others", WORDS("Data about the person obtained elsewhere")},
};

static const struct named sensitives[] = {
        {"health", WORDS("health")},
        {"religion", WORDS("religion")},
        {"sexuality", WORDS("sexuality")},
        {"finance", WORDS("finance")},
        {"minors", WORDS("minors")},
        {"location", WORDS("location")},
        {"politics", WORDS("politics")},
        {"biometric", WORDS("biometrics")},
        {"specific-identity", WORDS("specific identity")},
};

static const struct named hows[] = {
        {"set-cookie", WORDS("by a Set-Cookie header")},
        {"script", WORDS("by a script, as far as can be told")},
        {"response", WORDS("by the body or address of a response")},
        {"unknown", WORDS("unknown: set before this capture, or in a way it does not show")},
};

/* Of connections that were not read: the words of capture/ (connections.jsonl has them). */
static const struct named reasons[] = {
        {"no keys", WORDS("no key was given")},
        {"no key fits", WORDS("no key given opens it")},
        {"unsupported cipher", WORDS("a cipher this program cannot read")},
        {"the handshake was not captured", WORDS("the handshake was not captured")},
        {"bytes that are no TLS records", WORDS("bytes that are no TLS records")},
        {"the last record is not whole", WORDS("the last record is not whole")},
        {"bytes are missing", WORDS("bytes are missing")},
        {"unsupported version or cipher",
                WORDS("a version of QUIC or a cipher this program cannot read")},
        {"bytes that are no QUIC packets", WORDS("bytes that are no QUIC packets")},
        {"packets were cut short", WORDS("packets were cut short")},
        {"packets could not be read", WORDS("packets could not be read")},
        {"unknown", WORDS("reason unknown")},
};

const char *page_class_word(enum trace_class c)
{
    return classes[c];
}

const char *page_carrier_word(enum carrier c)
{
    return carriers[c];
}

const char *page_party_word(enum party party)
{
    switch (party) {
    case PARTY_FIRST:
        return WORDS("first party");
    case PARTY_THIRD:
        return WORDS("third party");
    case PARTY_UNKNOWN:
        break;
    }
    return WORDS("party unknown");
}

const char *page_basis_word(enum page_basis basis)
{
    return bases[basis];
}

const char *page_verdict_word(enum verdict v)
{
    return verdicts[v];
}

const char *page_reading_word(enum reading r)
{
    return readings[r];
}

const char *page_reading_meaning(enum reading r)
{
    return meanings[r];
}

const char *page_grade_word(enum grade g)
{
    return grades[g];
}

size_t page_gap_kind(const struct gap *gap)
{
    for (size_t i = 0; gap->detail != NULL && i < PAGE_GAP_WORDS; i++) {
        if (strcmp(details[i].name, gap->detail) == 0)
            return (1 + i) * GAP_CAUSES + gap->why;
    }
    return gap->why;
}

const char *page_gap_word(size_t kind)
{
    return kind < GAP_CAUSES ? gaps[kind] : details[kind / GAP_CAUSES - 1].words;
}

static const char *find(const struct named *table, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(table[i].name, name) == 0)
            return table[i].words;
    }
    return name;
}

const char *page_kind_word(const char *kind)
{
    return find(kinds, sizeof(kinds) / sizeof(*kinds), kind);
}

const char *page_how_word(const char *set_how)
{
    return find(hows, sizeof(hows) / sizeof(*hows), set_how);
}

const char *page_consent_word(enum consent_state state)
{
    return consents[state];
}

const char *page_mark_word(enum mark_kind kind)
{
    return marks[kind];
}

const char *page_subject_word(enum subject_kind kind)
{
    return subjects[kind];
}

const char *page_sensitive_word(const char *category)
{
    return find(sensitives, sizeof(sensitives) / sizeof(*sensitives), category);
}

const char *page_reason_word(const char *reason)
{
    return find(reasons, sizeof(reasons) / sizeof(*reasons), reason);
}

const char *page_protocol_word(const char *name)
{
    return find(protocols, sizeof(protocols) / sizeof(*protocols), name);
}

const char *page_opcode_word(const char *opcode)
{
    if (opcode == NULL)
        return "";
    return find(opcodes, sizeof(opcodes) / sizeof(*opcodes), opcode);
}
