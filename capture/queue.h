/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_QUEUE_H
#define CAPTURE_QUEUE_H

/* First in, first out, of pointers that it does not own. Zeroed memory is an empty queue. */

#include <stddef.h>

#include "base/status.h"

struct queue {
    void **at; /* owned */
    size_t first, n, capacity;
};

MUST_USE enum status queue_put(struct queue *q, void *p); /* STATUS_NOMEM */
void *queue_take(struct queue *q);                        /* NULL when empty */
void queue_clear(struct queue *q); /* frees the queue, not what is in it */

#endif
