/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CAPTURE_LIVE_SEGMENT_PLACE_H
#define TESTS_CAPTURE_LIVE_SEGMENT_PLACE_H

/* A directory of segments for tests, and the law that holds there. Include cmocka.h before. */

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hashed_lines.h"
#include "base/json.h"
#include "capture/live/segment.h"
#include "capture/live/segment_name.h"
#include "capture/packet/source.h"

struct place {
    char path[64];
    int fd;
};

enum { PLACE_FILE_MOST = 64 << 20 };

static inline int place_set_up(void **state)
{
    struct place *p = calloc(1, sizeof(*p));

    assert_non_null(p);
    (void)snprintf(p->path, sizeof(p->path), "/tmp/segments.XXXXXX");
    assert_non_null(mkdtemp(p->path));
    p->fd = open(p->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(p->fd >= 0);
    *state = p;
    return 0;
}

static inline void place_empty(const struct place *p)
{
    DIR *list = opendir(p->path);
    struct dirent *entry;

    assert_non_null(list);
    while ((entry = readdir(list)) != NULL) {
        if (entry->d_name[0] != '.')
            assert_int_equal(unlinkat(p->fd, entry->d_name, 0), 0);
    }
    (void)closedir(list);
}

static inline int place_tear_down(void **state)
{
    struct place *p = *state;

    place_empty(p);
    (void)close(p->fd);
    assert_int_equal(rmdir(p->path), 0);
    free(p);
    return 0;
}

static inline void place_path(const struct place *p, const char *name, char out[128])
{
    (void)snprintf(out, 128, "%s/%s", p->path, name);
}

/* The whole file; free it. */
static inline struct bytes place_read(const struct place *p, const char *name)
{
    int fd = openat(p->fd, name, O_RDONLY | O_CLOEXEC);
    struct stat st;
    uint8_t *all;

    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &st), 0);
    assert_true(st.st_size <= PLACE_FILE_MOST);
    all = malloc((size_t)st.st_size + 1);
    assert_non_null(all);
    assert_int_equal(read(fd, all, (size_t)st.st_size), st.st_size);
    all[st.st_size] = 0;
    (void)close(fd);
    return bytes_of(all, (size_t)st.st_size);
}

static inline void place_write(const struct place *p, const char *name, struct bytes text)
{
    int fd = openat(p->fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text.p, text.n), text.n);
    (void)close(fd);
}

/* Packet `i` of the tests: its bytes, length and time follow from its number. */
enum { MADE_PACKET_MOST = 1600 };

static inline size_t made_packet(uint64_t i, uint8_t out[MADE_PACKET_MOST])
{
    size_t n = (size_t)((i * 2654435761U >> 7) % (MADE_PACKET_MOST - 8)) + 8;

    for (size_t k = 0; k < n; k++)
        out[k] = (uint8_t)(i * 31 + k * 7);
    memcpy(out, &i, sizeof(i));
    return n;
}

static inline int64_t made_time(uint64_t i)
{
    return INT64_C(1700000000000000000) + (int64_t)i * 1000001;
}

static inline uint32_t made_wire(uint64_t i, size_t n)
{
    return (uint32_t)(n + i % 3);
}

static inline enum status made_hand_in(struct segments *s, uint64_t i, struct fault *fault)
{
    uint8_t data[MADE_PACKET_MOST];
    size_t n = made_packet(i, data);

    return segments_packet(s, made_time(i), made_wire(i, n), bytes_of(data, n), fault);
}

static inline void made_check(const struct packet *packet, uint64_t i)
{
    uint8_t data[MADE_PACKET_MOST];
    size_t n = made_packet(i, data);

    assert_true(bytes_equal(packet->data, bytes_of(data, n)));
    assert_int_equal(packet->time_ns, made_time(i));
    assert_int_equal(packet->wire_len, made_wire(i, n));
    assert_int_equal(packet->link, 1);
}

/* A run that was killed may leave some of its packets out: the next begins at a multiple of this. */
enum { MADE_RUN = 1000000 };

