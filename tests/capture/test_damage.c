/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What damage to a capture may do, over every recorded fixture and seeded damage of ten kinds:
 *
 *   - what is reported complete is, byte for byte, what the undamaged capture shows;
 *   - connections that lost nothing are unchanged, incomplete exchanges too;
 *   - an exchange that is not whole any more says by a gap that it is not, or is absent from a
 *     connection that has a gap;
 *   - packets captured twice change nothing;
 *   - of every stream, bytes and gaps add up.
 *
 * VARIANTS=n and SEED=n ask for more of them, or others, ONLY=name for one recording; `make soak`
 * asks for 200,000.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/account.h"

enum {
    VARIANTS = 5000,
    FOLDERS_MOST = 64,
    WORKERS_MOST = 16,
    PACKETS_LIKE = 400, /* a recording as long as this gets its full share of variants */
    TEXT = 300,
    FAULTS_MOST = 20, /* a worker stops behind so many */
};

/* Addresses of one connection, and those that carried it on (QUIC), as seen undamaged. */
struct group {
    size_t damaged; /* packets lost, cut or moved in this variant */
    size_t left;    /* packets that are still there */
};

struct subject {
    struct recorded recording;
    struct account whole;
    size_t *pair_of; /* owned: of each packet the group, SIZE_MAX for none */
    struct group *groups;
    struct variant variant;
};

/* What became of the exchanges of the undamaged recordings, for whoever reads the log. */
struct tally {
    uint64_t variants, exchanges, same, incomplete;
};

static struct tally *tally; /* this worker's, in memory shared with the test */
static struct subject subjects[FOLDERS_MOST];
static size_t subject_count;
static uint64_t first_seed = 1;

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void prepare(struct subject *s, const char *folder)
{
    char text[PAIR_TEXT];

    recorded_read(folder, &s->recording);
    account_read(s->recording.packets, s->recording.n, s->recording.keys, &s->whole);
    s->pair_of = calloc(s->recording.n, sizeof(*s->pair_of));
    s->groups = calloc(s->whole.pair_count + 1, sizeof(*s->groups));
    assert_true(s->pair_of != NULL && s->groups != NULL);
    for (size_t i = 0; i < s->recording.n; i++) {
        account_pair_of(&s->recording.packets[i], text);
        s->pair_of[i] = account_find(&s->whole, text);
        if (s->pair_of[i] != SIZE_MAX)
            s->pair_of[i] = s->whole.pairs[s->pair_of[i]].group;
    }
    variant_init(&s->variant, &s->recording);
}

static int set_up(void **state)
{
    char *names[FOLDERS_MOST], path[TEXT];
    struct dirent *entry;
    DIR *dir = opendir("fixtures");
    size_t n = 0;

    (void)state;
    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL && n < FOLDERS_MOST) {
        (void)snprintf(path, sizeof(path), "fixtures/%s/expect.json", entry->d_name);
        if (access(path, R_OK) == 0) {
            (void)snprintf(path, sizeof(path), "fixtures/%s", entry->d_name);
            names[n++] = strdup(path);
        }
    }
    (void)closedir(dir);
    qsort(names, n, sizeof(*names), by_name);
    for (size_t i = 0; i < n; i++)
        prepare(&subjects[subject_count++], names[i]);
    for (size_t i = 0; i < n; i++)
        free(names[i]);
    return n == 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (size_t i = 0; i < subject_count; i++) {
        struct subject *s = &subjects[i];

        variant_clear(&s->variant);
        account_clear(&s->whole);
        free(s->pair_of);
        free(s->groups);
        recorded_clear(&s->recording);
    }
    return 0;
}

static void count_damage(struct subject *s)
{
    struct variant *v = &s->variant;
    size_t furthest = 0;

    memset(s->groups, 0, s->whole.pair_count * sizeof(*s->groups));
    for (size_t i = 0; i < s->recording.n; i++) {
        if (s->pair_of[i] != SIZE_MAX && v->missing[i] != 0)
            s->groups[s->pair_of[i]].damaged++;
    }
    for (size_t i = 0; i < v->n; i++) {
        bool moved = v->origin[i] < furthest;
        size_t pair = s->pair_of[v->origin[i]];

        if (v->origin[i] > furthest)
            furthest = v->origin[i];
        if (pair == SIZE_MAX)
            continue;
        s->groups[pair].left++;
        s->groups[pair].damaged += moved;
    }
}

