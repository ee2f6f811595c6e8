/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_HOLD_H
#define CAPTURE_HOLD_H

/* Keeps copies of the first items of a stream until it is clear which stage they are for. */

#include <stdbool.h>

#include "base/status.h"
#include "capture/item.h"

enum { HOLD_MOST = 64 << 10, HOLD_ITEMS_MOST = 64 };

struct hold;

struct hold *hold_new(void); /* NULL: out of memory */
void hold_free(struct hold *h);
/* Copies the item with its data and frames. */
MUST_USE enum status hold_add(struct hold *h, const struct item *item);
/* True when it is time to decide: more would be too much. */
MUST_USE bool hold_full(const struct hold *h);
/* The contiguous bytes this direction began with; empty when it began with a gap. Borrowed. */
struct bytes hold_first(const struct hold *h, enum direction dir);
/* What one side sent was sent by the other: turns the direction of everything held. */
void hold_turn(struct hold *h);
/* The held items in order of arrival; borrowed until the hold is freed. */
MUST_USE bool hold_next(struct hold *h, struct item *out);

#endif
