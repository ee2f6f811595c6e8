/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/score_name.h"

#include <stddef.h>

/* The name is one of these words, or has it as a part between separators or case changes. */
static bool has_word(struct bytes name, const char *const *words, size_t n)
{
    name = bytes_slice(name, 0, SCORE_NAME_LOOKED);
    for (size_t i = 0; i < n; i++) {
        struct bytes word = bytes_text(words[i]);

        for (size_t at = 0; at + word.n <= name.n; at++) {
            struct bytes here = bytes_slice(name, at, at + word.n);
            bool starts = at == 0 || !ascii_is_alpha(name.p[at - 1]) ||
                          (name.p[at] >= 'A' && name.p[at] <= 'Z' && name.p[at - 1] >= 'a');
            bool ends = at + word.n == name.n || !ascii_is_alpha(name.p[at + word.n]) ||
                        (name.p[at + word.n] >= 'A' && name.p[at + word.n] <= 'Z' &&
                                name.p[at + word.n - 1] >= 'a');

            if (starts && ends && bytes_equal_nocase(here, word))
                return true;
        }
    }
    return false;
}

#define HAS_WORD(name, ...)                                                                    \
    has_word(name, (const char *const[]){__VA_ARGS__},                                         \
            sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

bool score_name_identifier(struct bytes name)
{
    return HAS_WORD(name, "uid", "uuid", "guid", "cid", "did", "vid", "pvid", "visitor",
            "visitorid", "clientid", "client_id", "deviceid", "device_id", "device", "track",
            "tracker", "trackid", "trackingid", "visitor_id", "userid", "user_id",
            "anonymousid", "anonymous_id", "distinctid", "distinct_id", "browserid", "puid",
            "tuid", "buid", "openid", "oaid", "idfa", "gaid", "imei", "udid", "fingerprint",
            "fp", "fpid", "webid", "cookieid", "partner_uid", "user", "id");
}

bool score_name_constant(struct bytes name)
{
    return HAS_WORD(name, "site", "siteid", "site_id", "app", "appid", "app_id", "appkey",
            "app_key", "build", "buildid", "build_id", "rev", "revision", "commit",
            "commit_hash", "version", "ver", "release", "hash", "experiment", "exp", "exps",
            "ab", "abtest", "ab_test", "bucket", "variant", "cohort", "campaign", "campaignid",
            "campaign_id", "loc", "geo", "region", "city", "province", "container", "property",
            "propertyid", "measurement", "measurement_id", "tid", "asset", "checksum",
            "integrity", "etag", "template", "slot", "placement");
}

bool score_name_session(struct bytes name)
{
    return HAS_WORD(name, "csrf", "xsrf", "csrftoken", "nonce", "session", "sess", "sessionid",
            "session_id", "jsessionid", "phpsessid", "sid", "connect.sid", "asp.net_sessionid",
            "state", "__cf_bm", "awsalb", "awsalbcors", "serverid", "route", "lb");
}

bool score_name_guard(struct bytes name)
{
    return HAS_WORD(name, "csrf", "xsrf", "csrftoken", "csrf_token", "xsrf-token", "_csrf",
            "csrfmiddlewaretoken", "authenticity_token", "requestverificationtoken");
}

bool score_name_secret(struct bytes name)
{
    return HAS_WORD(name, "auth", "password", "passwd", "pwd", "passphrase", "secret",
            "authorization", "auth_token", "authtoken", "access_token", "accesstoken",
            "refresh_token", "id_token", "api_key", "apikey", "x-api-key", "bearer", "otp",
            "captcha", "logintoken", "login_token", "credential");
}

bool score_name_preference(struct bytes name)
{
    return HAS_WORD(name, "lang", "language", "locale", "ul", "hl", "theme", "skin", "dark",
            "currency", "tz", "timezone", "country", "region", "font", "fontsize", "layout",
            "view", "sort", "pref", "prefs", "preference", "preferences", "autoplay", "volume",
            "quality", "mode", "night");
}

bool score_name_search(struct bytes name)
{
    return HAS_WORD(name, "q", "wd", "word", "query", "keyword", "keywords", "kw", "search",
            "searchterm", "search_query", "searchword", "kwd", "term", "prefix");
}

bool score_name_content(struct bytes name)
{
    return HAS_WORD(name, "url", "uri", "dl", "dr", "dt", "ref", "referer", "referrer", "loc",
            "location", "page", "title", "tt", "href", "u", "su", "path", "durl", "ltu", "rdm",
            "rurl", "document", "docurl", "ti", "name", "content", "text");
}

bool score_name_consent(struct bytes name)
{
    return HAS_WORD(name, "consent", "gdpr", "gdpr_consent", "tcf", "tcstring", "usprivacy",
            "us_privacy", "ccpa", "gpp", "gpp_sid", "optanon", "privacy", "cookiepolicy");
}
