/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/guide_call.h"

#include <string.h>

#define ANSWER_NS (INT64_C(10) * 1000000000)

void guide_call_clear(struct guide_call *c)
{
    json_free(c->answer);
    memset(c, 0, sizeof(*c));
}

enum status guide_call_send(struct guide_call *c, struct devtools *devtools,
        const char *session, const char *method, struct json *params, int64_t now_ns,
        struct fault *fault)
{
    enum status status;
    uint64_t number = 0;

    guide_call_clear(c);
    json_end(params);
    status = params->status != STATUS_OK ? fault_set(fault, params->status, "out of memory")
                                         : buf_append_u8(params->out, 0);
    if (status == STATUS_OK)
        status = devtools_call(
                devtools, session, method, (const char *)params->out->p, &number, fault);
    buf_clear(params->out);
    if (status != STATUS_OK)
        return fault_set(fault, status, "%s could not be sent to the browser", method);
    *c = (struct guide_call){
            .number = number, .method = method, .deadline_ns = now_ns + ANSWER_NS};
    return STATUS_OK;
}

void guide_call_event(struct guide_call *c, const struct devtools_event *event)
{
    if (event->kind != DEVTOOLS_ANSWER || c->number == 0 || event->number != c->number ||
            c->answered)
        return;
    c->answered = true;
    c->ok = event->ok;
    if (event->json.n != 0 && event->json.n <= GUIDE_ANSWER_MOST)
        c->answer = json_parse(event->json, NULL);
}

enum guide_called guide_call_state(const struct guide_call *c, int64_t now_ns)
{
    if (c->number == 0)
        return CALL_FREE;
    if (!c->answered)
        return now_ns > c->deadline_ns ? CALL_LATE : CALL_WAITS;
    return c->ok ? CALL_DONE : CALL_REFUSED;
}

const char *guide_call_why(const struct guide_call *c)
{
    const char *text = json_string_of(json_member(c->answer, "message"));

    return text == NULL ? "" : text;
}
