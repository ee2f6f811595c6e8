/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long one decision takes:
 *
 *   bench_match ANSWERS LIST...
 *
 * ANSWERS is what tests/oracle/oracle.mjs prints; requests without a page are left out, as in
 * the published figures of other engines. Prints the time to load the lists, the average
 * nanoseconds a request over several rounds (the fastest round is the one to compare), and the
 * time of a million requests in one go, several times: those of ANSWERS in their order, over and
 * over.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/json.h"
#include "classify/list.h"
#include "classify/match.h"

enum {
    LINE_MOST = 1 << 20,
    REQUESTS_MOST = 1 << 16,
    ROUNDS = 15,
    MILLION = 1000000,
    MILLIONS = 7
};

static struct match_request requests[REQUESTS_MOST];

static double now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static bool keep(struct arena *arena, const struct json_value *answer, const char *key,
        struct bytes *out)
{
    return arena_copy(arena, bytes_text(json_string_of(json_member(answer, key))), out);
}

static size_t read_requests(FILE *answers, struct arena *arena)
{
    static char line[LINE_MOST];
    size_t n = 0;

    while (n < REQUESTS_MOST && fgets(line, sizeof(line), answers) != NULL) {
        struct fault fault = {0};
        struct json_value *answer = json_parse(bytes_text(line), &fault);
        struct match_request *r = &requests[n];
        struct bytes type;

        if (answer == NULL || !keep(arena, answer, "url", &r->url) ||
                !keep(arena, answer, "page_host", &r->page_host) ||
                !keep(arena, answer, "page_site", &r->page_site) ||
                !keep(arena, answer, "site", &r->site) || !keep(arena, answer, "type", &type) ||
                !resource_type_find(type, &r->type)) {
            fprintf(stderr, "bench_match: bad line %zu\n", n + 1);
            json_free(answer);
            return 0;
        }
        r->third_party = json_is_true(json_member(answer, "third_party"));
        if (r->page_host.n != 0)
            n++;
        json_free(answer);
    }
    return n;
}

static int by_size(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;

    return (left > right) - (left < right);
}

static void run(const struct lists *lists, size_t n)
{
    double rounds[ROUNDS], sum = 0;
    size_t blocked = 0;

    for (int round = 0; round < ROUNDS; round++) {
        double start = now_ms();

        blocked = 0;
        for (size_t i = 0; i < n; i++) {
            struct match_verdict verdict;

            match_decide(lists, &requests[i], &verdict);
            blocked += verdict.outcome == MATCH_BLOCK;
        }
        rounds[round] = (now_ms() - start) * 1e6 / (double)n;
        sum += rounds[round];
    }
    qsort(rounds, ROUNDS, sizeof(rounds[0]), by_size);
    printf("match: %zu requests, %zu blocked; ns a request on average: median of %d rounds "
           "%.0f, "
           "mean %.0f, fastest %.0f\n",
            n, blocked, ROUNDS, rounds[ROUNDS / 2], sum / ROUNDS, rounds[0]);
}

static void run_millions(const struct lists *lists, size_t n)
{
    double runs[MILLIONS];
    size_t blocked = 0;

    for (int run = 0; run < MILLIONS; run++) {
        double start = now_ms();

        blocked = 0;
        for (size_t done = 0, i = 0; done < MILLION; done++) {
            struct match_verdict verdict;

            match_decide(lists, &requests[i], &verdict);
            blocked += verdict.outcome == MATCH_BLOCK;
            i = i + 1 == n ? 0 : i + 1;
        }
        runs[run] = now_ms() - start;
    }
    qsort(runs, MILLIONS, sizeof(runs[0]), by_size);
    printf("match: 1,000,000 requests in %.0f ms (median of %d runs; fastest %.0f, slowest "
           "%.0f), "
           "%zu blocked\n",
            runs[MILLIONS / 2], MILLIONS, runs[0], runs[MILLIONS - 1], blocked);
}

int main(int argc, char **argv)
{
    struct arena *arena = arena_new((size_t)1 << 28);
    struct lists *lists = lists_new();
    struct fault fault = {0};
    FILE *answers = argc > 2 ? fopen(argv[1], "rb") : NULL;
    size_t n = answers != NULL && arena != NULL ? read_requests(answers, arena) : 0;
    double start = now_ms();
    bool good = n != 0 && lists != NULL;

    if (n == 0)
        fprintf(stderr, "usage: bench_match ANSWERS LIST...\n");
    for (int i = 2; good && i < argc; i++)
        good = lists_add(lists, argv[i], &fault) == STATUS_OK;
    good = good && lists_seal(lists, &fault) == STATUS_OK;
    if (good) {
        printf("lists: loaded in %.1f ms\n", now_ms() - start);
        run(lists, n);
        run_millions(lists, n);
    } else {
        fprintf(stderr, "bench_match: %s\n", fault.text);
    }
    if (answers != NULL)
        (void)fclose(answers);
    lists_free(lists);
    arena_free(arena);
    return good ? 0 : 1;
}
