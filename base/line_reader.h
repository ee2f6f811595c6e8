/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_LINE_READER_H
#define BASE_LINE_READER_H

/*
 * The lines of a text that comes in pieces of any size, as files of JSON lines do: each given
 * away once, none held longer than it takes. Lines end with LF or CRLF.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/fault.h"

struct line_reader {
    /*
     * Takes a line without its end. It may be blank, and is good until the function returns. One that
     * is longer than the bound comes once it ends, empty and not `whole`. Any other status than
     * STATUS_OK stops the reading, and is what the reader's function returns.
     */
    enum status (*take)(void *to, struct bytes line, bool whole);
    void *to;        /* borrowed */
    struct buf line; /* the beginning of the one in hand */
    bool skipping;   /* it is too long */
};

/* Holds nothing yet. `most`: bytes of a line. */
void line_reader_init(struct line_reader *r, size_t most,
        enum status (*take)(void *to, struct bytes line, bool whole), void *to);
void line_reader_clear(struct line_reader *r);

/* The next bytes. STATUS_NOMEM, or what `take` returned. */
MUST_USE enum status line_reader_push(struct line_reader *r, struct bytes data);
/* No more will come. `*rest`: the last line had no end; it was given away as all others. */
MUST_USE enum status line_reader_end(struct line_reader *r, bool *rest);
/* All pieces of a file, without the end. `what` names it in messages ("the key log"). STATUS_MISSING,
 * STATUS_IO, STATUS_NOMEM with `fault`, or what `take` returned. */
MUST_USE enum status line_reader_file(
        struct line_reader *r, const char *path, const char *what, struct fault *fault);

#endif
