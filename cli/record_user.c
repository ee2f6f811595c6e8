/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/record_parts.h"

enum { GIVE_DEPTH = 8 }; /* directories below a case, with room */

/* Who called sudo(8), as it says itself. */
static const struct passwd *who_called(void)
{
    const char *number = getenv("SUDO_UID");
    uint64_t uid;

    if (number == NULL || !bytes_decimal(bytes_text(number), &uid) || uid == 0 ||
            uid >= UINT_MAX)
        return NULL;
    return getpwuid((uid_t)uid);
}

static bool take_user(struct record_options *o, const struct passwd *entry)
{
    if (strlen(entry->pw_name) >= sizeof(o->user_name) ||
            strlen(entry->pw_dir) >= sizeof(o->user_home)) {
        (void)command_usage(&command_record, "the browser's user has too long a name or home");
        return false;
    }
    (void)snprintf(o->user_name, sizeof(o->user_name), "%s", entry->pw_name);
    (void)snprintf(o->user_home, sizeof(o->user_home), "%s", entry->pw_dir);
    o->user = entry->pw_uid;
    if (o->user == 0 || o->isolation != ISOLATION_USER)
        return true;
    (void)command_usage(&command_record,
            "for a network of the browser's own no root is needed: run it as %s, without sudo. "
            "As root use --isolate=netns, or --isolate=none -i IF",
            o->user_name);
    return false;
}

bool record_user_find(struct record_options *o)
{
    const struct passwd *entry;

    if (geteuid() != 0) {
        if (o->browser_user != NULL)
            (void)command_usage(&command_record,
                    "--browser-user is for root: you are not, and the browser runs as you");
        return o->browser_user == NULL;
    }
    entry = o->browser_user == NULL ? who_called() : getpwnam(o->browser_user);
    if (entry == NULL && o->browser_user != NULL) {
        (void)command_usage(&command_record, "there is no user %s", o->browser_user);
        return false;
    }
    if (entry == NULL) {
        (void)command_usage(&command_record,
                "browsers are not run as root. Record as an ordinary user, for which no root "
                "is "
                "needed; or as root with --isolate=netns --browser-user NAME");
        return false;
    }
    o->gives = o->browser_user == NULL;
    return take_user(o, entry);
}

/* In a child that becomes the user. */
static bool can_enter(const char *directory, const struct passwd *entry)
{
    return setgroups(0, NULL) == 0 &&
           setresgid(entry->pw_gid, entry->pw_gid, entry->pw_gid) == 0 &&
           setresuid(entry->pw_uid, entry->pw_uid, entry->pw_uid) == 0 && chdir(directory) == 0;
}

enum status record_user_reaches(struct record *r)
{
    const struct passwd *entry;
    int result = 0;
    pid_t child;

    if (r->options->user == (uid_t)-1 || r->options->user == 0)
        return STATUS_OK;
    entry = getpwuid(r->options->user);
    /* Ours stay root's; the browser's user may pass through to what is theirs in it. */
    if (entry == NULL || fchmod(r->directory_fd, 0711) != 0 || fchmod(r->raw_fd, 0711) != 0)
        return fault_set(&r->fault, STATUS_IO, "%s: cannot be opened for %s: %s", r->directory,
                r->options->user_name, strerror(errno));
    child = fork();
    if (child == 0)
        _exit(can_enter(r->directory, entry) ? 0 : 1);
    if (child < 0 || waitpid(child, &result, 0) != child)
        return fault_set(&r->fault, STATUS_IO, "cannot start a process: %s", strerror(errno));
    if (WIFEXITED(result) && WEXITSTATUS(result) == 0)
        return STATUS_OK;
    return fault_set(&r->fault, STATUS_USAGE,
            "%s, as whom the browser runs, cannot get to %s: record into a directory that they "
            "may enter, such as one in %s",
            r->options->user_name, r->directory, r->options->user_home);
}

/* What is inside first: the user cannot put a link of their own into what is still root's. */
static void give(int fd, const struct passwd *entry, int depth)
{
    DIR *open_one = depth == 0 ? NULL : fdopendir(dup(fd));
    const struct dirent *at;

    while (open_one != NULL && (at = readdir(open_one)) != NULL) {
        int below;

        if (strcmp(at->d_name, ".") == 0 || strcmp(at->d_name, "..") == 0)
            continue;
        below = openat(fd, at->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (below >= 0) {
            give(below, entry, depth - 1);
            (void)close(below);
        } else {
            (void)!fchownat(fd, at->d_name, entry->pw_uid, entry->pw_gid, AT_SYMLINK_NOFOLLOW);
        }
    }
    if (open_one != NULL)
        (void)closedir(open_one);
    (void)!fchown(fd, entry->pw_uid, entry->pw_gid);
}

void record_user_give(const struct record_options *o, const char *path)
{
    const struct passwd *entry = o->gives ? getpwuid(o->user) : NULL;
    int fd = entry == NULL ? -1 : open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat about;

    /* Only what root made: in a directory of the user's the name may be another's by now. */
    if (fd >= 0 && fstat(fd, &about) == 0 && about.st_uid == 0)
        give(fd, entry, GIVE_DEPTH);
    if (fd >= 0)
        (void)close(fd);
}
