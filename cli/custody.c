/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/custody.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hashed_lines.h"

struct custody {
    struct hashed_lines *lines;
    struct buf text;
    struct json json;
    bool was_new;
};

enum status custody_open(int directory, struct custody **out, struct fault *fault)
{
    struct custody *c = calloc(1, sizeof(*c));
    enum status status;
    uint64_t cut;
    int below;

    if (c == NULL)
        return fault_set(fault, STATUS_NOMEM, "out of memory");
    buf_init(&c->text, HASHED_LINE_MOST);
    if (mkdirat(directory, "custody", 0700) != 0 && errno != EEXIST) {
        free(c);
        return fault_set(fault, STATUS_IO, "custody: cannot be made: %s", strerror(errno));
    }
    below = openat(directory, "custody", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (below < 0) {
        free(c);
        return fault_set(fault, STATUS_IO, "custody: cannot be opened: %s", strerror(errno));
    }
    status = hashed_lines_open(below, "log.jsonl", &c->lines, &cut, fault);
    (void)close(below);
    if (status != STATUS_OK) {
        free(c);
        return status;
    }
    c->was_new = hashed_lines_count(c->lines) == 0;
    *out = c;
    return STATUS_OK;
}

void custody_close(struct custody *c)
{
    if (c == NULL)
        return;
    hashed_lines_close(c->lines);
    buf_clear(&c->text);
    free(c);
}

bool custody_is_new(const struct custody *c)
{
    return c->was_new;
}

struct json *custody_begin(struct custody *c, const char *act)
{
    buf_reset(&c->text);
    json_init(&c->json, &c->text);
    json_object(&c->json, NULL);
    json_time(&c->json, "time", clock_utc_ns());
    json_integer(&c->json, "monotonic_ns", clock_boot_ns());
    json_string(&c->json, "act", act);
    json_object(&c->json, "detail");
    return &c->json;
}

enum status custody_end(struct custody *c, struct fault *fault)
{
    struct bytes text;

    json_end(&c->json);
    json_end(&c->json);
    if (c->json.status != STATUS_OK)
        return fault_set(fault, c->json.status,
                c->json.status == STATUS_NOMEM ? "out of memory"
                                               : "an act is too long for the custody log");
    text = buf_view(&c->text);
    return hashed_lines_add(c->lines, bytes_slice(text, 1, text.n - 1), fault);
}

enum status custody_add(struct custody *c, const char *act, const char *key, const char *value,
        struct fault *fault)
{
    struct json *j = custody_begin(c, act);

    if (key != NULL)
        json_string(j, key, value);
    return custody_end(c, fault);
}
