/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/live/isolation_parts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture/live/descriptors.h"

enum { CONTROL = 3, PARENT, LEASH, OUTER, KEPT };
enum { RESOLV_TRIES = 40, RESOLV_MS = 50, DYING_MS = 200 };

static void tell(enum keeper_step step, int error)
{
    struct keeper_word word = {step, error};

    (void)!send(CONTROL, &word, sizeof(word), MSG_NOSIGNAL);
}

_Noreturn static void give_up(enum keeper_step step)
{
    tell(step, errno == 0 ? EIO : errno);
    _exit(1);
}

/* Descriptors at fixed places, all others closed: what the parent holds open for writing must
 * not stay open because of us. */
static void settle_descriptors(const struct keeper_plan *plan)
{
    const int given[] = {plan->control, plan->parent, plan->joiner_leash, plan->outer};
    int high[4], null = open("/dev/null", O_RDWR);

    for (int k = 0; k < 4; k++)
        high[k] = given[k] == -1 ? -1 : fcntl(given[k], F_DUPFD_CLOEXEC, 64);
    for (int k = 0; k < 3 && null != -1; k++)
        (void)dup2(null, k);
    for (int k = 0; k < 4; k++) {
        if (high[k] != -1)
            (void)dup3(high[k], CONTROL + k, O_CLOEXEC);
        else
            (void)close(CONTROL + k);
    }
    (void)close_range(KEPT, ~0U, 0);
}

static bool write_file(const char *path, const char *text, size_t length)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    bool good;

    if (fd == -1)
        return false;
    good = write(fd, text, length) == (ssize_t)length;
    (void)close(fd);
    return good;
}

static bool directory_at(const char *path)
{
    struct stat at;

    return stat(path, &at) == 0 && S_ISDIR(at.st_mode);
}

/* A file system in memory over a place that nobody uses, a file in it, that file over
 * resolv.conf, and the file system out of sight again: the file stays by its own mount. */
static bool cover_resolver(const struct keeper_plan *plan)
{
    char path[ISOLATION_PATH + 16];
    size_t n = strlen(plan->stage);
    bool good;

    if (n + sizeof("/resolv.conf") > sizeof(path))
        return false;
    memcpy(path, plan->stage, n);
    memcpy(path + n, "/resolv.conf", sizeof("/resolv.conf"));
    if (mount("exhibit", plan->stage, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC,
                "mode=0755,size=64k") == -1)
        return false;
    good = write_file(path, plan->resolv, plan->resolv_length) &&
           mount(path, plan->resolv_path, NULL, MS_BIND, NULL) == 0;
    (void)umount2(plan->stage, MNT_DETACH);
    return good;
}

/* Whole directories are hidden, not sockets in them: a service that starts anew makes a new
 * socket, which a mount over the old one would not cover. */
static bool hide_resolvers(const struct keeper_plan *plan)
{
    char path[ISOLATION_PATH + 16];

    for (size_t k = 0; plan->hide[k] != NULL; k++) {
        size_t n = strlen(plan->hide[k]);

        if (!directory_at(plan->hide[k]))
            continue;
        if (mount("exhibit", plan->hide[k], "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC,
                    "mode=0755,size=64k") == -1)
            return false;
        if (plan->resolv_hidden == NULL || plan->resolv_in != k ||
                n + 1 + strlen(plan->resolv_hidden) >= sizeof(path))
            continue;
        memcpy(path, plan->hide[k], n);
        path[n] = '/';
        memcpy(path + n + 1, plan->resolv_hidden, strlen(plan->resolv_hidden) + 1);
        if (!write_file(path, plan->resolv, plan->resolv_length))
            return false;
    }
    return true;
}

static bool resolver_is_ours(const struct keeper_plan *plan)
{
    char text[ISOLATION_RESOLV];
    int fd = open(plan->resolv_path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd == -1 ? -1 : read(fd, text, sizeof(text));

    if (fd != -1)
        (void)close(fd);
    return n == (ssize_t)plan->resolv_length &&
           memcmp(text, plan->resolv, plan->resolv_length) == 0;
}

static void set_links(bool up_loopback)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq all[16], one;
    struct ifconf list = {.ifc_len = (int)sizeof(all)};

    if (fd == -1)
        return;
    memset(&one, 0, sizeof(one));
    if (up_loopback) {
        memcpy(one.ifr_name, "lo", 3);
        one.ifr_flags = IFF_UP | IFF_RUNNING;
        (void)ioctl(fd, SIOCSIFFLAGS, &one);
    } else {
        /* Every device that has an address loses its network, even if the joiner lives. */
        list.ifc_req = all;
        if (ioctl(fd, SIOCGIFCONF, &list) == 0) {
            for (size_t k = 0; k < (size_t)list.ifc_len / sizeof(all[0]); k++) {
                memcpy(one.ifr_name, all[k].ifr_name, IFNAMSIZ);
                one.ifr_flags = 0;
                (void)ioctl(fd, SIOCSIFFLAGS, &one);
            }
        }
    }
    (void)close(fd);
}

