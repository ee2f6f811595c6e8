/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/capture/http/body_bench.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/http/body_store.h"
#include "tests/support/oom.h"

/* A directory of its own for a test, and what is in it. */

static void make_directory(char path[32])
{
    (void)snprintf(path, 32, "/tmp/exhibit-body-XXXXXX");
    assert_non_null(mkdtemp(path));
}

static size_t files_in(const char *path, bool remove_them)
{
    DIR *dir = opendir(path);
    struct dirent *entry;
    size_t n = 0;

    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        n++;
        if (remove_them)
            assert_int_equal(unlinkat(dirfd(dir), entry->d_name, 0), 0);
    }
    (void)closedir(dir);
    return n;
}

static void remove_directory(const char *path)
{
    (void)files_in(path, true);
    assert_int_equal(rmdir(path), 0);
}

/* Compares the file named by the body's hash with what it should hold. */
static void assert_file(const char *path, const struct body *body, struct bytes want)
{
    char hex[SHA256_TEXT], name[128];
    uint8_t *data = malloc(want.n + 1);
    FILE *file;

    digest_hex(bytes_of(body->sha256, SHA256_BYTES), hex);
    (void)snprintf(name, sizeof(name), "%s/%s", path, hex);
    file = fopen(name, "rb");
    assert_non_null(file);
    assert_non_null(data);
    assert_int_equal(fread(data, 1, want.n + 1, file), want.n);
    assert_memory_equal(data, want.p, want.n);
    (void)fclose(file);
    free(data);
    assert_true(body->spooled);
    assert_int_equal(body->kept, want.n);
}

static void small_bodies_are_in_memory_and_in_the_store_once(void **state)
{
    char path[32];
    struct body_store *store;

    (void)state;
    make_directory(path);
    store = body_store_new(path);
    assert_non_null(store);
    for (int i = 0; i < 2; i++) {
        struct bench b = begin(store, "gzip", "text/html", false);
        const struct body *body;

        push(&b, VIEW(packed_gzip));
        body = end(&b);
        assert_file(path, body, text);
        assert_true(bytes_equal(body->data, text));
        clear(&b);
        assert_int_equal(files_in(path, false), 1);
    }
    {
        struct bench b = begin(store, NULL, "text/html", false);

        assert_false(end(&b)->spooled); /* nothing is not worth a file */
        clear(&b);
        b = begin(store, NULL, "image/png", false);
        push(&b, text);
        assert_false(end(&b)->spooled);
        clear(&b);
    }
    assert_int_equal(files_in(path, false), 1);
    assert_int_equal(body_store_status(store, NULL), STATUS_OK);
    body_store_free(store);
    remove_directory(path);
}

static uint8_t *pattern(size_t n)
{
    uint8_t *data = malloc(n);

    assert_non_null(data);
    for (size_t i = 0; i < n; i++)
        data[i] = (uint8_t)('a' + i % 23 + i / 4096 % 3);
    return data;
}

static void large_bodies_go_to_the_store_up_to_the_cap(void **state)
{
    static const size_t sizes[] = {
            BODY_MEMORY_MOST, BODY_MEMORY_MOST + 1, 200000, BODY_KEPT_MOST, BODY_KEPT_MOST + 5};
    uint8_t *data = pattern(BODY_KEPT_MOST + 5);
    char path[32];
    struct body_store *store;

    (void)state;
    make_directory(path);
    store = body_store_new(path);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct bench b = begin(store, NULL, "video/mp4", true);
        struct bytes all = bytes_of(data, sizes[i]);
        const struct body *body;

        for (size_t at = 0; at < all.n; at += 70001)
            push(&b, bytes_slice(all, at, at + 70001));
        body = end(&b);
        assert_hash_of(body, all);
        assert_true(body->whole);
        assert_file(path, body, bytes_slice(all, 0, BODY_KEPT_MOST));
        assert_true(bytes_equal(body->data, bytes_slice(all, 0, BODY_MEMORY_MOST)));
        clear(&b);
        assert_int_equal(files_in(path, true), 1);
    }
    body_store_free(store);
    remove_directory(path);
    free(data);
}

static void without_a_directory_the_front_stays_in_memory(void **state)
{
    struct body_store *store = body_store_new(NULL);
    struct bench b = begin(store, NULL, "text/plain", false);
    uint8_t *data = pattern(200000);
    const struct body *body;

    (void)state;
    push(&b, bytes_of(data, 100000));
    push(&b, bytes_of(data + 100000, 100000));
    body = end(&b);
    assert_hash_of(body, bytes_of(data, 200000));
    assert_int_equal(body->kept, BODY_MEMORY_MOST);
    assert_int_equal(body->data.n, BODY_MEMORY_MOST);
    assert_false(body->spooled);
    clear(&b);
    body_store_free(store);
    free(data);
}

