/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_LINES_H
#define REPORT_LINES_H

/*
 * The lines of data/findings/: one JSON object each, members in the order and with the names of
 * doc/formats.md. Text that is not UTF-8 is read as ISO 8859-1; a header field for which that
 * happened has a third element "latin1", so that its bytes can be had back.
 */

#include "base/json.h"
#include "classify/judgement.h"

void line_exchange(
        struct json *j, const struct evidence *e, const struct judgement *judged, size_t index);
/* `of_browser`: how it is known to be the browser's (belonging_name); NULL: nobody asked. */
void line_connection(struct json *j, const struct evidence *e, const struct connection *c,
        const char *of_browser);
void line_lookup(struct json *j, const struct lookup *d);
void line_item(struct json *j, const struct evidence *e, const struct trace *t);
void line_finding(struct json *j, const struct evidence *e, const struct finding *f);
/* An address that was spoken to: whose names, and where its network is registered. */
void line_server(struct json *j, const struct evidence *e, const struct server *s);
/* Members "verdicts" and "grounds", by reading. */
void line_verdicts(struct json *j, const enum verdict verdicts[READINGS],
        const char *const grounds[READINGS][TRACE_GROUNDS_MOST], const size_t counts[READINGS]);
/* One fact of a finding, under its name. */
void line_fact(struct json *j, const struct finding_fact *f);
/* The bytes a place cites; empty when they are not in memory. */
struct bytes line_place_bytes(const struct evidence *e, const struct place *p);
/* With "id", which "connection" (absent for the capture itself), and where. */
void line_gap(struct json *j, const struct evidence *e, const struct gap *gap);

/* "1.3", "1.2", … as the contract has it. */
const char *line_tls_version(uint16_t version);
/* Writes an array of gap ids ("g7") for gaps of one connection's ledger. */
void line_gap_ids(struct json *j, const char *key, const struct evidence *e,
        uint32_t connection, const uint32_t *gaps, size_t n);

#endif
