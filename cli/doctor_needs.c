/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <unistd.h>

#include "classify/list.h"
#include "cli/doctor.h"

#define DISK_LEAST (INT64_C(256) << 20)

static bool probe_ok(const struct environment *e, const char *id)
{
    const struct probe *p = environment_probe(e, id);

    return p != NULL && p->state == PROBE_OK;
}

static void need(struct doctor *d, struct doctor_need n)
{
    if (d->need_count < DOCTOR_NEEDS)
        d->needs[d->need_count++] = n;
}

/* The room where we stand: the first of the places of the disk probe. */
static bool disk_is_enough(const struct environment *e)
{
    const struct probe *p = environment_probe(e, "disk");
    struct json_value *v = p == NULL ? NULL : json_parse(p->facts, NULL);
    int64_t room = 0;
    bool known = json_integer_of(
            json_member(json_first(json_member(v, "places")), "free_bytes"), &room);

    json_free(v);
    return !known || room >= DISK_LEAST;
}

/* Root makes a network of the browser's own without any of these. */
static void need_isolation(struct doctor *d)
{
    const struct probe *p = environment_probe(&d->env, "namespaces");
    bool root = geteuid() == 0;

    need(d, (struct doctor_need){.id = "namespaces",
                    .required = !root,
                    .met = probe_ok(&d->env, "namespaces"),
                    .why_en = "this system forbids a network of the browser's own",
                    .why_zh = "本系统禁止为浏览器建立独立的网络",
                    .install = p == NULL ? NULL : "exhibit record --isolate=none -i IF"});
    need(d, (struct doctor_need){.id = "joiner",
                    .required = !root,
                    .met = probe_ok(&d->env, "joiner"),
                    .why_en = "slirp4netns is not installed",
                    .why_zh = "未安装 slirp4netns",
                    .install = "sudo apt-get install slirp4netns"});
    need(d, (struct doctor_need){.id = "tun",
                    .required = !root,
                    .met = probe_ok(&d->env, "tun"),
                    .why_en = "/dev/net/tun is missing or closed to this account",
                    .why_zh = "/dev/net/tun 不存在或此账户无权使用",
                    .install = "sudo modprobe tun; sudo chmod 666 /dev/net/tun"});
}

static enum status need_lists(struct doctor *d)
{
    struct lists *lists = lists_new();
    enum status status = lists == NULL ? STATUS_NOMEM : lists_add_default(lists, NULL);

    lists_free(lists);
    if (status == STATUS_NOMEM)
        return status;
    need(d, (struct doctor_need){.id = "tracker-lists",
                    .met = status == STATUS_OK,
                    .why_en = "no tracker lists are installed: trackers will not be named as "
                              "such",
                    .why_zh = "未安装跟踪器列表：无法标明跟踪器",
                    .install = "sudo apt-get install webext-ublock-origin-chromium"});
    return STATUS_OK;
}

enum status doctor_judge(struct doctor *d, const char *browser)
{
    enum status status;

    need(d, (struct doctor_need){.id = "browser",
                    .required = true,
                    .met = browser == NULL,
                    .why_en = browser,
                    .why_zh = "未找到可用的浏览器",
                    .install = "sudo apt-get install chromium"});
    need_isolation(d);
    need(d, (struct doctor_need){.id = "disk",
                    .required = true,
                    .met = disk_is_enough(&d->env),
                    .why_en = "less than 256 MiB are free on this disk",
                    .why_zh = "磁盘可用空间不足 256 MiB"});
    status = need_lists(d);
    d->ready = true;
    for (size_t i = 0; i < d->need_count; i++)
        d->ready = d->ready && (d->needs[i].met || !d->needs[i].required);
    return status;
}

void doctor_write(const struct doctor *d, struct json *j)
{
    struct buf text;
    struct json inner;

    json_object(j, NULL);
    json_string(j, "schema", "exhibit/doctor/1");
    json_bool(j, "ready", d->ready);
    json_array(j, "needs");
    for (size_t i = 0; i < d->need_count; i++) {
        const struct doctor_need *n = &d->needs[i];

        json_object(j, NULL);
        json_string(j, "id", n->id);
        json_bool(j, "met", n->met);
        json_bool(j, "required", n->required);
        json_string(j, "why", n->met ? NULL : n->why_en);
        json_string(j, "install", n->met ? NULL : n->install);
        json_end(j);
    }
    json_end(j);
    buf_init(&text, j->out->limit);
    json_init(&inner, &text);
    environment_write(&d->env, &inner);
    if (j->status == STATUS_OK)
        j->status = inner.status;
    json_raw(j, "environment", buf_view(&text));
    buf_clear(&text);
    json_end(j);
}
