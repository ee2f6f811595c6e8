/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes: devtools. What a browser says over its pipe, cut in two at a place that the first byte
 * gives. Asserts: every line that is written is JSON by itself; nothing but a full disk makes a
 * step fail; requests that are open do not outnumber those that began; what a snapshot holds
 * becomes JSON. */
#include <assert.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/live/devtools_parts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MOST = 32 << 10 };

static int directory = -1;
static char path[] = "/dev/shm/fuzz_devtools.XXXXXX";

static void empty_directory(void)
{
    static const char *const files[] = {"browser.jsonl", "screens.jsonl", "storage.json",
            "screens/0001.png", "screens/0001.dom.json", "screens/0002.png",
            "screens/0002.dom.json", "screens/0003.png", "screens/0003.dom.json"};

    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        (void)unlinkat(directory, files[i], 0);
}

static void remove_directory(void)
{
    empty_directory();
    (void)unlinkat(directory, "screens", AT_REMOVEDIR);
    (void)rmdir(path);
}

/* In memory: syncing to a disk is most of the work otherwise. */
static void make_directory(void)
{
    if (directory >= 0)
        return;
    if (mkdtemp(path) == NULL)
        abort();
    directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0 || atexit(remove_directory) != 0)
        abort();
}

static void check_lines(void)
{
    int fd = openat(directory, "browser.jsonl", O_RDONLY | O_CLOEXEC);
    struct bytes rest, line;
    struct stat st;
    void *text;

    if (fd < 0 || fstat(fd, &st) != 0 || st.st_size == 0)
        abort();
    text = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (text == MAP_FAILED)
        abort();
    rest = bytes_of(text, (size_t)st.st_size);
    while (bytes_take_line(&rest, &line))
        assert(scan_is_whole(line) && bytes_is_utf8(line));
    assert(rest.n == 0);
    (void)munmap(text, (size_t)st.st_size);
    (void)close(fd);
}

static unsigned drain(struct devtools *d)
{
    struct devtools_event event;
    unsigned requests = 0;

    while (devtools_next(d, &event))
        requests += event.kind == DEVTOOLS_REQUEST;
    return requests;
}

static void run(const uint8_t *data, size_t size, size_t at)
{
    struct devtools_setup setup = {.directory = directory, .screens = true, .url = "http://a/"};
    struct devtools *d = NULL;
    unsigned requests = 0;
    int from[2], to[2];

    if (pipe2(from, O_CLOEXEC) != 0 || pipe2(to, O_CLOEXEC) != 0)
        abort();
    setup.in = from[0];
    setup.out = to[1];
    if (devtools_new(&setup, &d, NULL) != STATUS_OK)
        abort();
    if (write(from[1], data, at) != (ssize_t)at)
        abort();
    assert(devtools_step(d, NULL) == STATUS_OK);
    requests += drain(d);
    (void)!devtools_notice(d, 1, NULL);
    (void)!devtools_storage(d, NULL);
    if (write(from[1], data + at, size - at) != (ssize_t)(size - at))
        abort();
    for (int i = 0; i < 3; i++) {
        assert(devtools_step(d, NULL) == STATUS_OK);
        requests += drain(d);
    }
    assert(devtools_open_requests(d) <= requests);
    if (devtools_front(d) != NULL)
        (void)devtools_url(d, devtools_front(d));
    (void)close(from[1]);
    assert(devtools_step(d, NULL) == STATUS_OK);
    (void)drain(d);
    devtools_free(d);
    (void)close(from[0]);
    (void)close(to[0]);
    (void)close(to[1]);
}

static void check_snapshot(const uint8_t *data, size_t size)
{
    static const struct devtools_metrics metrics = {.width = 100, .height = 100, .scale = 1000};
    struct bytes rest = bytes_of(data, size), value;
    bool understood = false;
    struct buf text;
    struct json j;

    if (!scan_take(&rest, &value))
        return;
    assert(value.p >= data && value.p + value.n <= data + size);
    buf_init(&text, TEXT_MOST);
    json_init(&j, &text);
    json_object(&j, NULL);
    assert(devtools_notice_links(value, &metrics, &j, &understood) == STATUS_OK);
    json_end(&j);
    assert(j.status == STATUS_OK && scan_is_whole(buf_view(&text)));
    buf_clear(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || size > INPUT_MOST)
        return 0;
    make_directory();
    empty_directory();
    run(data + 1, size - 1, (size_t)data[0] * (size - 1) / 255);
    check_lines();
    check_snapshot(data + 1, size - 1);
    return 0;
}
