/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "report/page_parts.h"

enum { FACT_SHOWN = 240, HOW_MOST = 32 };

struct term_word {
    const char *name, *words;
};

/* What the contract calls the facts of findings. Names without words are shown as they are. */
static const struct term_word names[] = {
        {"again", WORDS("What happened again")},
        {"before_first_party", WORDS("Before the page's own site had it")},
        {"bytes", WORDS("Bytes")},
        {"came_back", WORDS("Came back by being")},
        {"came_by", WORDS("Carried by")},
        {"canonical", WORDS("Canonical name")},
        {"chain", WORDS("Aliases in the DNS")},
        {"charset", WORDS("Characters coded as")},
        {"consent_strings", WORDS("Consent records beside it say")},
        {"cookies", WORDS("Cookies it was sent")},
        {"cookies_cleared", WORDS("Cookies were cleared in between")},
        {"cookies_sent", WORDS("Cookies or a login went with the request")},
        {"datum", WORDS("System of the coordinates")},
        {"decimals", WORDS("Decimals of a degree")},
        {"decoration_of", WORDS("Parameter known from")},
        {"dns_carrier", WORDS("DNS answer by")},
        {"dns_frame", WORDS("Packet of the DNS answer")},
        {"earlier_requests_unseen", WORDS("Earlier requests to it that were not seen")},
        {"effect_in", WORDS("Responses that have the term")},
        {"encoding", WORDS("Written as (outermost first)")},
        {"f1", WORDS("Fact 1: the term was sent to it")},
        {"f2", WORDS("Fact 2: the same identifier both times")},
        {"f3", WORDS("Fact 3: the term is in the response")},
        {"field", WORDS("Field")},
        {"fields", WORDS("Fields")},
        {"first_time", WORDS("First time")},
        {"form", WORDS("Form of the value")},
        {"from_site", WORDS("From site")},
        {"gpc_signal_sent", WORDS("Global Privacy Control was sent with it")},
        {"host", WORDS("Host")},
        {"how", WORDS("How")},
        {"identifiers", WORDS("Identifiers")},
        {"items", WORDS("Values in all")},
        {"kept_as", WORDS("Kept as")},
        {"known_by", WORDS("Known as a tracker from")},
        {"last_before_time", WORDS("Last time before the request")},
        {"lifetime_days", WORDS("Declared lifetime in days")},
        {"linked_by", WORDS("The identifier")},
        {"linked_request", WORDS("Request with the identifier, later")},
        {"linked_to_request", WORDS("Request with the identifier, beside the term")},
        {"mark", WORDS("Mark of the person")},
        {"mark_time", WORDS("Time of the mark")},
        {"mechanism", WORDS("By way of")},
        {"metres", WORDS("Metres from the declared place")},
        {"name", WORDS("Name")},
        {"next_site", WORDS("Led on to site")},
        {"nominal_bits", WORDS("Nominal bits")},
        {"not_known_to_be_browsers", WORDS("Exchanges not known to be the browser's")},
        {"page_has_term", WORDS("The page's own site had sent the term")},
        {"page_text_bytes", WORDS("Bytes of page text in it")},
        {"part", WORDS("Part that was sent")},
        {"partial", WORDS("Only a part of the value")},
        {"party", WORDS("Party")},
        {"recipient", WORDS("Sent back by")},
        {"rule", WORDS("Rule of a list")},
        {"same_owner_was_sent", WORDS("Another host of its owner was sent the value")},
        {"samples", WORDS("Number of uploads")},
        {"search_page_site", WORDS("Searched on")},
        {"seconds", WORDS("Over seconds")},
        {"seconds_after_clearing", WORDS("Seconds after clearing")},
        {"seconds_after_mark", WORDS("Seconds after the mark")},
        {"sent_later", WORDS("It was sent the value later")},
        {"server_side_signs", WORDS("Signs of tagging at the server")},
        {"set_by", WORDS("Set")},
        {"signals", WORDS("Features sent (their fields)")},
        {"sites_seen_on", WORDS("On pages of")},
        {"state", WORDS("State of consent")},
        {"storage_access", WORDS("Access to its cookies, as the browser said")},
        {"string_says", WORDS("A consent record says otherwise")},
        {"strong", WORDS("Features that say most")},
        {"submitted_later", WORDS("Submitted to the site itself in")},
        {"term", WORDS("Search term")},
        {"term_sent_in", WORDS("The term was sent in")},
        {"text", WORDS("Last text typed")},
        {"times_redirected", WORDS("Times by a redirect")},
        {"times_returned", WORDS("Times sent back")},
        {"times_sent", WORDS("Times sent")},
        {"to_site", WORDS("To site")},
        {"told_by", WORDS("Recognised by")},
        {"tracker_site", WORDS("Site behind it")},
        {"unseen", WORDS("What could not be seen")},
        {"value", WORDS("Value")},
        {"value_label", WORDS("Declared value")},
        {"value_number", WORDS("Its number among these")},
        {"vendor", WORDS("Protocol of")},
        {"via", WORDS("Brought back by")},
        {"where", WORDS("Where")},
};

