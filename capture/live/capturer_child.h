/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_LIVE_CAPTURER_CHILD_H
#define CAPTURE_LIVE_CAPTURER_CHILD_H

/* The capture process itself, and what it says to its parent over a SOCK_SEQPACKET socket. */

#include "capture/live/capturer.h"

enum capturer_word {
    CAPTURER_READY,  /* the device is open, the process is confined */
    CAPTURER_FAILED, /* it never got so far: `fault`; nothing follows */
    CAPTURER_REPORT, /* the last one has `report.ended` */
};

/* One datagram, between two copies of the same program. */
struct capturer_message {
    enum capturer_word word;
    uint32_t link, snaplen; /* CAPTURER_READY */
    struct fault fault;     /* CAPTURER_FAILED */
    struct capturer_report report;
};

/* The parent's one message: a single byte. Its end of the socket closed says the same, and more. */
enum { CAPTURER_STOP = 's' };

/* In the forked child: does all of it and does not return. `parent` is the process that forked. */
_Noreturn void capturer_child(const struct capturer_setup *setup, int control, pid_t parent);

#endif
