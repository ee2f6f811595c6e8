/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/live/segment_name.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"

static const char before[] = "packets-";
static const char behind[] = ".pcapng";

enum { DIGITS = 6 };

void segment_name(uint32_t number, char out[SEGMENT_NAME])
{
    (void)snprintf(out, SEGMENT_NAME, "%s%0*u%s", before, DIGITS, number, behind);
}

uint32_t segment_name_number(const char *name)
{
    struct bytes text = bytes_text(name), digits;
    uint64_t number;

    if (!bytes_starts(text, bytes_text(before)) || !bytes_skip(&text, sizeof(before) - 1) ||
            !bytes_take(&text, DIGITS, &digits) || !bytes_is(text, behind) ||
            !bytes_decimal(digits, &number))
        return 0;
    return (uint32_t)number;
}

static void add_name(DIR *list, const char *name, uint32_t after, struct segment_names *names)
{
    uint32_t number = segment_name_number(name);
    struct stat st;

    if (number == 0)
        return;
    if (number > names->last)
        names->last = number;
    if (number > after && (names->next == 0 || number < names->next))
        names->next = number;
    if (fstatat(dirfd(list), name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode))
        names->bytes += (uint64_t)st.st_size;
}

bool segment_names_read(int directory, uint32_t after, struct segment_names *out)
{
    int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct segment_names names = {0};
    struct dirent *entry;
    DIR *list;
    int error;

    if (fd < 0)
        return false;
    list = fdopendir(fd);
    if (list == NULL) {
        error = errno;
        (void)close(fd);
        errno = error;
        return false;
    }
    errno = 0;
    while ((entry = readdir(list)) != NULL) {
        add_name(list, entry->d_name, after, &names);
        errno = 0;
    }
    error = errno;
    (void)closedir(list);
    errno = error;
    if (error == 0)
        *out = names;
    return error == 0;
}
