/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/queue.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"

enum status queue_put(struct queue *q, void *p)
{
    void **at;

    if (q->capacity != 0 && q->first >= q->n && q->first + q->n == q->capacity) {
        memmove(q->at, q->at + q->first, q->n * sizeof(void *));
        q->first = 0;
    }
    at = array_grow(q->at, q->first + q->n, &q->capacity, sizeof(void *));
    if (at == NULL)
        return STATUS_NOMEM;
    q->at = at;
    q->at[q->first + q->n++] = p;
    return STATUS_OK;
}

void *queue_take(struct queue *q)
{
    if (q->n == 0)
        return NULL;
    q->n--;
    return q->at[q->first++];
}

void queue_clear(struct queue *q)
{
    free(q->at);
    *q = (struct queue){0};
}