static const struct term_word writings[] = {
        {"percent", WORDS("percent-encoding")},
        {"u-escape", WORDS("%u escapes of scripts")},
        {"json", WORDS("JSON escapes")},
        {"entity", WORDS("HTML entities")},
        {"base64", WORDS("base64")},
        {"base32", WORDS("base32")},
        {"hex", WORDS("hexadecimal")},
        {"hex-form", WORDS("other letters or marks of the same hexadecimal")},
        {"gzip", WORDS("gzip compression")},
        {"zlib", WORDS("zlib compression")},
        {"deflate", WORDS("deflate compression")},
        {"brotli", WORDS("brotli compression")},
        {"zstd", WORDS("zstd compression")},
        {"jwt", WORDS("JSON web token")},
        {"md5", WORDS("MD5 digest")},
        {"sha1", WORDS("SHA-1 digest")},
        {"sha224", WORDS("SHA-224 digest")},
        {"sha256", WORDS("SHA-256 digest")},
        {"sha384", WORDS("SHA-384 digest")},
        {"sha512", WORDS("SHA-512 digest")},
        {"sha3-224", WORDS("SHA3-224 digest")},
        {"sha3-256", WORDS("SHA3-256 digest")},
        {"sha3-384", WORDS("SHA3-384 digest")},
        {"sha3-512", WORDS("SHA3-512 digest")},
        {"ripemd160", WORDS("RIPEMD-160 digest")},
        {"sm3", WORDS("SM3 digest")},
        {"murmur3-x64-128", WORDS("MurmurHash3 digest")},
};

static const struct term_word places[] = {
        {"query", WORDS("parameter of the address")},
        {"path", WORDS("path of the address")},
        {"referer", WORDS("Referer header")},
        {"cookie", WORDS("cookie")},
        {"set-cookie", WORDS("cookie that was set")},
        {"header", WORDS("header")},
        {"body", WORDS("body")},
        {"websocket", WORDS("WebSocket message")},
        {"location", WORDS("redirect (Location header)")},
        {"etag", WORDS("cache validator (ETag)")},
};

/* What cname-cloaking leans on. */
static const struct term_word known[] = {
        {"list", WORDS("a tracker list")},
        {"owner-table", WORDS("the table of owners")},
        {"identifiers", WORDS("identifiers that it got under its own name")},
        {"collect-path", WORDS("path of a collecting endpoint")},
        {"vendor-protocol", WORDS("protocol of a vendor")},
        {"tag-script", WORDS("script of a tag manager")},
        {"tag-cookie", WORDS("cookie of a tag manager")},
        {"container", WORDS("container of a tag manager")},
        {"alias", WORDS("alias of a hosting service")},
};

static const struct term_word ways[] = {
        {"redirect", WORDS("redirect")},
        {"script", WORDS("script")},
        {"post", WORDS("body of a request")},
        {"referer", WORDS("Referer header")},
        {"websocket", WORDS("WebSocket message")},
        {"bounce", WORDS("stopover of the page at the site (bounce)")},
        {"link-decoration", WORDS("link decoration")},
};

