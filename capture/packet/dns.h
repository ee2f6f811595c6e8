/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_PACKET_DNS_H
#define CAPTURE_PACKET_DNS_H

/*
 * DNS messages (RFC 1035, 3596, 6891, 9460): from UDP, from TCP behind their length, or out
 * of HTTP (RFC 8484). Which address a name had when the browser asked, and by which aliases a
 * name of the visited site leads to somebody else's machine.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "capture/packet/dns_name.h"

/* Types with a meaning here; a record may have any other number. */
enum dns_type {
    DNS_A = 1,
    DNS_NS = 2,
    DNS_CNAME = 5,
    DNS_SOA = 6,
    DNS_PTR = 12,
    DNS_MX = 15,
    DNS_TXT = 16,
    DNS_AAAA = 28,
    DNS_OPT = 41,
    DNS_SVCB = 64,
    DNS_HTTPS = 65,
};

enum { DNS_CLASS_INTERNET = 1 };

enum {
    DNS_HEADER = 12,
    DNS_QUESTIONS_MOST = 16,    /* past these caps `capped` is set */
    DNS_RECORDS_MOST = 1024,    /* of all sections together */
    DNS_ARENA_ENOUGH = 1 << 23, /* an arena of so many bytes holds any message */
    DNS_CHAIN_MOST = 32,        /* names that dns_follow goes along */
};

struct dns_question {
    const char *name; /* see dns_name.h */
    uint16_t type;
    uint16_t class;
};

/* The parameters of a SVCB or HTTPS record. */
struct dns_service {
    uint16_t priority; /* 0: an alias for `target` */
    const char *target;
    const char **alpn; /* bytes that do not print, comma, backslash and quote as \DDD */
    size_t alpn_count;
    bool no_default_alpn;
    bool has_port;
    uint16_t port;
    const char **ipv4_hints;
    size_t ipv4_hint_count;
    const char **ipv6_hints;
    size_t ipv6_hint_count;
    struct bytes ech; /* the ECHConfigList; empty when there is none */
};

enum dns_section {
    DNS_ANSWER,
    DNS_AUTHORITY,
    DNS_ADDITIONAL,
};

struct dns_record {
    enum dns_section section;
    const char *name;
    uint16_t type;
    uint16_t class;
    uint32_t ttl;      /* seconds */
    struct bytes data; /* as it stands in the message */
    /* A, AAAA: the address. CNAME, NS, PTR: the name. MX, SOA, TXT: as in a zone file. NULL
     * for other types, and when `malformed`. */
    const char *text;
    const struct dns_service *service; /* SVCB and HTTPS, unless `malformed` */
    bool malformed;                    /* the data are not what the type asks for */
};

struct dns_message {
    uint16_t id;
    bool response, authoritative, truncated, recursion_desired, recursion_available;
    uint8_t opcode;
    uint16_t rcode; /* with the upper bits of EDNS */
    struct dns_question *questions;
    size_t question_count;
    struct dns_record *records; /* all sections in order, without OPT */
    size_t record_count;
    bool edns;
    uint16_t edns_payload; /* bytes the sender takes over UDP */
    bool dnssec_ok;
    bool capped;     /* more questions or records follow than are listed */
    size_t trailing; /* bytes behind the last record; not counted when `capped` */
};

/*
 * Parses one whole message. Strings and lists live in the arena, `data` and `ech` borrow from
 * `message`. PARSE_BAD when it is malformed or ends too early; PARSE_UNSUPPORTED when the
 * arena cannot hold it; `out` is untouched then.
 */
enum parse dns_parse(struct bytes message, struct arena *arena, struct dns_message *out);

/* What the answer says about the (first) question. */
struct dns_resolution {
    const char **chain; /* the name asked for, then each alias it led to */
    size_t chain_length;
    bool chain_broken;      /* a loop, or longer than DNS_CHAIN_MOST */
    const char **addresses; /* A and AAAA of the last name in the chain, as text */
    size_t address_count;
    const struct dns_service **services; /* its SVCB and HTTPS */
    size_t service_count;
};

/* Follows CNAMEs from the question. Borrows strings from `message`, lists live in the arena.
 * False when there is no question or the arena is full; `out` is untouched then. */
MUST_USE bool dns_follow(
        const struct dns_message *message, struct arena *arena, struct dns_resolution *out);

/* The next message of a TCP stream, behind its two bytes of length (RFC 1035 section 4.2.2).
 * PARSE_DONE moves `stream` and sets `message`; PARSE_MORE leaves both: it is not whole yet. */
enum parse dns_frame(struct bytes *stream, struct bytes *message);

#endif
