/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/live/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef __SANITIZE_ADDRESS__
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

static enum status failed(const char *what, int error, struct fault *fault)
{
    return fault_set(fault, STATUS_IO, "the capture process cannot be confined: %s: %s", what,
            strerror(error));
}

static bool close_range_of(unsigned first, unsigned last)
{
    return first > last || syscall(SYS_close_range, first, last, 0) == 0;
}

enum status confine_descriptors(const int *keep, size_t keep_count, struct fault *fault)
{
    int kept[CONFINE_KEPT + 3], null;
    size_t n = 0;
    unsigned from = 0;

    for (size_t i = 0; i < keep_count && i < CONFINE_KEPT; i++)
        if (keep[i] >= 0)
            kept[n++] = keep[i];
    if (SANITIZED)
        kept[n++] = STDERR_FILENO;
    for (size_t i = 1; i < n; i++) /* by number; there are a handful */
        for (size_t k = i; k > 0 && kept[k] < kept[k - 1]; k--) {
            int swap = kept[k];
            kept[k] = kept[k - 1];
            kept[k - 1] = swap;
        }
    for (size_t i = 0; i < n; i++) {
        if (kept[i] > 0 && !close_range_of(from, (unsigned)kept[i] - 1))
            return failed("close_range", errno, fault);
        if ((unsigned)kept[i] + 1 > from)
            from = (unsigned)kept[i] + 1;
    }
    if (!close_range_of(from, UINT_MAX))
        return failed("close_range", errno, fault);
    /* Nothing that is opened later may become what a library takes for standard output. */
    do {
        null = open("/dev/null", O_RDWR);
    } while (null >= 0 && null < STDERR_FILENO);
    if (null < 0)
        return failed("/dev/null", errno, fault);
    if (null > STDERR_FILENO)
        (void)close(null);
    return STATUS_OK;
}

/* 0, or errno. Landlock has no wrappers in glibc; landlock(7). */
static int landlock(int directory, bool *done)
{
    enum { ABI_TRUNCATE = 3, ABI_REFER = 2 };
    const uint64_t truncate = UINT64_C(1) << 14, refer = LANDLOCK_ACCESS_FS_REFER;
    struct landlock_ruleset_attr all = {.handled_access_fs = refer - 1};
    struct landlock_path_beneath_attr there = {
            .allowed_access = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE |
                              LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
                              LANDLOCK_ACCESS_FS_REMOVE_FILE,
            .parent_fd = directory,
    };
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    int rules, error = 0;

    *done = false;
    if (abi < 1) /* a kernel without it, or one that was told to leave it out */
        return 0;
    if (abi >= ABI_REFER)
        all.handled_access_fs |= refer;
    if (abi >= ABI_TRUNCATE) {
        all.handled_access_fs |= truncate;
        there.allowed_access |= truncate;
    }
    rules = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof(all), 0);
    if (rules < 0)
        return errno;
    if (syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &there, 0) != 0 ||
            prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
            syscall(SYS_landlock_restrict_self, rules, 0) != 0)
        error = errno;
    (void)close(rules);
    *done = error == 0;
    return error;
}

enum status confine_files(int directory, struct confine_fence *out, struct fault *fault)
{
    struct confine_fence fence = {0};
    int error;

    if (fchdir(directory) != 0)
        return failed("fchdir", errno, fault);
    if (chroot(".") == 0)
        fence.chroot = true;
    else if (errno != EPERM) /* an ordinary user may not, which is fine */
        return failed("chroot", errno, fault);
    error = landlock(directory, &fence.landlock);
    if (error != 0)
        return failed("Landlock", error, fault);
    *out = fence;
    return STATUS_OK;
}

enum status confine_privileges(struct fault *fault)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {0};
    struct __user_cap_data_struct left[_LINUX_CAPABILITY_U32S_3] = {0};

    /* While CAP_SETPCAP is there; an ordinary user's bounding set is of no use to a process that may not
     * gain privileges by exec. */
    for (unsigned long cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
        if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) != 0 && errno != EPERM)
            return failed("PR_CAPBSET_DROP", errno, fault);
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0)
        return failed("PR_CAP_AMBIENT", errno, fault);
    if (syscall(SYS_capset, &head, none) != 0)
        return failed("capset", errno, fault);
    if (syscall(SYS_capget, &head, left) != 0)
        return failed("capget", errno, fault);
    if (memcmp(none, left, sizeof(none)) != 0)
        return failed("capabilities are left", EPERM, fault);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return failed("PR_SET_NO_NEW_PRIVS", errno, fault);
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        return failed("PR_SET_DUMPABLE", errno, fault);
    return STATUS_OK;
}