static const struct term_word keepers[] = {
        {"cookie", WORDS("cookie")},
        {"etag", WORDS("cache validator (ETag)")},
        {"last-modified", WORDS("date of a cached file (Last-Modified)")},
        {"cache", WORDS("content of a cached response")},
        {"redirect", WORDS("redirect")},
        {"storage", WORDS("storage of the page")},
        {"other-site", WORDS("another site that still had it")},
        {"response", WORDS("a response")},
        {"sent", WORDS("sent")},
        {"set", WORDS("set")},
        {"unknown", WORDS("a way that is not seen")},
};

static const struct term_word recordings[] = {
        {"as-you-type", WORDS("while it was typed")},
        {"session-replay", WORDS("recording that replays the visit")},
        {"before-submit", WORDS("before the form was submitted")},
        {"rrweb-events", WORDS("events as the recorder rrweb writes them")},
        {"vendor-field", WORDS("a field that a vendor uses for recordings")},
        {"volume-with-page-text", WORDS("amount of data with text of the page")},
        {"volume-with-coordinates", WORDS("amount of data with coordinates of the mouse")},
};

static const struct term_word states[] = {
        {"none", WORDS("no answer was marked")},
        {"before", WORDS("before an answer")},
        {"refused", WORDS("refused")},
        {"accepted", WORDS("accepted")},
        {"withdrawn", WORDS("withdrawn")},
        {"inactive", WORDS("no, though it could ask for it")},
        {"active", WORDS("yes")},
        {"consent-shown", WORDS("consent notice shown")},
        {"consent-accepted", WORDS("consent given")},
        {"consent-refused", WORDS("consent refused")},
        {"consent-withdrawn", WORDS("consent withdrawn")},
        {"erasure-requested", WORDS("erasure requested")},
        {"cookies-cleared", WORDS("cookies cleared")},
};

static const struct term_word answers[] = {
        {"yes", WORDS("yes")},
        {"no", WORDS("no")},
        {"true", WORDS("yes")},
        {"false", WORDS("no")},
        {"present", WORDS("seen")},
        {"absent", WORDS("not there")},
        {"not visible", WORDS("could not be seen")},
        {"not seen", WORDS("the page's own site was not seen to get it")},
        {"first", WORDS("first party")},
        {"third", WORDS("third party")},
        {"unknown", WORDS("unknown")},
};

static const struct term_word labels[] = {
        {"name", WORDS("name")},
        {"email", WORDS("e-mail address")},
        {"phone", WORDS("telephone number")},
        {"id_number", WORDS("identity number")},
        {"address", WORDS("postal address")},
        {"account", WORDS("account")},
        {"search", WORDS("search term")},
        {"device", WORDS("device number")},
        {"location", WORDS("location")},
};

static const struct term_word forms[] = {
        {"as declared", WORDS("as declared")},
        {"lower case", WORDS("in lower case")},
        {"upper case", WORDS("in capitals")},
        {"masked", WORDS("masked")},
        {"GBK", WORDS("in GBK characters")},
        {"UTF-16", WORDS("in UTF-16 characters")},
        {"gbk", WORDS("GBK")},
        {"utf-8", WORDS("UTF-8")},
        {"utf-16le", WORDS("UTF-16")},
        {"eleven digits", WORDS("eleven digits")},
        {"E.164", WORDS("with country code")},
        {"pinyin", WORDS("pinyin")},
        {"pinyin, capitalised", WORDS("pinyin, capitalised")},
        {"pinyin, given name in initials", WORDS("pinyin, given name in initials")},
        {"initials", WORDS("initials")},
        {"surname", WORDS("surname")},
        {"surname, pinyin", WORDS("surname, pinyin")},
        {"given name", WORDS("given name")},
        {"given name, pinyin", WORDS("given name, pinyin")},
        {"first name", WORDS("first name")},
        {"last name", WORDS("last name")},
        {"last four", WORDS("last four digits")},
        {"last six", WORDS("last six digits")},
        {"local part", WORDS("part before the @")},
        {"local part without tag", WORDS("part before the @")},
        {"part of the address", WORDS("part of the address")},
        {"identity number", WORDS("identity number")},
        {"card number", WORDS("card number")},
        {"plate", WORDS("number plate")},
        {"without spaces", WORDS("without spaces")},
        {"without marks", WORDS("without marks")},
        {"wgs-84", WORDS("WGS-84 (satellites)")},
        {"gcj-02", WORDS("GCJ-02 (Chinese maps)")},
        {"bd-09", WORDS("BD-09 (Baidu maps)")},
};

