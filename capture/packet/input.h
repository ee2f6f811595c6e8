/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_PACKET_INPUT_H
#define CAPTURE_PACKET_INPUT_H

/*
 * A capture file as a stream of bytes, whether it is plain, gzip or zstd (told by its first
 * bytes, never by its name).
 *
 * A plain regular file is mapped: views point into the file, nothing is copied, and pages
 * that were passed are given back, so resident memory does not grow with the file. What is
 * compressed or comes through a pipe passes through a window that grows to what a caller
 * asks to see at once. Offsets count the bytes of the capture, decompressed.
 *
 * A mapped file must not be shortened by others while it is read.
 */

#include <stdint.h>

#include "base/bytes.h"
#include "base/fault.h"

enum input_kind {
    INPUT_PLAIN,
    INPUT_GZIP, /* RFC 1952 */
    INPUT_ZSTD, /* RFC 8878 */
};

/* Why no more bytes come. */
enum input_end {
    INPUT_GOES_ON, /* as far as is known, there is more */
    INPUT_ENDED,   /* the file ended; if it was compressed, its last stream is whole */
    INPUT_CUT,     /* the compressed stream lacks its end */
    INPUT_CORRUPT, /* the compressed data are damaged here */
    INPUT_LIMIT,   /* it unpacks to more than the limits below: a bomb, or very odd */
    INPUT_FAILED,  /* reading failed, or no memory: see input_fault */
};

enum {
    INPUT_PEEK_MOST = 1 << 25, /* the most a caller may ask to see at once */
    INPUT_RATIO_MOST = 2000,   /* unpacked / packed; deflate itself cannot pass 1032 */
};

struct input;

/* Opens a file, or standard input when `path` is "-". STATUS_IO and STATUS_NOMEM with `fault`
 * set; an empty file opens and has no bytes. Close with input_close. */
MUST_USE enum status input_open(const char *path, struct input **out, struct fault *fault);
/* Opens a regular file that still grows, which is read as it is, never unpacked. A peek that
 * gives fewer bytes than asked for then only says that no more are there yet, and what it showed
 * may be other bytes next time: its writer may take back what is not finished. STATUS_IO,
 * STATUS_NOMEM. */
MUST_USE enum status input_follow(const char *path, struct input **out, struct fault *fault);
/* The file grows no more: from now on its end is an end. */
void input_unfollow(struct input *in);
MUST_USE bool input_follows(const struct input *in);
/* The same over bytes in memory, which must stay until input_close; `name` is for messages. */
MUST_USE enum status input_memory(
        struct bytes data, const char *name, struct input **out, struct fault *fault);
void input_close(struct input *in); /* NULL is fine */

/* The bytes in front: n or more of them, fewer only when no more come. Good until the next
 * peek. n is at most INPUT_PEEK_MOST. */
struct bytes input_peek(struct input *in, size_t n);
/* Steps over n bytes that the last peek showed (all of them when n is more). */
void input_skip(struct input *in, size_t n);
uint64_t input_offset(const struct input *in); /* bytes stepped over */
/* Meaningful once a peek gave less than was asked for. */
enum input_end input_end(const struct input *in);
/* After INPUT_FAILED: puts the reason into `fault` and returns its status. */
enum status input_fault(const struct input *in, struct fault *fault);
enum input_kind input_kind(const struct input *in);
const char *input_name(const struct input *in); /* as given; lives as long as `in` */

#endif
