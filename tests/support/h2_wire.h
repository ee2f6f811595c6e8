/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SUPPORT_H2_WIRE_H
#define TESTS_SUPPORT_H2_WIRE_H

/* Writes HTTP/2 frames and HPACK representations; a failed allocation aborts. */

#include <stdint.h>

#include "base/buf.h"

#define H2_WIRE_PREFACE "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

void h2_wire_bytes(struct buf *b, const void *p, size_t n);
void h2_wire_text(struct buf *b, const char *text);
void h2_wire_frame(struct buf *b, unsigned type, unsigned flags, uint32_t stream,
        const void *payload, size_t n);
/* RFC 7541 sections 6.1, 6.2.1 and 6.2.2; indexes below 63, texts below 127 bytes. */
void h2_wire_indexed(struct buf *b, unsigned index);
void h2_wire_added(struct buf *b, unsigned name_index, const char *name, const char *value);
void h2_wire_plain(struct buf *b, unsigned name_index, const char *name, const char *value);

#endif
