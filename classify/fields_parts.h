/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_FIELDS_PARTS_H
#define CLASSIFY_FIELDS_PARTS_H

/* What the readers of bodies share. Only classify/fields*.c include this. */

#include "classify/fields.h"
#include "classify/grpc_web.h"

struct fields_reader {
    struct arena *arena;
    struct bytes body; /* what is read; offsets count it, unless `armour` */
    size_t most, capacity;
    const struct grpc_web_text *armour; /* `body` is the plain text of this; NULL: it is not */
    struct fields *out;
};

/* Adds one; past the cap it says so. `value` lies in the body. False: no memory. */
MUST_USE bool fields_add(
        struct fields_reader *r, struct bytes name, struct bytes value, struct bytes decoded);
/* `text` is a stretch of the body, or a copy that differs from it in what is no JSON value. */
MUST_USE bool fields_read_json(struct fields_reader *r, struct bytes text, size_t off);

/* fields_wire.c: the same for formats that frame their fields. */
MUST_USE bool fields_read_protobuf(struct fields_reader *r, struct bytes message);
MUST_USE bool fields_read_msgpack(struct fields_reader *r);
MUST_USE bool fields_read_frames(struct fields_reader *r, bool json);
MUST_USE bool fields_read_frames_text(struct fields_reader *r);
MUST_USE bool fields_read_events(struct fields_reader *r);

#endif
