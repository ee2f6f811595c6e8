/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/live_words.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "capture/live/segment.h"

#define SECOND_NS INT64_C(1000000000)

enum {
    YES_PERCENT = 90,
    MINUTE = 60,
    HOUR = 60 * MINUTE,
    DAY = 24 * HOUR,
    PACE_LEAST = 10, /* seconds; before, a pace says nothing */
    DAYS_MOST = 100,
    PART = LIVE_WORDS / 2, /* bytes of a text that goes into another */
};

void live_words_number(uint64_t n, char out[LIVE_WORDS])
{
    char digits[32];
    size_t length = (size_t)snprintf(digits, sizeof(digits), "%llu", (unsigned long long)n);
    size_t at = 0;

    for (size_t i = 0; i < length; i++) {
        if (i != 0 && (length - i) % 3 == 0)
            out[at++] = ',';
        out[at++] = digits[i];
    }
    out[at] = '\0';
}

void live_words_bytes(uint64_t n, char out[LIVE_WORDS])
{
    static const char *const units[] = {"kB", "MB", "GB", "TB"};
    uint64_t unit = 1000;
    size_t i = 0;

    if (n < 1000) {
        (void)snprintf(out, LIVE_WORDS, "%llu B", (unsigned long long)n);
        return;
    }
    for (; n / unit >= 1000 && i < 3; i++)
        unit *= 1000;
    if (n / unit >= 100)
        (void)snprintf(out, LIVE_WORDS, "%llu %s", (unsigned long long)(n / unit), units[i]);
    else
        (void)snprintf(out, LIVE_WORDS, "%llu.%llu %s", (unsigned long long)(n / unit),
                (unsigned long long)(n % unit / (unit / 10)), units[i]);
}

void live_words_elapsed(int64_t ns, char out[LIVE_WORDS])
{
    long long seconds = ns < 0 ? 0 : (long long)(ns / SECOND_NS);

    (void)snprintf(out, LIVE_WORDS, "%lld:%02lld:%02lld", seconds / HOUR,
            seconds % HOUR / MINUTE, seconds % MINUTE);
}

void live_words_clock(int64_t time_ns, char out[LIVE_WORDS])
{
    long long of_day = (long long)(time_ns / SECOND_NS % DAY);

    of_day = of_day < 0 ? of_day + DAY : of_day;
    (void)snprintf(out, LIVE_WORDS, "%02lld:%02lld:%02lld", of_day / HOUR,
            of_day % HOUR / MINUTE, of_day % MINUTE);
}

/* Floor of 100 * a / b without overflow. */
static unsigned percent_of(uint64_t a, uint64_t b)
{
    if (a >= b)
        return 100;
    if (a > UINT64_MAX / 100)
        return (unsigned)(a / (b / 100));
    return (unsigned)(a * 100 / b);
}

enum live_style live_words_light(
        enum language l, const struct live_facts *facts, char out[LIVE_WORDS])
{
    unsigned percent;

    if (facts->tls_connections == 0) {
        (void)snprintf(out, LIVE_WORDS, "%s", words_get(l, "decrypting: no TLS yet"));
        return LIVE_DIM;
    }
    percent = percent_of(facts->tls_decrypted, facts->tls_connections);
    if (percent >= YES_PERCENT) {
        (void)snprintf(out, LIVE_WORDS, words_get(l, "decrypting: yes %u %%"), percent);
        return LIVE_GREEN;
    }
    if (facts->tls_decrypted != 0) {
        (void)snprintf(out, LIVE_WORDS, words_get(l, "decrypting: partly, %u %%"), percent);
        return LIVE_AMBER;
    }
    (void)snprintf(out, LIVE_WORDS, "%s", words_get(l, "decrypting: no"));
    return LIVE_RED;
}

void live_words_identifiers(
        enum language l, const struct live_facts *facts, char out[LIVE_WORDS])
{
    char number[LIVE_WORDS], clock[LIVE_WORDS];

    if (!facts->identifiers.known) {
        (void)snprintf(out, LIVE_WORDS, "%s", words_get(l, "not judged yet"));
        return;
    }
    live_words_number(facts->identifiers.n, number);
    if (facts->judged_ns == 0) {
        (void)snprintf(out, LIVE_WORDS, "%s", number);
        return;
    }
    live_words_clock(facts->judged_ns, clock);
    (void)snprintf(out, LIVE_WORDS, words_get(l, "%s, judged at %s UTC"), number, clock);
}