/* A variant that breaks a promise, in words a person can repeat. */
static void blame(const struct subject *s, uint64_t seed, const char *what, const char *text)
{
    fprintf(stderr, "%s, %s damage, seed %llu: %s: %s\n", s->recording.name,
            damage_name(s->variant.kind), (unsigned long long)seed, what, text);
}

static const struct account_exchange *first_of(
        const struct account *a, size_t pair, const uint8_t *content)
{
    size_t low = 0, high = a->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct account_exchange *x = &a->exchanges[middle];
        int order = x->pair != pair ? (x->pair < pair ? -1 : 1)
                                    : memcmp(x->content, content, sizeof(x->content));

        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < a->n && a->exchanges[low].pair == pair &&
                           memcmp(a->exchanges[low].content, content, SHA256_BYTES) == 0
                   ? &a->exchanges[low]
                   : NULL;
}

/* How many of the exchanges from `x` on are equal to it. */
static size_t run_of(const struct account *a, const struct account_exchange *x, bool complete)
{
    size_t n = 0;

    for (const struct account_exchange *y = x; y < a->exchanges + a->n; y++) {
        if (y->pair != x->pair || memcmp(y->content, x->content, sizeof(y->content)) != 0)
            break;
        n += !complete || y->complete;
    }
    return n;
}

/* Every complete exchange stands in the undamaged reading, as often. */
static bool never_wrong(const struct subject *s, const struct account *now, uint64_t seed)
{
    bool good = true;

    for (size_t i = 0; i < now->n; i++) {
        const struct account_exchange *x = &now->exchanges[i], *then;
        size_t pair = account_find(&s->whole, now->pairs[x->pair].text);

        then = pair == SIZE_MAX ? NULL : first_of(&s->whole, pair, x->content);
        if (!x->complete) {
            /* The peers themselves may have broken it off. */
            if (x->gaps == 0 && (then == NULL || then->complete)) {
                blame(s, seed, "incomplete, and no gap says why", x->text);
                good = false;
            }
            continue;
        }
        if (then == NULL || run_of(now, first_of(now, x->pair, x->content), true) >
                                    run_of(&s->whole, then, true)) {
            blame(s, seed, "reported complete, but not what was sent", x->text);
            good = false;
        }
    }
    return good;
}

/* Does any connection of the group say that something is missing? */
static bool names_a_gap(const struct subject *s, const struct account *now, size_t group)
{
    if (now->gaps != 0)
        return true;
    for (size_t i = 0; i < now->pair_count; i++) {
        size_t pair = account_find(&s->whole, now->pairs[i].text);

        if (pair != SIZE_MAX && s->whole.pairs[pair].group == group && now->pairs[i].gaps != 0)
            return true;
    }
    return false;
}

static bool nothing_lost(
        const struct subject *s, const struct account *now, uint64_t seed, bool all)
{
    bool good = true;

    for (size_t i = 0; i < s->whole.n; i++) {
        const struct account_exchange *x = &s->whole.exchanges[i], *same;
        size_t group = s->whole.pairs[x->pair].group;
        const struct group *g = &s->groups[group];
        size_t pair = account_find(now, s->whole.pairs[x->pair].text);

        same = pair == SIZE_MAX ? NULL : first_of(now, pair, x->content);
        tally->exchanges++;
        if (same != NULL && run_of(now, same, true) >= run_of(&s->whole, x, true)) {
            tally->same++;
            continue;
        }
        if (g->damaged == 0 || all) {
            blame(s, seed, "changed, though nothing of its connection was damaged", x->text);
            good = false;
        } else if (g->left != 0 && !names_a_gap(s, now, group)) {
            blame(s, seed, "absent, and no gap covers it", x->text);
            good = false;
        }
    }
    return good;
}

static bool keeps_promises(struct subject *s, enum damage_kind kind, uint64_t seed)
{
    struct account now;
    bool good;

    variant_make(&s->variant, &s->recording, kind, seed);
    count_damage(s);
    account_read(s->variant.packets, s->variant.n, s->recording.keys, &now);
    good = never_wrong(s, &now, seed);
    good &= nothing_lost(s, &now, seed, kind == DAMAGE_TWICE);
    tally->variants++;
    for (size_t i = 0; i < now.n; i++)
        tally->incomplete += !now.exchanges[i].complete;
    account_clear(&now);
    (void)account_conserve(s->variant.packets, s->variant.n, s->recording.keys);
    return good;
}