/* Packets that a segment holds, which are the next of the sequence. `whole`: without any gap. */
static inline uint64_t place_packets(
        const struct place *p, const char *name, uint64_t *next, bool whole)
{
    struct source *s = NULL;
    struct packet packet;
    struct fault fault = {0};
    enum source_found found;
    uint64_t n = 0;
    char path[128];

    place_path(p, name, path);
    if (source_open(path, &s, &fault) != STATUS_OK) {
        assert_int_equal(fault.status, STATUS_INPUT); /* not even its header is there */
        assert_false(whole);
        return 0;
    }
    while ((found = source_next(s, &packet, &fault)) != SOURCE_END) {
        if (found == SOURCE_GAP) {
            assert_false(whole);
            assert_int_equal(source_gap(s)->why, GAP_CUT);
            continue;
        }
        assert_int_equal(found, SOURCE_PACKET);
        if (n++ == 0 && packet.data.n >= sizeof(*next)) {
            uint64_t i;

            memcpy(&i, packet.data.p, sizeof(i));
            if (i > *next && i % MADE_RUN == 0)
                *next = i;
        }
        made_check(&packet, (*next)++);
    }
    source_close(s);
    return n;
}

struct law {
    uint32_t files, chained;
    uint64_t packets;
    char last_end[16];
    bool kernel_known;
    int64_t kernel;
};

static inline void law_name(struct bytes line, char name[SEGMENT_NAME])
{
    struct json_value *v = json_parse(line, NULL);

    assert_non_null(v);
    assert_non_null(json_string_of(json_member(v, "file")));
    (void)snprintf(name, SEGMENT_NAME, "%s", json_string_of(json_member(v, "file")));
    assert_int_not_equal(segment_name_number(name), 0);
    json_free(v);
}

static inline void law_line(
        struct bytes line, const struct place *p, uint64_t *next, struct law *out)
{
    struct json_value *v = json_parse(line, NULL);
    const char *name = json_string_of(json_member(v, "file"));
    char hash[SHA256_TEXT];
    struct bytes file;
    int64_t n;

    file = place_read(p, name);
    assert_true(json_integer_of(json_member(v, "bytes"), &n));
    assert_int_equal(n, file.n);
    assert_true(sha256_text(file, hash));
    assert_string_equal(json_string_of(json_member(v, "sha256")), hash);
    free((void *)(uintptr_t)file.p);
    assert_true(json_integer_of(json_member(v, "packets"), &n));
    assert_int_equal(place_packets(p, name, next, true), n);
    out->packets += (uint64_t)n;
    (void)snprintf(
            out->last_end, sizeof(out->last_end), "%s", json_string_of(json_member(v, "end")));
    out->kernel_known = json_integer_of(json_member(v, "dropped_kernel"), &out->kernel);
    json_free(v);
}

/* Every chained segment exists, is whole and has its hash; one that is not chained is readable up
 * to its last whole block. Their packets are those handed in, in order, from 0. */
static inline struct law place_law(const struct place *p)
{
    struct law out = {0};
    struct hashed_check check = {0};
    struct segment_names names = {0};
    struct bytes chain, rest, line;
    char name[SEGMENT_NAME];
    uint64_t next = 0;
    uint32_t chained = 0;

    if (faccessat(p->fd, SEGMENT_CHAIN, F_OK, 0) != 0)
        return out;
    chain = place_read(p, SEGMENT_CHAIN);
    rest = chain;
    for (;;) {
        enum parse said = hashed_lines_next(&check, &rest, &line);

        assert_int_not_equal(said, PARSE_BAD);
        if (said != PARSE_DONE)
            break;
        law_name(line, name);
        /* The chain is in the order of the files; leftovers of killed runs are between. */
        while (segment_names_read(p->fd, chained, &names) && names.next != 0 &&
                names.next < segment_name_number(name)) {
            char left[SEGMENT_NAME];

            chained = names.next;
            out.files++;
            segment_name(chained, left);
            out.packets += place_packets(p, left, &next, false);
        }
        assert_true(segment_name_number(name) > chained);
        law_line(line, p, &next, &out);
        chained = segment_name_number(name);
        out.files++;
        out.chained++;
    }
    free((void *)(uintptr_t)chain.p);
    while (segment_names_read(p->fd, chained, &names) && names.next != 0) {
        chained = names.next;
        out.files++;
        segment_name(chained, name);
        out.packets += place_packets(p, name, &next, false);
    }
    return out;
}

static inline struct segments *place_begin(
        const struct place *p, const struct segments_setup *more)
{
    struct segments_setup setup = {0};
    struct segments *s = NULL;
    struct fault fault = {0};

    if (more != NULL)
        setup = *more;
    setup.directory = p->fd;
    setup.device = "tap0";
    setup.link = 1;
    if (setup.free_least == 0)
        setup.free_least = 1;
    if (segments_new(&setup, &s, &fault) != STATUS_OK)
        fail_msg("%s", fault.text);
    return s;
}

#endif