static bool loopback_is_up(void)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq one;
    bool up;

    memset(&one, 0, sizeof(one));
    memcpy(one.ifr_name, "lo", 3);
    up = fd != -1 && ioctl(fd, SIOCGIFFLAGS, &one) == 0 && (one.ifr_flags & IFF_UP) != 0;
    if (fd != -1)
        (void)close(fd);
    return up;
}

static bool hand_over(bool user)
{
    const struct keeper_word word = {KEEPER_READY, 0};
    size_t count = user ? KEEPER_FDS : KEEPER_FDS - 1;
    int fds[KEEPER_FDS];

    fds[KEEPER_FD_MOUNT] = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
    fds[KEEPER_FD_NETWORK] = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    fds[KEEPER_FD_ROUTE] = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    fds[KEEPER_FD_USER] = user ? open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC) : 0;
    for (size_t k = 0; k < count; k++) {
        if (fds[k] == -1)
            return false;
    }
    if (!descriptors_send(CONTROL, &word, sizeof(word), fds, count))
        return false;
    for (size_t k = 0; k < count; k++)
        (void)close(fds[k]);
    return true;
}

/* The parent sends the joiner's pidfd; -1 when it sent something else or is gone. */
static int take_joiner(bool *gone)
{
    int fds[DESCRIPTORS_MOST];
    size_t count;
    char byte;
    ssize_t n = descriptors_take(CONTROL, &byte, 1, fds, &count);

    *gone = n == 0 || (n == -1 && errno != EINTR);
    return count == 1 ? fds[0] : -1;
}

/* Where another program renames a new file over resolv.conf (DHCP does), the kernel drops our mount
 * on the old one; the list of mounts tells (proc(5): poll on mountinfo), and ours is put back a
 * moment later: within the rename itself the place cannot be mounted on. Returns how many
 * tries are left; each itself changes the list, so they must come to an end. */
static int put_back(const struct keeper_plan *plan, int tries)
{
    if (plan->resolv_path[0] == '\0' || resolver_is_ours(plan))
        return RESOLV_TRIES;
    return cover_resolver(plan) ? RESOLV_TRIES : tries - 1;
}

/* Whether a process other than ours is in this network; our capture process ends by itself. */
static bool is_inside(const char *pid, const struct stat *network)
{
    char path[64], name[16] = "";
    struct stat at;
    int fd;

    (void)snprintf(path, sizeof(path), "/proc/%.16s/ns/net", pid);
    if (stat(path, &at) != 0 || at.st_ino != network->st_ino || at.st_dev != network->st_dev)
        return false;
    (void)snprintf(path, sizeof(path), "/proc/%.16s/comm", pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd != -1) {
        (void)!read(fd, name, sizeof(name) - 1);
        (void)close(fd);
    }
    return strncmp(name, "exhibit", 7) != 0;
}

/* True when nobody else is left; else they are killed if `force`. */
static bool look_inside(bool force)
{
    struct stat network;
    const struct dirent *at;
    bool left = false;
    DIR *proc = stat("/proc/self/ns/net", &network) == 0 ? opendir("/proc") : NULL;

    while (proc != NULL && (at = readdir(proc)) != NULL) {
        if (at->d_name[0] < '1' || at->d_name[0] > '9' || !is_inside(at->d_name, &network))
            continue;
        left = true;
        if (force)
            (void)kill((pid_t)strtol(at->d_name, NULL, 10), SIGKILL);
    }
    if (proc != NULL)
        (void)closedir(proc);
    return !left;
}

/* The parent was killed: its browser was asked to end, and what of it is still there after a while is
 * ended, so that nothing of a recording goes on without it. */