static const int plain_calls[] = {
        SCMP_SYS(read),
        SCMP_SYS(readv),
        SCMP_SYS(pread64),
        SCMP_SYS(recvfrom),
        SCMP_SYS(recvmsg),
        SCMP_SYS(write),
        SCMP_SYS(writev),
        SCMP_SYS(pwrite64),
        SCMP_SYS(poll),
        SCMP_SYS(ppoll),
        SCMP_SYS(close),
        SCMP_SYS(lseek),
        /* Of files. glibc's fstat is newfstatat on the empty path. */
        SCMP_SYS(fstat),
        SCMP_SYS(newfstatat),
        SCMP_SYS(statx),
        SCMP_SYS(fstatfs),
        SCMP_SYS(fsync),
        SCMP_SYS(fdatasync),
        SCMP_SYS(sync_file_range),
        SCMP_SYS(ftruncate),
        SCMP_SYS(fallocate),
        SCMP_SYS(fadvise64),
        /* Of sockets: counters of the ring, and why it said POLLERR. */
        SCMP_SYS(getsockopt),
        SCMP_SYS(getsockname),
        SCMP_SYS(uname), /* libpcap, of a ring that is broken */
        /* Memory and locks. */
        SCMP_SYS(brk),
        SCMP_SYS(munmap),
        SCMP_SYS(mremap),
        SCMP_SYS(madvise),
        SCMP_SYS(futex),
        /* Clocks, where the vDSO has to ask the kernel. */
        SCMP_SYS(clock_gettime),
        SCMP_SYS(gettimeofday),
        SCMP_SYS(clock_nanosleep),
        SCMP_SYS(nanosleep),
        SCMP_SYS(restart_syscall),
        /* Itself. */
        SCMP_SYS(getpid),
        SCMP_SYS(gettid),
        SCMP_SYS(getppid),
        SCMP_SYS(getrandom),
        SCMP_SYS(sched_yield),
        /* A thread that is only just beginning: glibc's own, and giving up what is gone already. */
        SCMP_SYS(set_robust_list),
        SCMP_SYS(rseq),
        SCMP_SYS(capset),

        SCMP_SYS(rt_sigprocmask),
        SCMP_SYS(rt_sigreturn),
        SCMP_SYS(exit),
        SCMP_SYS(exit_group),
#if SANITIZED
        /* What the sanitizers' runtime asks for when it reports. */
        SCMP_SYS(sigaltstack),
        SCMP_SYS(rt_sigaction),
        SCMP_SYS(readlink),
        SCMP_SYS(readlinkat),
        SCMP_SYS(getrusage),
        SCMP_SYS(sched_getaffinity),
        SCMP_SYS(tgkill),
        SCMP_SYS(prctl),
#endif
};

/* Descriptors and flags are 32 bits to the kernel, whatever the upper half of the register holds. */
static struct scmp_arg_cmp low_half(unsigned argument, int value)
{
    return SCMP_CMP64(argument, SCMP_CMP_MASKED_EQ, UINT32_MAX, (uint32_t)value);
}

static int allow(scmp_filter_ctx filter, int call, struct scmp_arg_cmp when)
{
    return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call, 1, &when);
}

static int allow_some(scmp_filter_ctx filter, const struct confine_calls *allowed)
{
    const int senders[] = {allowed->control, allowed->netlink};
    /* A file that is not there yet, for writing. */
    const struct scmp_arg_cmp new_file = SCMP_CMP64(
            2, SCMP_CMP_MASKED_EQ, O_ACCMODE | O_CREAT | O_EXCL, O_WRONLY | O_CREAT | O_EXCL);
    const struct scmp_arg_cmp not_executable = SCMP_CMP64(2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
    int error = 0;

    for (size_t i = 0; error == 0 && i < sizeof(plain_calls) / sizeof(*plain_calls); i++)
        error = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, plain_calls[i], 0, NULL);
    if (error == 0)
        error = allow(filter, SCMP_SYS(openat), new_file);
    if (error == 0)
        error = allow(filter, SCMP_SYS(mmap), not_executable);
    if (error == 0)
        error = allow(filter, SCMP_SYS(mprotect), not_executable);
    if (error == 0) /* libpcap, to tell an interface that is down from one that is gone */
        error = allow(filter, SCMP_SYS(ioctl), low_half(1, SIOCGIFFLAGS));
    for (size_t i = 0; i < 2; i++) {
        if (error == 0 && senders[i] >= 0)
            error = allow(filter, SCMP_SYS(sendto), low_half(0, senders[i]));
        if (error == 0 && senders[i] >= 0)
            error = allow(filter, SCMP_SYS(sendmsg), low_half(0, senders[i]));
    }
    return error;
}

/* A filter of its own, because one rule cannot say "but not this descriptor" of 32 bits: of two filters
 * the stricter answer counts. A write to the device would be a packet on the wire. */
static int forbid_writing(scmp_filter_ctx filter, int device)
{
    static const int writers[] = {SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(pwrite64)};
    struct scmp_arg_cmp when = low_half(0, device);
    int error = 0;

    for (size_t i = 0; error == 0 && i < sizeof(writers) / sizeof(*writers); i++)
        error = seccomp_rule_add_array(filter, SCMP_ACT_KILL_PROCESS, writers[i], 1, &when);
    return error;
}

/* For all threads there are. */
static int load(scmp_filter_ctx filter)
{
    int error = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);

    return error == 0 ? seccomp_load(filter) : error;
}

enum status confine_calls(const struct confine_calls *allowed, struct fault *fault)
{
    scmp_filter_ctx some, all_but;
    int error = 0;

    some = seccomp_init(SCMP_ACT_KILL_PROCESS);
    all_but = seccomp_init(SCMP_ACT_ALLOW);
    if (some == NULL || all_but == NULL)
        error = -ENOMEM;
    if (error == 0)
        error = allow_some(some, allowed);
    if (error == 0 && allowed->device >= 0)
        error = forbid_writing(all_but, allowed->device);
    if (error == 0 && allowed->device >= 0)
        error = load(all_but);
    if (error == 0)
        error = load(some);
    if (some != NULL)
        seccomp_release(some);
    if (all_but != NULL)
        seccomp_release(all_but);
    return error == 0 ? STATUS_OK : failed("seccomp", -error, fault);
}
