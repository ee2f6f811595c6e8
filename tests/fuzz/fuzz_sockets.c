/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes: rows of /proc/net/{tcp,tcp6,udp,udp6} and /proc/PID/stat, whose process names others
 * choose. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "capture/live/sockets_proc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sockets_row row;
    struct sockets_process p = {.pid = 7, .parent = -3, .start = 9};
    char text[1024];

    memset(&row, 0x55, sizeof(row));
    if (sockets_row_read(bytes_of(data, size), &row)) {
        assert(memchr(row.local, '\0', sizeof(row.local)) != NULL);
        assert(memchr(row.remote, '\0', sizeof(row.remote)) != NULL);
        assert(strchr(row.local, ':') != NULL);
        assert(strcmp(row.remote, "*") == 0 || strchr(row.remote, ':') != NULL);
    } else {
        assert(row.inode == UINT64_C(0x5555555555555555) && row.local[0] == 0x55);
    }
    if (size >= sizeof(text))
        return 0;
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    if (sockets_stat_read(text, &p))
        assert(p.parent >= 0 && p.pid == 7);
    else
        assert(p.parent == -3 && p.start == 9);
    return 0;
}
