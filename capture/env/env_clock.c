/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>
#include <sys/timex.h>

#include "capture/env/env_parts.h"
#include "capture/env/env_resolve.h"
#include "capture/env/env_sntp.h"

#define SECOND_NS INT64_C(1000000000)
#define WAIT_NS (2 * SECOND_NS)
#define OFFSET_MOST_NS SECOND_NS /* more than this, beyond doubt, is worth a word */

enum { ENOUGH = 2, MILLISECOND = 1000000, SIGNED_TEXT = 48 };

static void look_kernel_clock(struct look *l)
{
    struct json *j = look_begin(l, "clock", "clock", "Is the clock kept right by the system?",
            "系统是否在校准时钟");
    struct timex t = {0};
    int state = l->live ? adjtimex(&t) : -1;

    if (state < 0) {
        json_null(j, "synchronised");
        look_unknown(
                l, "The kernel did not tell the state of its clock.", "内核未提供其时钟状态。");
        look_end(l);
        return;
    }
    json_bool(j, "synchronised", state != TIME_ERROR && (t.status & STA_UNSYNC) == 0);
    json_bool(j, "leap_second_coming", state == TIME_INS || state == TIME_DEL);
    if (state == TIME_ERROR || (t.status & STA_UNSYNC) != 0)
        look_attention(l,
                "The kernel says that nothing keeps this clock right. Switch on time "
                "synchronisation (timedatectl set-ntp true), or rely on the comparison with "
                "time "
                "servers below.",
                "内核表示没有任何程序在校准此时钟。请打开时间同步（timedatectl set-ntp true），"
                "或以下文与时间服务器的比对为准。");
    else
        look_ok(l, "The kernel says that its clock is synchronised (error at most %lld ms).",
                "内核表示时钟已同步（误差不超过 %lld 毫秒）。", (long long)t.maxerror / 1000);
    look_end(l);
}

/* "+1.234 s": integers only, so that every locale prints the same. */
static const char *signed_seconds(int64_t ns, char out[SIGNED_TEXT])
{
    int64_t ms = (ns < 0 ? -ns : ns) / MILLISECOND;

    (void)snprintf(out, SIGNED_TEXT, "%c%lld.%03lld s", ns < 0 ? '-' : '+',
            (long long)(ms / 1000), (long long)(ms % 1000));
    return out;
}

static void offset_facts(struct look *l, struct json *j, const struct sntp_result *r)
{
    json_object(j, NULL);
    json_string(j, "server", look_shown(l, bytes_text(r->server), RESOLVE_NAME_MOST));
    json_string(j, "outcome", sntp_outcome_name(r->outcome));
    json_string(j, "address", r->address[0] == '\0' ? NULL : r->address);
    if (r->kiss[0] != '\0')
        json_text(j, "kiss", bytes_text(r->kiss));
    if (r->outcome == SNTP_ANSWERED) {
        json_integer(j, "offset_ns", r->best.offset_ns);
        json_integer(j, "delay_ns", r->best.delay_ns);
        json_integer(j, "uncertainty_ns", r->best.error_ns);
        json_unsigned(j, "stratum", r->best.stratum);
    }
    json_unsigned(j, "samples", r->samples);
    json_unsigned(j, "foreign_answers", r->foreign);
    json_end(j);
}

static int64_t distance(int64_t a)
{
    return a < 0 ? -a : a;
}

/* Beyond what the way there and back can explain. */
static bool is_off(const struct sntp_result *r)
{
    return distance(r->best.offset_ns) > OFFSET_MOST_NS &&
           distance(r->best.offset_ns) - r->best.error_ns > OFFSET_MOST_NS / 2;
}

static bool disagree(const struct sntp_result *a, const struct sntp_result *b)
{
    return distance(a->best.offset_ns - b->best.offset_ns) >
           OFFSET_MOST_NS + a->best.error_ns + b->best.error_ns;
}

struct verdicts {
    struct listing good, bad;
    size_t answered;
    bool off, apart, foreign;
};

static void judge(
        struct look *l, const struct sntp_result *results, size_t n, struct verdicts *v)
{
    char text[SIGNED_TEXT];

    for (size_t i = 0; i < n; i++) {
        const struct sntp_result *r = &results[i];
        const char *name = look_shown(l, bytes_text(r->server), PARTS_SHOWN);

        v->foreign = v->foreign || r->foreign != 0;
        if (r->outcome != SNTP_ANSWERED) {
            listing_add(
                    &v->bad, look_print(l, "%s (%s%s%s)", name, sntp_outcome_name(r->outcome),
                                     r->kiss[0] == '\0' ? "" : " ", r->kiss));
            continue;
        }
        v->answered++;
        v->off = v->off || is_off(r);
        for (size_t k = 0; k < i; k++)
            v->apart = v->apart ||
                       (results[k].outcome == SNTP_ANSWERED && disagree(r, &results[k]));
        listing_add(&v->good,
                look_print(l, "%s %s", name, signed_seconds(r->best.offset_ns, text)));
    }
}