static const struct term_word features[] = {
        {"user-agent", WORDS("name of the browser")},
        {"language", WORDS("language")},
        {"screen", WORDS("screen size")},
        {"viewport", WORDS("window size")},
        {"colour-depth", WORDS("colour depth")},
        {"platform", WORDS("operating system")},
        {"time-zone", WORDS("time zone")},
        {"pixel-ratio", WORDS("pixel ratio")},
        {"processors", WORDS("number of processors")},
        {"memory", WORDS("memory")},
        {"hardware", WORDS("hardware")},
        {"touch", WORDS("touch points")},
        {"plugins", WORDS("plug-ins")},
        {"network", WORDS("kind of network")},
        {"battery", WORDS("battery")},
        {"storage", WORDS("storage")},
        {"media-devices", WORDS("cameras and microphones")},
        {"voices", WORDS("voices")},
        {"client-hints", WORDS("client hints that sites must ask for")},
        {"fonts", WORDS("fonts")},
        {"canvas", WORDS("drawing (canvas)")},
        {"audio", WORDS("audio processing")},
        {"webgl", WORDS("graphics card (WebGL)")},
        {"fingerprint", WORDS("digest of features")},
};

static const struct term_word unseen[] = {
        {"connection to this site was not wholly decrypted",
                WORDS("connections to this site were not wholly decrypted")},
        {"connections to this site were not wholly decrypted",
                WORDS("connections to this site were not wholly decrypted")},
        {"exchange with this site belongs to no page that is known",
                WORDS("exchanges with this site belong to no page that is known")},
        {"exchanges with this site belong to no page that is known",
                WORDS("exchanges with this site belong to no page that is known")},
        {"exchange with this site is incomplete",
                WORDS("exchanges with this site are incomplete")},
        {"exchanges with this site are incomplete",
                WORDS("exchanges with this site are incomplete")},
        {"connection that was not wholly decrypted named no server",
                WORDS("connections that were not wholly decrypted named no server")},
        {"connections that were not wholly decrypted named no server",
                WORDS("connections that were not wholly decrypted named no server")},
        {"occurrence of these values is counted but not placed in time",
                WORDS("occurrences of these values are counted but not placed in time")},
        {"occurrences of these values are counted but not placed in time",
                WORDS("occurrences of these values are counted but not placed in time")},
        {"there were more values than are kept", WORDS("there were more values than are kept")},
};

#define TABLE(t) t, sizeof(t) / sizeof(*(t))

static const struct {
    const char *fact;
    const struct term_word *tokens;
    size_t n;
} groups[] = {
        {"encoding", TABLE(writings)},
        {"where", TABLE(places)},
        {"known_by", TABLE(known)},
        {"server_side_signs", TABLE(known)},
        {"mechanism", TABLE(ways)},
        {"kept_as", TABLE(keepers)},
        {"via", TABLE(keepers)},
        {"came_back", TABLE(keepers)},
        {"again", TABLE(keepers)},
        {"how", TABLE(recordings)},
        {"told_by", TABLE(recordings)},
        {"state", TABLE(states)},
        {"mark", TABLE(states)},
        {"storage_access", TABLE(states)},
        {"value_label", TABLE(labels)},
        {"form", TABLE(forms)},
        {"charset", TABLE(forms)},
        {"datum", TABLE(forms)},
        {"signals", TABLE(features)},
        {"strong", TABLE(features)},
        {"unseen", TABLE(unseen)},
        {"party", TABLE(answers)},
        {"partial", TABLE(answers)},
        {"before_first_party", TABLE(answers)},
        {"f1", TABLE(answers)},
        {"f2", TABLE(answers)},
        {"f3", TABLE(answers)},
        {"page_has_term", TABLE(answers)},
        {"cookies_sent", TABLE(answers)},
        {"same_owner_was_sent", TABLE(answers)},
        {"sent_later", TABLE(answers)},
        {"cookies_cleared", TABLE(answers)},
        {"gpc_signal_sent", TABLE(answers)},
};

