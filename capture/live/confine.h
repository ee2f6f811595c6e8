/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_LIVE_CONFINE_H
#define CAPTURE_LIVE_CONFINE_H

/*
 * Takes from a process all that it does not need for writing packets into files: descriptors,
 * files, capabilities, and then nearly every system call (libseccomp; this is its one door).
 * There is no way back. In this order, each once: confine_descriptors, then open what is needed,
 * confine_files, confine_privileges, then threads may be started, confine_calls.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"

enum { CONFINE_KEPT = 8 };

/* Closes every descriptor but those in `keep` (at most CONFINE_KEPT). 0, 1 and 2 become /dev/null
 * unless kept (2 stays with sanitizers, which report there). */
MUST_USE enum status confine_descriptors(
        const int *keep, size_t keep_count, struct fault *fault);

/* Gives up all capabilities: effective, permitted, inheritable, ambient, and the bounding set where that is
 * allowed; and reads back that none is left. Sets PR_SET_NO_NEW_PRIVS and PR_SET_DUMPABLE 0. */
MUST_USE enum status confine_privileges(struct fault *fault);

/* Files outside of `directory` become unreachable as far as this process may arrange that itself: by
 * chroot(2) while it has the capability, and by Landlock where the kernel knows it. */
struct confine_fence {
    bool chroot, landlock;
};
/* Before confine_privileges for chroot's sake; sets PR_SET_NO_NEW_PRIVS for Landlock's. Of
 * this thread and those that it starts later. */
MUST_USE enum status confine_files(
        int directory, struct confine_fence *out, struct fault *fault);

struct confine_calls {
    int device;  /* nothing is ever written to it: -1: none */
    int control; /* the sockets that may be sent on; -1: none */
    int netlink;
};
/* The seccomp filter, for all threads: any other call kills the process with SIGSYS. Allowed:
 * reading and writing what is open, making files that do not exist yet (where: confine_files
 * sees to that, a filter cannot read paths), syncing, memory without PROT_EXEC, clocks, polling,
 * exit. */
MUST_USE enum status confine_calls(const struct confine_calls *allowed, struct fault *fault);

#endif