enum live_style live_words_dropped(
        enum language l, const struct live_facts *facts, char out[LIVE_WORDS])
{
    char number[LIVE_WORDS];

    if (!facts->dropped.known) {
        (void)snprintf(out, LIVE_WORDS, "%s", words_get(l, "drops not counted by the device"));
        return LIVE_PLAIN;
    }
    if (facts->dropped.n == 0) {
        (void)snprintf(out, LIVE_WORDS, "%s", words_get(l, "none dropped"));
        return LIVE_PLAIN;
    }
    live_words_number(facts->dropped.n, number);
    (void)snprintf(out, LIVE_WORDS, words_get(l, "%s dropped"), number);
    return LIVE_RED;
}

/* How long the room lasts at the average pace so far, in words; seconds, or -1 unknown. */
static int64_t lasts(enum language l, const struct live_facts *facts, char out[PART])
{
    uint64_t elapsed = facts->elapsed_ns < 0 ? 0 : (uint64_t)(facts->elapsed_ns / SECOND_NS);
    /* The capture leaves some of the disk alone (capture/live/segment.h). */
    uint64_t room = facts->disk_free > SEGMENT_FREE ? facts->disk_free - SEGMENT_FREE : 0;
    uint64_t pace = elapsed == 0 ? 0 : facts->bytes / elapsed, seconds;

    if (elapsed < PACE_LEAST || pace == 0)
        return -1;
    seconds = room / pace;
    if (seconds >= (uint64_t)DAYS_MOST * DAY)
        (void)snprintf(out, PART, "%s", words_get(l, "enough for months at this pace"));
    else if (seconds >= 2 * DAY)
        (void)snprintf(out, PART, words_get(l, "enough for about %u days at this pace"),
                (unsigned)(seconds / DAY));
    else if (seconds >= 2 * HOUR)
        (void)snprintf(out, PART, words_get(l, "enough for about %u hours at this pace"),
                (unsigned)(seconds / HOUR));
    else
        (void)snprintf(out, PART, words_get(l, "enough for about %u minutes at this pace"),
                (unsigned)(seconds / MINUTE));
    return seconds > INT64_MAX ? INT64_MAX : (int64_t)seconds;
}

enum live_style live_words_disk(
        enum language l, const struct live_facts *facts, char out[LIVE_WORDS])
{
    char amount[LIVE_WORDS], rest[PART] = "";
    int64_t seconds = lasts(l, facts, rest);
    int n;

    live_words_bytes(facts->disk_free, amount);
    n = snprintf(out, LIVE_WORDS, words_get(l, "%s free"), amount);
    if (seconds >= 0 && n > 0 && n < PART / 2)
        (void)snprintf(out + n, LIVE_WORDS - (size_t)n, "%s%s", words_get(l, ", "), rest);
    return facts->disk_free <= SEGMENT_FREE ? LIVE_RED
           : seconds >= 0 && seconds < HOUR ? LIVE_AMBER
                                            : LIVE_PLAIN;
}

void live_words_proof(enum language l, const struct live_facts *facts, char out[LIVE_WORDS])
{
    static const char *const levels[][2] = {
            {"L0", WORDS("your own capture, sealed at the end")},
            {"L1", WORDS("time-stamped by an outside authority while recording")},
            {"L2", WORDS("an independent witness records the same packets")},
            {"L3", WORDS("a notary operates the machine and signs")},
    };
    const char *level = facts->proof_level == NULL ? "" : facts->proof_level;

    for (size_t i = 0; i < sizeof(levels) / sizeof(*levels); i++) {
        if (strcmp(level, levels[i][0]) != 0)
            continue;
        (void)snprintf(out, LIVE_WORDS, "%s%s%s", level, words_get(l, ": "),
                words_get(l, levels[i][1]));
        return;
    }
    (void)snprintf(out, LIVE_WORDS, "%s", words_get(l, "below L0"));
}

const char *live_words_class(enum language l, const char *class_name)
{
    if (class_name == NULL)
        return "";
    if (strcmp(class_name, "ordinary") == 0)
        return words_get(l, "ordinary use");
    if (strcmp(class_name, "controlled") == 0)
        return words_get(l, "controlled run");
    return class_name;
}