static void say_offsets(struct look *l, struct verdicts *v)
{
    if (v->apart)
        look_attention(l,
                "The time servers disagree by more than a second (%s): one of them, or "
                "somebody "
                "on the way, tells a wrong time. Ask others, or photograph a trusted clock.",
                "各时间服务器相差超过一秒（%s）：其中之一或途中有人给出了错误的时间。请改用其他"
                "服务器，或拍摄可信的时钟。",
                listing_text(&v->good));
    else if (v->off)
        look_attention(l,
                "This clock is wrong by more than a second (to be added: %s). Set it before "
                "recording; times in the case are this clock's.",
                "此时钟误差超过一秒（应加上：%s）。请在记录前校准；案卷中的时间取自此时钟。",
                listing_text(&v->good));
    else if (v->answered >= ENOUGH)
        look_ok(l, "Compared with independent time servers; to be added to this clock: %s.",
                "已与独立的时间服务器比对；此时钟应加上：%s。", listing_text(&v->good));
    else if (v->answered != 0)
        look_unknown(l, "Only one time server answered (%s); two are needed to rely on it.",
                "仅有一个时间服务器应答（%s）；至少两个方可采信。", listing_text(&v->good));
    if (v->bad.n != 0 && v->answered >= ENOUGH)
        look_also(l, "No usable answer: %s.", "无可用应答：%s。", listing_text(&v->bad));
    else if (v->bad.n != 0)
        look_unknown(l,
                "No usable answer: %s. Many networks block these questions (UDP port 123); "
                "note "
                "the time of a clock that both sides trust.",
                "无可用应答：%s。许多网络会阻断此类查询（UDP 123 端口）；请记录双方都认可的时钟"
                "所示时间。",
                listing_text(&v->bad));
    if (v->foreign)
        look_attention(l,
                "Answers came that do not belong to our questions and were ignored: somebody "
                "may "
                "be forging time.",
                "收到并非针对本次查询的应答，已忽略：可能有人伪造时间。");
}

static void look_offsets(struct look *l)
{
    struct json *j = look_begin(
            l, "clock", "clock-offset", "How far the clock is off", "时钟与标准时间的偏差");
    const char *const *servers =
            l->setup->time_servers != NULL ? l->setup->time_servers : environment_time_servers;
    struct sntp_result results[SNTP_SERVERS];
    struct verdicts v = {0};
    size_t n;

    look_changes(l);
    json_bool(j, "asked", l->setup->ask_network);
    if (!l->setup->ask_network) {
        look_unknown(l, "Time servers were not asked.", "未查询时间服务器。");
        look_end(l);
        return;
    }
    n = sntp_ask(servers, l->setup->wait_ns > 0 ? l->setup->wait_ns : WAIT_NS, results);
    json_array(j, "servers");
    for (size_t i = 0; i < n; i++)
        offset_facts(l, j, &results[i]);
    json_end(j);
    judge(l, results, n, &v);
    say_offsets(l, &v);
    look_end(l);
}

static void look_zone(struct look *l)
{
    struct json *j = look_begin(l, "clock", "time-zone", "Time zone", "时区");
    const char *own = look_environment(l, "TZ"), *link = look_link(l, "/etc/localtime");
    const char *file = look_line(l, "/etc/timezone"), *zone = file;
    size_t at;

    if (link != NULL && bytes_find(bytes_text(link), BYTES_LITERAL("zoneinfo/"), 0, &at))
        zone = link + at + strlen("zoneinfo/");
    json_string(j, "zone", zone);
    json_string(
            j, "environment", own == NULL ? NULL : look_shown(l, bytes_text(own), PARTS_SHOWN));
    if (own != NULL)
        look_ok(l, "%s, set for this session.", "%s（由本次会话指定）。",
                look_shown(l, bytes_text(own), PARTS_SHOWN));
    else if (zone != NULL)
        look_ok(l, "%s. Times in a case are UTC.", "%s。案卷中的时间均为协调世界时（UTC）。",
                zone);
    else
        look_unknown(l, "No time zone is set that could be read; times in a case are UTC.",
                "未能读取时区设置；案卷中的时间均为协调世界时（UTC）。");
    look_end(l);
}

static void look_daemon(struct look *l, const struct processes *running)
{
    static const char *const known[] = {"chronyd", "ntpd", "systemd-timesyncd",
            "systemd-timesyn", "ntpsec-ntpd", "openntpd", "ptp4l", "phc2sys", "VBoxService",
            "vmtoolsd"};
    struct json *j = look_begin(
            l, "clock", "time-daemon", "Which program sets the clock", "校准时钟的程序");
    struct listing list = {0};

    json_array(j, "running");
    for (size_t i = 0; i < running->n; i++) {
        for (size_t k = 0; k < sizeof(known) / sizeof(*known); k++) {
            if (!env_process_is(&running->at[i], known[k]))
                continue;
            json_string(j, NULL, running->at[i].name);
            listing_add(&list, running->at[i].name);
            break;
        }
    }
    json_end(j);
    if (running->error != 0)
        look_unread(l, "/proc", running->error);
    else if (list.n != 0)
        look_ok(l, "%s is running.", "%s 正在运行。", listing_text(&list));
    else
        look_attention(l,
                "No known program that sets the clock is running here (a host machine may do "
                "it). Install chrony or switch on systemd-timesyncd.",
                "未见已知的校时程序在运行（可能由宿主机校时）。请安装 chrony 或启用 "
                "systemd-timesyncd。");
    look_end(l);
}

void env_clock(struct look *l, const struct processes *running)
{
    look_kernel_clock(l);
    look_offsets(l);
    look_zone(l);
    look_daemon(l, running);
}
