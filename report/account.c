/* SPDX-License-Identifier: Apache-2.0 */
#include "report/account.h"

static void write_known(struct json *j, const char *key, struct bytes text)
{
    if (text.n == 0)
        json_null(j, key);
    else
        json_text(j, key, text);
}

static void write_initiator(struct json *j, const struct browser_request *r)
{
    json_object(j, "initiator");
    write_known(j, "type", r->initiator);
    write_known(j, "url", r->initiator_url);
    if (r->initiator_line == BROWSER_NONE)
        json_null(j, "line");
    else
        json_integer(j, "line", r->initiator_line + 1); /* people count from 1 */
    json_end(j);
}

void account_exchange(struct json *j, const struct judgement *judged, size_t index)
{
    const struct attributions *a = &judged->attributions;
    int64_t request = a->browser == NULL ? BROWSER_NONE : a->match.request_of[index];
    const struct browser_request *r;

    if (a->browser == NULL)
        return;
    if (request == BROWSER_NONE) {
        json_null(j, "browser");
        return;
    }
    r = &a->browser->requests[request];
    json_object(j, "browser");
    json_text(j, "request", r->id);
    write_initiator(j, r);
    write_known(j, "type", r->type);
    json_string(j, "frame", browser_frame_name(r->frame));
    json_bool(j, "from_cache", r->from_disk || r->from_memory);
    json_end(j);
}

uint64_t account_only_browser(const struct browser_match *m)
{
    uint64_t n = 0;

    for (int i = FATE_WIRE + 1; i < FATE_UNDECIDED; i++)
        n += m->fates[i];
    return n;
}

static void write_missed(struct json *j, const struct attributions *a)
{
    size_t listed = 0;

    json_array(j, "missed_requests");
    for (size_t i = 0; i < a->browser->request_count && listed < ACCOUNT_MISSED_MOST; i++) {
        const struct browser_request *r = &a->browser->requests[i];

        if (a->match.fate[i] != FATE_MISSED)
            continue;
        listed++;
        json_object(j, NULL);
        json_text(j, "request", r->id);
        if (r->start_ns == 0)
            json_null(j, "time");
        else
            json_time(j, "time", r->start_ns);
        write_known(j, "method", r->method);
        json_text(j, "url", r->url);
        json_string(j, "why", browser_miss_name((enum browser_miss)a->match.miss[i]));
        json_end(j);
    }
    json_end(j);
}

void account_completeness(struct json *j, const struct judgement *judged)
{
    const struct attributions *a = &judged->attributions;
    const struct browser_match *m = &a->match;

    if (a->browser == NULL) {
        json_null(j, "browser");
        return;
    }
    json_object(j, "browser");
    json_unsigned(j, "lines", a->browser->lines);
    json_unsigned(j, "lines_not_read", a->browser->unread);
    json_bool(j, "cut", a->browser->cut);
    json_unsigned(j, "requests", a->browser->request_count);
    json_unsigned(j, "requests_left_out", a->browser->left_out);
    json_unsigned(j, "answers_without_request", a->browser->orphans);
    json_unsigned(j, "both", m->fates[FATE_WIRE]);
    json_object(j, "only_browser");
    for (int i = FATE_WIRE + 1; i < FATE_UNDECIDED; i++) {
        if (m->fates[i] != 0)
            json_unsigned(j, browser_fate_name((enum browser_fate)i), m->fates[i]);
    }
    json_end(j);
    json_unsigned(j, "undecided", m->fates[FATE_UNDECIDED]);
    json_unsigned(j, "missed", m->fates[FATE_MISSED]);
    json_unsigned(j, "only_wire", m->only_wire);
    json_object(j, "websocket_messages");
    json_unsigned(j, "browser", m->messages[0]);
    json_unsigned(j, "wire", m->messages[1]);
    json_end(j);
    write_missed(j, a);
    json_end(j);
}
