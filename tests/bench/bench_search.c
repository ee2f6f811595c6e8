/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How fast declared values are searched for:
 *
 *   bench_search FILE...
 *
 * Each file is the body of one response, then of one request. Prints the bytes a second for
 * 20 and 200 declared values of ten variants each, what it costs to get ready for them, and how
 * many hits there were.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "classify/search.h"

enum { FORMS = 10, VALUES_MOST = 200, ROUNDS = 3 };

static double now_s(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool add_body(struct exchange *x, struct message *m, struct bytes data)
{
    m->seen = m->whole = m->body.present = m->body.whole = true;
    m->body.bytes = m->body.kept = data.n;
    return arena_copy(x->arena, data, &m->body.data);
}

static bool add_file(struct evidence *e, const char *path, bool request, size_t *total)
{
    struct exchange *x = exchange_new(1, e->exchange_count + 1, PROTOCOL_H2);
    struct fault fault = {0};
    struct buf text;
    bool good;

    buf_init(&text, (size_t)16 << 20);
    good = x != NULL && file_read(path, "body", &text, &fault) == STATUS_OK;
    if (good)
        x->request.first_ns = (int64_t)e->exchange_count;
    good = good && add_body(x, request ? &x->request : &x->response, buf_view(&text));
    *total += text.n;
    buf_clear(&text);
    if (!good)
        exchange_free(x);
    return good && evidence_add_exchange(e, x) == STATUS_OK;
}

static bool add_values(struct arena *arena, size_t n, struct subject *s, struct variants *v)
{
    s->at = arena_array(arena, n + 1, sizeof(*s->at));
    v->at = arena_array(arena, n * FORMS + 1, sizeof(*v->at));
    if (s->at == NULL || v->at == NULL)
        return false;
    for (size_t i = 0; i < n; i++) {
        s->at[s->n++] =
                (struct subject_value){.kind = (enum subject_kind)(i % SUBJECT_LOCATION)};
        for (size_t k = 0; k < FORMS; k++) {
            static const char *const shapes[] = {"138%08zu%c", "user%zu%c@example.com",
                    "\xe7\x8e\x8b%zu\xe8\xaf\xad%c", "+86 139%08zu%c", "%c%zu.li"};
            const char *shape = shapes[(i + k) % 5];
            char text[64];
            struct variant *one = &v->at[v->n++];

            (void)snprintf(text, sizeof(text), shape[0] == '%' ? "%2$c%1$zu.lin" : shape,
                    i * 7919 + k * 104729, (char)('a' + k));
            *one = (struct variant){.value = i,
                    .form = "a form",
                    .charset = "utf-8",
                    .plain = true,
                    .hashed = true,
                    .bounded = true};
            if (!arena_copy(arena, bytes_text(text), &one->text))
                return false;
        }
    }
    return true;
}

/* Seconds of one search; less than none: it failed. */
static double once(const struct evidence *e, size_t values, struct hits *found)
{
    struct arena *arena = arena_new((size_t)1 << 30);
    struct subject subject = {0};
    struct variants variants = {0};
    double start, took = -1;

    if (arena != NULL && add_values(arena, values, &subject, &variants)) {
        start = now_s();
        if (search_evidence(arena, e, NULL, &subject, &variants, found) == STATUS_OK)
            took = now_s() - start;
    }
    arena_free(arena);
    return took;
}

static bool run(const struct evidence *e, size_t values, size_t total)
{
    const struct evidence none = {0};
    double ready = 1e9, best = 1e9;
    struct hits found = {0};

    for (int round = 0; round < ROUNDS; round++) {
        double first = once(&none, values, &found), second = once(e, values, &found);

        if (first < 0 || second < 0)
            return false;
        ready = first < ready ? first : ready;
        best = second < best ? second : best;
    }
    printf("search: %3zu values: ready in %.1f ms; %.1f MB at %.0f MB/s, %zu hits%s\n", values,
            ready * 1e3, (double)total / 1e6, (double)total / 1e6 / (best - ready), found.n,
            found.capped ? ", capped" : "");
    return true;
}

static bool search(char *const *paths, bool request)
{
    struct evidence e;
    size_t total = 0;
    bool good = evidence_init(&e) == STATUS_OK;

    for (; good && *paths != NULL; paths++)
        good = add_file(&e, *paths, request, &total);
    printf("as %s\n", request ? "requests" : "responses");
    good = good && evidence_seal(&e) == STATUS_OK && run(&e, 20, total) &&
           run(&e, VALUES_MOST, total);
    evidence_clear(&e);
    return good;
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return search(argv + 1, false) && search(argv + 1, true) ? 0 : 1;
    fprintf(stderr, "usage: bench_search FILE...\n");
    return 1;
}
