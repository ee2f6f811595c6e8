/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_STAGE_H
#define CAPTURE_STAGE_H

/* What hangs on a flow: its stack of stages, and nDPI's view of it. */

#include "capture/channel.h"
#include "capture/datagrams.h"
#include "capture/packet/label.h"

struct stage {
    struct channel *channel;  /* TCP; NULL before the first item */
    struct path path;         /* UDP */
    struct label_flow *label; /* NULL: not asked for, or settled */
};

#endif
