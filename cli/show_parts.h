/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_SHOW_PARTS_H
#define CLI_SHOW_PARTS_H

/* What the parts of exhibit show have in common. Only cli/cmd_show.c and cli/show_*.c. */

#include "cli/case_read.h"
#include "cli/say.h"

enum {
    SHOW_BODY_READ = 1 << 20, /* bytes of a body in which cited ones are looked up */
    SHOW_BODY = 4096,         /* bytes of it that are printed */
    SHOW_MARKS_MOST = 64,     /* cited places marked in one exchange */
    SHOW_CITED_MOST = 4,      /* exchanges printed with a finding or an item */
    SHOW_FRAMES_MOST = 64,    /* frames in a filter */
    SHOW_FILES_MOST = 4096,
};

/* A file of the capture: where its frames begin. */
struct show_file {
    char *path; /* owned */
    uint64_t first, packets;
};

struct show {
    const char *directory;
    struct say say;
    struct show_file *files; /* owned */
    size_t file_count;
    bool json;
};

/* A cited place: bytes of a part, or (`value`) wherever these bytes stand. */
struct cited {
    const char *part; /* "request.headers.5"; NULL with `value` */
    uint64_t off, len;
    struct bytes value;
};

/* show_exchange.c */
MUST_USE enum status show_exchange(struct show *s, const char *id, const struct cited *cited,
        size_t n, struct fault *fault);
/* show_claim.c */
MUST_USE enum status show_item(struct show *s, const char *id, struct fault *fault);
MUST_USE enum status show_finding(struct show *s, const char *id, struct fault *fault);
/* show_place.c */
MUST_USE enum status show_connection(struct show *s, const char *id, struct fault *fault);
MUST_USE enum status show_gap(struct show *s, const char *id, struct fault *fault);
MUST_USE enum status show_overview(struct show *s, struct fault *fault);

/* show_print.c: "Label    text"; nothing when there is no text. */
void show_label(struct show *s, const char *label);
void show_field(struct show *s, const char *label, const char *text);
void show_member(
        struct show *s, const char *label, const struct json_value *object, const char *key);
void show_list(
        struct show *s, const char *label, const struct json_value *object, const char *key);
/* Verdicts and grounds of an item or finding. */
void show_verdicts(struct show *s, const struct json_value *object);
/* The frames of a message and the display filters that find them. */
void show_frames(struct show *s, const char *label, const struct json_value *frames);
/* Likewise all frames from the first to the last. */
void show_range(struct show *s, const char *label, uint64_t first, uint64_t last);
/* The filter for a whole connection, from "client" and "server" of an exchange or connection. */
void show_filter_connection(struct show *s, const struct json_value *object, bool tcp);
/* Prints a JSON object as it stands in the case. */
void show_raw(const struct buf *text);
/* A member that is a positive number; 0 otherwise. */
uint64_t show_number(const struct json_value *object, const char *key);

#endif
