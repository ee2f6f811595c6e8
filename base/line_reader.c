/* SPDX-License-Identifier: Apache-2.0 */
#include "base/line_reader.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PIECE = 64 << 10 };

void line_reader_init(struct line_reader *r, size_t most,
        enum status (*take)(void *to, struct bytes line, bool whole), void *to)
{
    *r = (struct line_reader){.take = take, .to = to};
    buf_init(&r->line, most);
}

void line_reader_clear(struct line_reader *r)
{
    buf_clear(&r->line);
    r->skipping = false;
}

static enum status give(struct line_reader *r, struct bytes line)
{
    if (line.n != 0 && line.p[line.n - 1] == '\r')
        line.n--;
    return r->take(r->to, line, true);
}

/* A part of the line in hand; one that gets too long is passed over to its end. */
static enum status hold(struct line_reader *r, struct bytes part)
{
    enum status status;

    if (r->skipping)
        return STATUS_OK;
    status = buf_append(&r->line, part);
    if (status != STATUS_USAGE)
        return status;
    r->skipping = true;
    buf_clear(&r->line);
    return STATUS_OK;
}

static enum status give_held(struct line_reader *r)
{
    enum status status = r->skipping ? r->take(r->to, (struct bytes){0}, false)
                                     : give(r, buf_view(&r->line));

    r->skipping = false;
    buf_reset(&r->line);
    return status;
}

enum status line_reader_push(struct line_reader *r, struct bytes data)
{
    enum status status = STATUS_OK;
    struct bytes part;

    while (status == STATUS_OK && bytes_take_until(&data, '\n', &part)) {
        /* Most lines come whole: they need not be copied. */
        if (r->line.n == 0 && !r->skipping && part.n <= r->line.limit) {
            status = give(r, part);
            continue;
        }
        status = hold(r, part);
        if (status == STATUS_OK)
            status = give_held(r);
    }
    return status == STATUS_OK ? hold(r, data) : status;
}

enum status line_reader_end(struct line_reader *r, bool *rest)
{
    *rest = r->line.n != 0 || r->skipping;
    return *rest ? give_held(r) : STATUS_OK;
}

static enum status read_pieces(
        struct line_reader *r, FILE *file, const char *path, struct fault *fault)
{
    enum status status = STATUS_OK;
    uint8_t *piece = malloc(PIECE);
    size_t n;

    if (piece == NULL)
        return fault_set(fault, STATUS_NOMEM, "%s: out of memory", path);
    while (status == STATUS_OK && (n = fread(piece, 1, PIECE, file)) != 0)
        status = line_reader_push(r, bytes_of(piece, n));
    if (status == STATUS_OK && ferror(file))
        status = fault_set(fault, STATUS_IO, "%s: cannot be read: %s", path, strerror(errno));
    free(piece);
    return status;
}

enum status line_reader_file(
        struct line_reader *r, const char *path, const char *what, struct fault *fault)
{
    FILE *file = fopen(path, "re");
    enum status status;

    if (file == NULL)
        return fault_set(fault, errno == ENOENT ? STATUS_MISSING : STATUS_IO,
                "%s: %s cannot be read: %s", path, what, strerror(errno));
    status = read_pieces(r, file, path, fault);
    (void)fclose(file);
    return status;
}
