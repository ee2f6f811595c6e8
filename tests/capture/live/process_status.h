/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CAPTURE_LIVE_PROCESS_STATUS_H
#define TESTS_CAPTURE_LIVE_PROCESS_STATUS_H

/* What /proc/PID/status says of a process. Include cmocka first. */

#include <stdio.h>
#include <string.h>
#include <sys/types.h>

enum { STATUS_LINE = 128 };

#define NO_CAPABILITIES "\t0000000000000000\n"

/* The line of this name ("Seccomp:") behind it, or "". */
static inline void process_status(pid_t pid, const char *name, char out[STATUS_LINE])
{
    char path[64], line[STATUS_LINE];
    FILE *file;

    (void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    file = fopen(path, "re");
    assert_non_null(file);
    out[0] = '\0';
    while (fgets(line, sizeof(line), file) != NULL)
        if (strncmp(line, name, strlen(name)) == 0)
            (void)snprintf(out, STATUS_LINE, "%s", line + strlen(name));
    (void)fclose(file);
}

#endif