static void a_store_that_cannot_write_says_so_once_and_bodies_go_on(void **state)
{
    struct body_store *store = body_store_new("/nonexistent/exhibit");
    struct bench b = begin(store, NULL, "text/plain", false);
    uint8_t *data = pattern(200000);
    struct fault fault = {.status = STATUS_OK};

    (void)state;
    assert_int_equal(body_push(b.reader, bytes_of(data, 200000)), STATUS_IO);
    assert_int_equal(end(&b)->kept, BODY_MEMORY_MOST);
    assert_hash_of(&b.m->body, bytes_of(data, 200000));
    clear(&b);
    assert_int_equal(body_store_status(store, &fault), STATUS_IO);
    assert_non_null(strstr(fault.text, "/nonexistent/exhibit"));
    b = begin(store, NULL, "text/plain", false);
    push(&b, bytes_of(data, 200000));
    assert_int_equal(end(&b)->kept, BODY_MEMORY_MOST);
    clear(&b);
    body_store_free(store);
    free(data);
}

static void a_body_given_up_leaves_no_file(void **state)
{
    uint8_t *data = pattern(200000);
    struct body_store *store;
    struct bench b;
    char path[32];

    (void)state;
    make_directory(path);
    store = body_store_new(path);
    b = begin(store, NULL, "text/plain", false);
    push(&b, bytes_of(data, 200000));
    assert_int_equal(files_in(path, false), 1);
    clear(&b);
    assert_int_equal(files_in(path, false), 0);
    body_store_free(store);
    remove_directory(path);
    free(data);
}

/* Reads one coded body that is large enough to be spooled; true when it came out right. */
static bool read_with_failing_memory(const char *path, long n)
{
    struct exchange *x = exchange_new(1, 1, PROTOCOL_HTTP11);
    uint8_t *data = pattern(100000);
    struct body_store *store;
    struct body_reader *b = NULL;
    bool good = false;

    assert_int_equal(exchange_add_header(x, &x->request, BYTES_LITERAL("Content-Encoding"),
                             BYTES_LITERAL("identity")),
            STATUS_OK);
    oom_fail_at(n);
    store = body_store_new(path);
    if (store != NULL)
        b = body_new(store, x, &x->request, true);
    if (b != NULL && body_push(b, bytes_of(data, 100000)) == STATUS_OK &&
            body_end(b, true) == STATUS_OK)
        good = x->request.body.spooled;
    oom_fail_at(0);
    if (!good)
        assert_false(x->request.body.whole && x->request.body.spooled);
    body_free(b);
    body_store_free(store);
    exchange_free(x);
    free(data);
    return good;
}

static void each_failing_allocation_leaves_the_store_clean(void **state)
{
    char path[32];

    (void)state;
    make_directory(path);
    for (long n = 1;; n++) {
        if (read_with_failing_memory(path, n))
            break;
        assert_int_equal(files_in(path, false), 0);
        assert_true(n < 100);
    }
    remove_directory(path);
}

static void bodies_under_way_hold_only_so_many_files_open(void **state)
{
    enum { BODIES = BODY_SPOOLS_MOST + 10, BYTES = BODY_MEMORY_MOST + 1000 };
    static struct exchange *x[BODIES];
    static struct body_reader *b[BODIES];
    uint8_t *data = calloc(1, BYTES);
    struct body_store *store;
    size_t spooled = 0;
    char path[32];

    (void)state;
    make_directory(path);
    store = body_store_new(path);
    assert_non_null(store);
    assert_non_null(data);
    for (unsigned i = 0; i < BODIES; i++) {
        data[0] = (uint8_t)i;
        data[1] = (uint8_t)(i >> 8);
        x[i] = exchange_new(1, i + 1, PROTOCOL_HTTP11);
        assert_non_null(x[i]);
        b[i] = body_new(store, x[i], &x[i]->request, true);
        assert_non_null(b[i]);
        assert_int_equal(body_push(b[i], bytes_of(data, BYTES)), STATUS_OK);
    }
    assert_false(body_store_room(store));
    for (unsigned i = 0; i < BODIES; i++) {
        const struct body *body = &x[i]->request.body;

        assert_int_equal(body_end(b[i], true), STATUS_OK);
        assert_true(body->whole);
        assert_int_equal(body->bytes, BYTES);
        assert_int_equal(body->kept, body->spooled ? BYTES : BODY_MEMORY_MOST);
        spooled += body->spooled;
        body_free(b[i]);
        exchange_free(x[i]);
    }
    assert_int_equal(spooled, BODY_SPOOLS_MOST);
    assert_true(body_store_room(store));
    assert_int_equal(body_store_status(store, NULL), STATUS_OK);
    body_store_free(store);
    remove_directory(path);
    free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(small_bodies_are_in_memory_and_in_the_store_once),
            cmocka_unit_test(large_bodies_go_to_the_store_up_to_the_cap),
            cmocka_unit_test(without_a_directory_the_front_stays_in_memory),
            cmocka_unit_test(a_store_that_cannot_write_says_so_once_and_bodies_go_on),
            cmocka_unit_test(a_body_given_up_leaves_no_file),
            cmocka_unit_test(each_failing_allocation_leaves_the_store_clean),
            cmocka_unit_test(bodies_under_way_hold_only_so_many_files_open),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