static const char *find(const struct term_word *table, size_t n, struct bytes name)
{
    for (size_t i = 0; i < n; i++) {
        if (bytes_is(name, table[i].name))
            return table[i].words;
    }
    return NULL;
}

const char *page_fact_word(const char *fact)
{
    return find(TABLE(names), bytes_text(fact));
}

const char *page_token_word(const char *fact, struct bytes token)
{
    for (size_t i = 0; i < sizeof(groups) / sizeof(*groups); i++) {
        if (strcmp(groups[i].fact, fact) == 0)
            return find(groups[i].tokens, groups[i].n, token);
    }
    return NULL;
}

/* "3 connections …": a number in front, and "fonts (field)": a name behind. */
static void write_token(struct page *p, const char *fact, struct bytes token)
{
    struct bytes head = token;
    const char *words = page_token_word(fact, token);
    size_t at = 0;

    if (words == NULL && strcmp(fact, "unseen") == 0) {
        while (at < token.n && token.p[at] >= '0' && token.p[at] <= '9')
            at++;
        if (at != 0 && at + 1 < token.n)
            words = page_token_word(fact, bytes_slice(token, at + 1, token.n));
        if (words != NULL) {
            page_excerpt(p, bytes_slice(token, 0, at), FACT_SHOWN);
            html_string(&p->h, " ");
        }
    } else if (words == NULL && strcmp(fact, "signals") == 0 &&
               bytes_find(token, BYTES_LITERAL(" ("), 0, &at)) {
        head = bytes_slice(token, 0, at);
        words = page_token_word(fact, head);
        if (words != NULL) {
            html_string(&p->h, page_word(p, words));
            page_excerpt(p, bytes_slice(token, at, token.n), FACT_SHOWN);
            return;
        }
    }
    if (words != NULL)
        html_string(&p->h, page_word(p, words));
    else
        page_excerpt(p, token, FACT_SHOWN);
}

static void write_list(struct page *p, const struct finding_fact *f)
{
    size_t shown = f->list_count < PAGE_NAMES_MOST ? f->list_count : PAGE_NAMES_MOST;

    if (f->list_count == 0 && strcmp(f->name, "encoding") == 0)
        page_say(p, "nothing: the bytes are the same");
    else if (f->list_count == 0)
        page_say(p, "none");
    for (size_t i = 0; i < shown; i++) {
        if (i != 0)
            page_comma(p);
        write_token(p, f->name, f->list[i]);
    }
    if (shown < f->list_count)
        page_say(p, " and %zu more", f->list_count - shown);
}

static void write_text(struct page *p, const struct finding_fact *f)
{
    const char *words = page_token_word(f->name, f->text);

    if (strcmp(f->name, "set_by") == 0 && f->text.n < HOW_MOST) {
        char how[HOW_MOST];

        (void)snprintf(how, sizeof(how), "%.*s", (int)f->text.n, (const char *)f->text.p);
        words = page_how_word(how);
    }
    if (words != NULL)
        html_string(&p->h, page_word(p, words));
    else if (f->text.n == 0)
        html_element(&p->h, "em", NULL, page_word(p, "(no name)"));
    else
        page_code(p, f->text, FACT_SHOWN);
}

void page_fact(struct page *p, const struct finding_fact *f)
{
    const char *words = page_fact_word(f->name);

    html_element(&p->h, "dt", NULL, words == NULL ? f->name : page_word(p, words));
    html_open(&p->h, "dd");
    switch (f->kind) {
    case FACT_TEXT:
        write_text(p, f);
        break;
    case FACT_NUMBER:
        html_print(&p->h, "%lld", (long long)f->number);
        break;
    case FACT_LIST:
        write_list(p, f);
        break;
    }
    html_close(&p->h);
}
