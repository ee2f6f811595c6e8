/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/live/isolation_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OTHERWISE                                                                              \
    "Without it: --isolate=none -i INTERFACE captures the whole interface (and tells the "     \
    "browser's connections apart), --isolate=netns makes the network as root."

/* A number in a file of /proc/sys; false when the kernel has no such setting. */
static bool setting(const char *root, const char *name, long *out)
{
    char path[ISOLATION_PATH], text[32];
    int n = snprintf(path, sizeof(path), "%s/proc/sys/%s", root, name), fd;
    ssize_t got;

    if (n < 0 || (size_t)n >= sizeof(path))
        return false;
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd == -1)
        return false;
    got = read(fd, text, sizeof(text) - 1);
    (void)close(fd);
    if (got <= 0)
        return false;
    text[got] = '\0';
    *out = strtol(text, NULL, 10);
    return true;
}

static bool exists(const char *root, const char *name)
{
    char path[ISOLATION_PATH];
    int n = snprintf(path, sizeof(path), "%s%s", root, name);

    return n > 0 && (size_t)n < sizeof(path) && access(path, F_OK) == 0;
}

/* The settings that forbid it outright, from the plainest to the least plain. */
static enum status by_setting(const char *root, int error, struct fault *fault)
{
    long value;

    if (setting(root, "user/max_user_namespaces", &value) && value == 0)
        return fault_set(fault, STATUS_IO,
                "This machine allows no user namespaces (user.max_user_namespaces is 0), so "
                "the browser cannot get a network of its own without root. An administrator "
                "can allow them: sysctl user.max_user_namespaces=15000. " OTHERWISE);
    if (setting(root, "user/max_net_namespaces", &value) && value == 0)
        return fault_set(fault, STATUS_IO,
                "This machine allows no network namespaces (user.max_net_namespaces is 0). An "
                "administrator can allow them: sysctl "
                "user.max_net_namespaces=15000. " OTHERWISE);
    if (setting(root, "kernel/unprivileged_userns_clone", &value) && value == 0)
        return fault_set(fault, STATUS_IO,
                "This machine keeps user namespaces for root "
                "(kernel.unprivileged_userns_clone is 0). An administrator can allow them: "
                "sysctl kernel.unprivileged_userns_clone=1. " OTHERWISE);
    if (setting(root, "kernel/apparmor_restrict_unprivileged_userns", &value) && value != 0)
        return fault_set(fault, STATUS_IO,
                "AppArmor on this machine lets only programs with a profile use user "
                "namespaces (kernel.apparmor_restrict_unprivileged_userns is %ld, as on Ubuntu "
                "since 23.10). An administrator can give exhibit a profile with the rule "
                "'userns,' in /etc/apparmor.d/ (slirp4netns and the browser come with theirs), "
                "or until the next start: sysctl "
                "kernel.apparmor_restrict_unprivileged_userns=0. " OTHERWISE,
                value);
    if (error == ENOSPC || error == EUSERS)
        return fault_set(fault, STATUS_IO,
                "No more namespaces can be made (%s): the limits user.max_user_namespaces or "
                "user.max_net_namespaces are used up, or namespaces are nested too deep. End "
                "other sandboxes, or have an administrator raise them. " OTHERWISE,
                strerror(error));
    return STATUS_OK;
}

enum status isolation_refused(
        const char *root, enum keeper_step step, int error, struct fault *fault)
{
    static const char *const doing[] = {
            [KEEPER_USER] = "make a user namespace",
            [KEEPER_MAP] = "write the user namespace's identity map",
            [KEEPER_NETWORK] = "make network and mount namespaces",
            [KEEPER_MOUNT] = "put a resolv.conf of its own in place",
            [KEEPER_LOOPBACK] = "bring the loopback device up",
            [KEEPER_HANDOVER] = "hand the namespaces over",
            [KEEPER_READY] = "keep the namespaces",
    };

    if (error == ENOMEM)
        return fault_set(fault, STATUS_NOMEM, "out of memory while trying to %s", doing[step]);
    if (by_setting(root, error, fault) != STATUS_OK)
        return STATUS_IO;
    if (error == EINVAL && !exists(root, "/proc/self/ns/user"))
        return fault_set(
                fault, STATUS_IO, "This kernel was built without user namespaces. " OTHERWISE);
    if (error == EPERM || error == EACCES)
        return fault_set(fault, STATUS_IO,
                "The kernel does not let this program %s (%s), and no setting that we know "
                "forbids it: most likely this runs in a container or under a seccomp or "
                "security policy. In a container: start it with --security-opt "
                "seccomp=unconfined, or run exhibit outside. A home directory or root that "
                "was entered with chroot is refused as well. " OTHERWISE,
                doing[step], strerror(error));
    return fault_set(
            fault, STATUS_IO, "Could not %s: %s. " OTHERWISE, doing[step], strerror(error));
}

bool isolation_tun_refused(const char *root, struct fault *fault)
{
    char path[ISOLATION_PATH];
    int n = snprintf(path, sizeof(path), "%s/dev/net/tun", root), fd;

    if (n < 0 || (size_t)n >= sizeof(path))
        return false;
    fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd != -1) {
        (void)close(fd);
        return false;
    }
    if (errno == ENOENT || errno == ENODEV || errno == ENXIO)
        (void)fault_set(fault, STATUS_IO,
                "/dev/net/tun is missing (%s), which carries the browser's packets. An "
                "administrator can load it: modprobe tun (in a container: --device "
                "/dev/net/tun). " OTHERWISE,
                strerror(errno));
    else
        (void)fault_set(fault, STATUS_IO,
                "/dev/net/tun cannot be opened by this user (%s); ordinary systems have it "
                "with mode 0666. An administrator can restore that: chmod 666 /dev/net/tun. "
                "It gives no rights over the machine's own network. " OTHERWISE,
                strerror(errno));
    return true;
}
