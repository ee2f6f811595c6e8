/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { STEP = 64 << 10 };

enum status file_read(const char *path, const char *what, struct buf *out, struct fault *fault)
{
    FILE *file = fopen(path, "rbe");
    enum status status = STATUS_OK;
    uint8_t piece[STEP];
    size_t n = 1;

    if (file == NULL)
        return fault_set(fault, errno == ENOENT ? STATUS_MISSING : STATUS_IO,
                "%s: cannot open this %s: %s", path, what, strerror(errno));
    while (status == STATUS_OK && (n = fread(piece, 1, sizeof(piece), file)) != 0)
        status = buf_append(out, bytes_of(piece, n));
    if (status == STATUS_USAGE)
        status = fault_set(fault, STATUS_INPUT, "%s: a %s has at most %zu MiB", path, what,
                out->limit >> 20);
    else if (status == STATUS_NOMEM)
        fault_set(fault, status, "out of memory while reading %s", path);
    else if (ferror(file))
        status = fault_set(
                fault, STATUS_IO, "%s: cannot read this %s: %s", path, what, strerror(errno));
    (void)fclose(file);
    return status;
}