/* Longer recordings get fewer variants, so that all take about the same time. */
static size_t share_of(const struct subject *s, size_t variants)
{
    double sum = 0, mine = 0;

    for (size_t i = 0; i < subject_count; i++) {
        size_t n =
                subjects[i].recording.n < PACKETS_LIKE ? PACKETS_LIKE : subjects[i].recording.n;
        double weight = 1.0 / (double)n;

        sum += weight;
        if (&subjects[i] == s)
            mine = weight;
    }
    return (size_t)((double)variants * mine / sum) + 1;
}

static int work(size_t worker, size_t workers, size_t variants)
{
    const char *only = getenv("ONLY");
    int faults = 0;

    for (size_t i = 0; i < subject_count; i++) {
        size_t share = share_of(&subjects[i], variants);

        if (only != NULL && strstr(subjects[i].recording.name, only) == NULL)
            continue;
        for (size_t k = worker; k < share; k += workers)
            faults += !keeps_promises(
                    &subjects[i], (enum damage_kind)(k % DAMAGE_KINDS), first_seed + k);
        if (faults > FAULTS_MOST)
            break;
    }
    return faults == 0 ? 0 : 1;
}

static void damage_costs_what_it_touched_and_is_named(void **state)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    size_t workers = cores < 1 ? 1 : cores > WORKERS_MOST ? WORKERS_MOST : (size_t)cores;
    size_t variants =
            getenv("VARIANTS") == NULL ? VARIANTS : strtoul(getenv("VARIANTS"), NULL, 10);
    struct tally sum = {0}, *tallies;
    int bad = 0;

    (void)state;
    tallies = mmap(NULL, WORKERS_MOST * sizeof(*tallies), PROT_READ | PROT_WRITE,
            MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(tallies, MAP_FAILED);
    if (getenv("SEED") != NULL)
        first_seed = strtoul(getenv("SEED"), NULL, 10);
    for (size_t i = 0; i < workers; i++) {
        pid_t child = fork();

        assert_true(child >= 0);
        if (child == 0) {
            tally = &tallies[i];
            _exit(work(i, workers, variants));
        }
    }
    for (size_t i = 0; i < workers; i++) {
        int how = 0;

        assert_true(wait(&how) > 0);
        bad += !WIFEXITED(how) || WEXITSTATUS(how) != 0;
    }
    for (size_t i = 0; i < workers; i++) {
        sum.variants += tallies[i].variants;
        sum.exchanges += tallies[i].exchanges;
        sum.same += tallies[i].same;
        sum.incomplete += tallies[i].incomplete;
    }
    (void)munmap(tallies, WORKERS_MOST * sizeof(*tallies));
    printf("%llu variants of %zu recordings: of %llu exchanges %llu came out the same; %llu "
           "came "
           "out incomplete\n",
            (unsigned long long)sum.variants, subject_count, (unsigned long long)sum.exchanges,
            (unsigned long long)sum.same, (unsigned long long)sum.incomplete);
    assert_int_equal(bad, 0);
    /* Damage did take something away, and by far not all. */
    assert_true(sum.same != 0 && sum.incomplete != 0 && sum.same < sum.exchanges);
}

static void whole_recordings_read_the_same_twice(void **state)
{
    (void)state;
    for (size_t i = 0; i < subject_count; i++) {
        struct subject *s = &subjects[i];
        struct account again;

        variant_whole(&s->variant, &s->recording);
        account_read(s->variant.packets, s->variant.n, s->recording.keys, &again);
        assert_int_equal(again.n, s->whole.n);
        for (size_t k = 0; k < again.n; k++)
            assert_memory_equal(
                    again.exchanges[k].content, s->whole.exchanges[k].content, SHA256_BYTES);
        assert_int_not_equal(
                account_conserve(s->variant.packets, s->variant.n, s->recording.keys), 0);
        account_clear(&again);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(whole_recordings_read_the_same_twice),
            cmocka_unit_test(damage_costs_what_it_touched_and_is_named),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
