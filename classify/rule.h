/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_RULE_H
#define CLASSIFY_RULE_H

/*
 * One line of a tracker list, read as an Adblock network rule.
 *
 * The syntax is that of Adblock Plus filter lists with the additions of uBlock Origin:
 *
 *   [@@] pattern [$option,option,...]
 *
 * pattern   `||` anchors at the start of a host label, `|` at the start or end of the URL,
 *           `*` stands for anything, `^` for a separator (any byte that is not a letter,
 *           a digit or one of _ - . %, or the end of the URL); /source/ is a regular expression.
 * options   resource types, party, domain= (alias from=), to=, denyallow=, method=, match-case,
 *           important, badfilter. Options that change a request or a page instead of blocking
 *           (csp, removeparam, generichide, redirect-rule, ...) make the rule RULE_MODIFIER:
 *           it decides nothing here. redirect= on a blocking rule blocks.
 *
 * Sources: help.adblockplus.org "How to write filters"; the uBlock Origin wiki "Static filter
 * syntax". Nothing here allocates; every field borrows from the line.
 */

#include <stdint.h>

#include "base/bytes.h"

/* What a request fetches. Its bit in a mask is 1u << value. */
enum resource_type {
    RESOURCE_DOCUMENT,    /* a top-level page */
    RESOURCE_SUBDOCUMENT, /* a frame */
    RESOURCE_SCRIPT,
    RESOURCE_STYLESHEET,
    RESOURCE_IMAGE,
    RESOURCE_FONT,
    RESOURCE_MEDIA,
    RESOURCE_OBJECT,
    RESOURCE_XHR, /* XMLHttpRequest and fetch */
    RESOURCE_PING,
    RESOURCE_WEBSOCKET,
    RESOURCE_OTHER,
    RESOURCE_POPUP, /* a top-level page that another page opened in a new window */
    RESOURCE_TYPES,
};

/* The names that lists use: "document", "xmlhttprequest", ... */
const char *resource_type_name(enum resource_type type);
MUST_USE bool resource_type_find(struct bytes name, enum resource_type *out);

enum {
    RULE_LINE_MOST = 65536,   /* bytes of a line */
    RULE_PATTERN_MOST = 2048, /* bytes of a pattern */
    RULE_DOMAINS_MOST = 8192, /* entries of one domain=, to= or denyallow= */
    RULE_DOMAIN_BYTES = 255,  /* of one entry */
};

enum rule_line {
    RULE_LINE_EMPTY,
    RULE_LINE_COMMENT,   /* `! text`, `# text`, the `[Adblock Plus 2.0]` header */
    RULE_LINE_DIRECTIVE, /* `!#if`, `!#include`, ... */
    RULE_LINE_COSMETIC, /* hides or scripts elements of a page: `##`, `#@#`, `#$#`, `$$`, ... */
    RULE_LINE_NETWORK,
};

enum rule_effect {
    RULE_BLOCK,
    RULE_EXCEPTION,
    RULE_MODIFIER, /* recognised, decides nothing */
};

/* Bits of rule.parties. */
enum {
    RULE_FIRST_PARTY = 1,  /* applies to requests within the page's site */
    RULE_THIRD_PARTY = 2,  /* applies to requests to another site */
    RULE_SAME_HOST = 4,    /* strict1p: only to the page's own host */
    RULE_FOREIGN_HOST = 8, /* strict3p: only to another host, be it of the same site */
};

/* Bits of rule.methods and rule.methods_not. */
enum rule_method {
    RULE_METHOD_CONNECT = 1,
    RULE_METHOD_DELETE = 2,
    RULE_METHOD_GET = 4,
    RULE_METHOD_HEAD = 8,
    RULE_METHOD_OPTIONS = 16,
    RULE_METHOD_PATCH = 32,
    RULE_METHOD_POST = 64,
    RULE_METHOD_PUT = 128,
};

struct rule {
    enum rule_effect effect;
    struct bytes
            pattern; /* without anchors, outer `*` and the slashes of a regex; may be empty */
    bool regex;
    bool host_anchor;  /* `||` */
    bool left_anchor;  /* `|` in front */
    bool right_anchor; /* `|` behind */
    bool match_case;
    bool important;
    bool bad_filter;  /* switches off the same rule written without badfilter */
    uint32_t types;   /* bits of enum resource_type */
    uint32_t parties; /* RULE_FIRST_PARTY and so on */
    uint32_t methods; /* 0: any */
    uint32_t methods_not;
    struct bytes domains;   /* of domain=: entries between `|`, see rule_next_domain */
    struct bytes to;        /* of to= */
    struct bytes denyallow; /* of denyallow= */
};

enum rule_line rule_line_kind(struct bytes line);

/*
 * Reads a trimmed line of kind RULE_LINE_NETWORK. PARSE_UNSUPPORTED when an option is unknown
 * or can't be judged from a request alone (header=, ipaddress=): such a rule must be left out
 * whole, since without the option it would match more. PARSE_BAD when the line can't be a rule
 * or passes a limit above. `out` is written on PARSE_DONE only.
 */
enum parse rule_parse(struct bytes line, struct rule *out);

/* One entry of domain=, to= or denyallow=. */
struct rule_domain {
    struct bytes host; /* without `~` and `.*` */
    bool negated;      /* written `~host` */
    bool entity;       /* written `host.*`: the host under any public suffix */
};

/* Takes the next entry off the front of `list`; false when none is left or it is malformed
 * (rule_parse has checked the lists of a rule: there it is the end). */
MUST_USE bool rule_next_domain(struct bytes *list, struct rule_domain *out);

/* The bit of a request method; 0 when lists have no name for it. Any case. */
uint32_t rule_method_bit(struct bytes method);

#endif
