/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/sharing_name.h"

#include <stddef.h>

static bool in_list(struct bytes text, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (bytes_is_nocase(text, list[i]))
            return true;
    }
    return false;
}

#define IN_LIST(text, list) in_list(text, list, sizeof(list) / sizeof(*(list)))

bool sharing_name_syncs(struct bytes name)
{
    static const char *const names[] = {"uid", "puid", "partner_uid", "partneruid",
            "partner_user_id", "partner_device_id", "user_id", "userid", "buyeruid",
            "buyer_uid", "google_gid", "google_cm", "google_push", "tid", "tpid", "tp_id",
            "tuid", "tduid", "ttd_puid", "ttd_id", "ssp_uid", "ssp_user_id", "dsp_uid",
            "dsp_user_id", "dspuid", "dspid_uid", "external_user_id", "external_uid", "ext_uid",
            "extuid", "ext_id", "external_id", "xuid", "suid", "bidder_uid", "bidderuid",
            "match_id", "matchuid", "remote_uid", "remoteuid", "baidu_user_id", "tanx_tid",
            "tanx_cm", "bdu", "youku_uid", "iqiyi_uid", "sogou_uid", "cookie_id", "cookieid",
            "visitor_id", "user_uid", "piggybackcookie", "mt_uuid", "zuid"};

    return IN_LIST(name, names);
}

bool sharing_path_syncs(struct bytes path)
{
    static const char *const segments[] = {"cm", "cms", "cmr", "sync", "match", "cookiesync",
            "cookie-sync", "cookie_sync", "csync", "cookiematch", "cookie-match",
            "cookie_match", "cookiemapping", "cookie-mapping", "cookie_mapping", "usermatch",
            "user-match", "user_match", "usermatchredir", "usersync", "user-sync", "user_sync",
            "user_sync.html", "idsync", "id-sync", "id_sync", "syncuser", "pixelsync",
            "pixel-sync", "pixel_sync", "setuid", "getuid", "getuidnb", "getuidu", "mapuid",
            "mapuser", "putuser", "idmapping", "uidmapping", "bounce", "rtset", "dmpsync",
            "ssync", "dsync", "pmatch", "match-result", "partner-sync", "partnersync"};
    struct bytes query, segment;
    size_t dot;

    if (bytes_take_until(&path, '?', &query))
        path = query;
    while (path.n != 0) {
        if (!bytes_take_until(&path, '/', &segment)) {
            segment = path;
            path.n = 0;
        }
        if (bytes_find(segment, BYTES_LITERAL("."), 1, &dot))
            segment.n = dot;
        if (IN_LIST(segment, segments))
            return true;
    }
    return false;
}

bool sharing_name_common(struct bytes name)
{
    static const char *const names[] = {"siteid", "site_id", "site", "sid_site", "appid",
            "app_id", "appkey", "app_key", "apikey", "api_key", "app_token", "sdk_key",
            "client_key", "write_key", "writekey", "pubid", "pub_id", "publisher",
            "publisher_id", "publisherid", "account", "account_id", "accountid", "tenant",
            "tenant_id", "project", "project_id", "projectid", "property_id", "container_id",
            "campaign", "campaign_id", "adunit", "ad_unit", "slot", "slotid", "slot_id",
            "placement", "placement_id", "zoneid", "zone_id", "creative", "creative_id", "cb",
            "cachebuster", "cache_buster", "nocache", "rnd", "rand", "random", "ord", "_", "r",
            "ts", "timestamp", "nonce", "sign", "signature", "hash", "etag", "version", "ver",
            "v", "build", "build_id", "release", "commit", "sha", "integrity", "page_id",
            "pageid", "pageview_id", "pvid", "request_id", "requestid", "req_id", "reqid",
            "trace_id", "traceid", "span_id", "auction_id", "auctionid", "bid_id", "bidid",
            "impression_id", "impid", "transaction_id", "x-request-id", "traceparent"};

    return IN_LIST(name, names);
}

bool sharing_value_common(struct bytes value)
{
    static const char *const starts[] = {"G-", "GT-", "UA-", "GTM-", "AW-", "DC-"};
    enum { LEAST = 6, MOST = 24 };

    if (value.n < LEAST || value.n > MOST)
        return false;
    for (size_t i = 0; i < value.n; i++) {
        if (value.p[i] != '-' && !ascii_is_digit(value.p[i]) &&
                (value.p[i] < 'A' || value.p[i] > 'Z'))
            return false;
    }
    for (size_t i = 0; i < sizeof(starts) / sizeof(*starts); i++) {
        if (bytes_starts(value, bytes_text(starts[i])))
            return true;
    }
    return false;
}