static void empty_network(void)
{
    enum { LOOK_MS = 100, GRACE = 40, LOOKS = 80 };

    for (int looks = 0; looks < LOOKS && !look_inside(looks >= GRACE); looks++)
        (void)poll(NULL, 0, LOOK_MS);
}

/* Until the parent says so (false) or dies. */
static bool wait_for_end(const struct keeper_plan *plan)
{
    int mounts = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC), joiner = -1;
    int tries = RESOLV_TRIES;
    bool gone = false, changed = false, died = false;

    while (!gone) {
        struct pollfd fds[] = {{CONTROL, POLLIN, 0}, {PARENT, POLLIN, 0}, {mounts, POLLPRI, 0}};
        int n = poll(fds, 3, changed ? RESOLV_MS : -1);

        if (n == -1 && errno != EINTR)
            break;
        if (n == 0) {
            tries = put_back(plan, tries);
            changed = tries > 0 && tries < RESOLV_TRIES;
            mounts = tries > 0 ? mounts : -1;
            continue;
        }
        if ((fds[1].revents & (POLLIN | POLLHUP | POLLNVAL)) != 0) {
            died = true;
            break;
        }
        if (fds[0].revents != 0) {
            int fd = take_joiner(&gone);

            joiner = fd != -1 ? fd : joiner;
        }
        changed = changed || fds[2].revents != 0;
    }
    set_links(false);
    if (gone) { /* a process that dies closes its sockets a little before it is gone */
        struct pollfd parent = {PARENT, POLLIN, 0};

        died = poll(&parent, 1, DYING_MS) == 1;
    }
    /* slirp4netns has its leash as well; pasta has none. */
    if (joiner != -1)
        (void)syscall(SYS_pidfd_send_signal, joiner, SIGKILL, NULL, 0);
    return died;
}

static void make_namespaces(const struct keeper_plan *plan)
{
    char go;

    if (plan->user) {
        if (unshare(CLONE_NEWUSER) == -1)
            give_up(KEEPER_USER);
        tell(KEEPER_MAP, 0);
        if (recv(CONTROL, &go, 1, 0) != 1)
            _exit(1);
    }
    if (unshare(CLONE_NEWNET | CLONE_NEWNS) == -1)
        give_up(KEEPER_NETWORK);
    /* What is mounted outside later is seen inside; nothing of ours is seen outside. */
    if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) == -1)
        give_up(KEEPER_MOUNT);
    if (!hide_resolvers(plan))
        give_up(KEEPER_MOUNT);
    if (plan->resolv_path[0] != '\0' && !cover_resolver(plan))
        give_up(KEEPER_MOUNT);
}

void isolation_keep(const struct keeper_plan *plan)
{
    static const char zero[] = "0\n";
    sigset_t all;
    bool undone = true, died;

    /* A key at the terminal (Ctrl-C) is the parent's to answer: the browser ends first. */
    (void)setsid();
    sigfillset(&all);
    (void)sigprocmask(SIG_SETMASK, &all, NULL);
    (void)prctl(PR_SET_NAME, "exhibit-keeper");
    (void)umask(022);
    settle_descriptors(plan);
    make_namespaces(plan);
    errno = 0;
    set_links(true);
    if (!loopback_is_up())
        give_up(KEEPER_LOOPBACK);
    /* IPv6 addresses work at once: there is nobody else on this link. */
    if (write_file("/proc/sys/net/ipv6/conf/default/accept_dad", zero, 2))
        errno = 0;
    if (!hand_over(plan->user))
        give_up(KEEPER_HANDOVER);
    died = wait_for_end(plan);
    if (plan->undo != NULL && setns(OUTER, CLONE_NEWNET) == 0)
        undone = isolation_undo_run(plan->undo);
    else if (plan->undo != NULL)
        undone = false;
    if (died)
        empty_network();
    _exit(undone ? 0 : 1);
}

bool isolation_undo_run(const struct isolation_undo *undo)
{
    bool good = true;

    if (undo->forwarding[0] != '\0')
        good = write_file(undo->forwarding, "0\n", 2);
    for (size_t k = 0; k < undo->count; k++) {
        pid_t pid = isolation_spawn(undo->argv[k], -1, -1, -1);
        int result = -1;

        while (pid > 0 && waitpid(pid, &result, 0) == -1 && errno == EINTR)
            continue;
        good = good && pid > 0 && WIFEXITED(result) && WEXITSTATUS(result) == 0;
    }
    return good;
}
