/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_STATUS_H
#define BASE_STATUS_H

/*
 * The two verdicts every function of exhibit speaks. A third kind of bad news, what the
 * evidence lacks, is a value of its own: see gap.h.
 */

#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF_LIKE(at, first) __attribute__((format(printf, at, first)))

/* Our own doing went well or failed. Never a verdict on bytes from a network. */
enum status {
    STATUS_OK,
    STATUS_NOMEM,   /* out of memory */
    STATUS_IO,      /* the operating system refused to read or write; errno told why */
    STATUS_USAGE,   /* the caller asked for something that cannot be done */
    STATUS_INPUT,   /* a whole input cannot be used (not a capture, not a case) */
    STATUS_FULL,    /* the disk is full, or what is to be kept free of it was reached */
    STATUS_MISSING, /* a program, list or library file this needs is not on the machine */
};

/* A verdict on bytes. Only framers may say MORE; an inner parser is given whole messages. */
enum parse {
    PARSE_DONE,
    PARSE_MORE,        /* well-formed so far, but it ends too early */
    PARSE_BAD,         /* malformed */
    PARSE_UNSUPPORTED, /* well-formed as far as we can tell, but we do not know this kind */
};

#endif
