/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_TLS_HELLO_H
#define CAPTURE_TLS_HELLO_H

/*
 * The messages that open a TLS handshake: ClientHello, ServerHello (HelloRetryRequest with
 * it), EncryptedExtensions and ServerKeyExchange. RFC 8446 section 4, RFC 5246 section 7.4,
 * RFC 8422 section 5.4, RFC 6101 appendix E (SSL 2 compatible ClientHello).
 *
 * Each reader takes the whole body of one message, without the four bytes of type and length.
 * All views borrow from that body. Nothing allocates. On anything but PARSE_DONE the output
 * is untouched.
 *
 * PARSE_BAD is for a message whose frame is broken. An extension whose inside is broken, or
 * which came twice, does not spoil the rest: its fields stay unset (of two, the first one
 * stands) and `malformed` names the first such type.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/status.h"

enum { HELLO_RANDOM = 32 };

/* Extension numbers, IANA "TLS ExtensionType Values"; those that a field below stands for. */
enum hello_extension {
    HELLO_SERVER_NAME = 0,
    HELLO_MAX_FRAGMENT_LENGTH = 1,
    HELLO_STATUS_REQUEST = 5,
    HELLO_SUPPORTED_GROUPS = 10,
    HELLO_POINT_FORMATS = 11,
    HELLO_SIGNATURE_ALGORITHMS = 13,
    HELLO_ALPN = 16,
    HELLO_ENCRYPT_THEN_MAC = 22,
    HELLO_EXTENDED_MASTER_SECRET = 23,
    HELLO_COMPRESS_CERTIFICATE = 27,
    HELLO_RECORD_SIZE_LIMIT = 28,
    HELLO_SESSION_TICKET = 35,
    HELLO_PRE_SHARED_KEY = 41,
    HELLO_EARLY_DATA = 42,
    HELLO_SUPPORTED_VERSIONS = 43,
    HELLO_COOKIE = 44,
    HELLO_PSK_MODES = 45,
    HELLO_SIGNATURE_ALGORITHMS_CERT = 50,
    HELLO_KEY_SHARE = 51,
    HELLO_QUIC_PARAMETERS = 57, /* RFC 9001 section 8.2 */
    HELLO_ECH = 0xfe0d,         /* RFC 9849 */
    HELLO_RENEGOTIATION_INFO = 0xff01,
};

/*
 * Lists are views of what stands inside the length prefix, checked to be whole elements:
 * u16 lists are read with bytes_take_u16, vec8 lists with bytes_take_vec8. Empty: not sent.
 */
/* The extensions that a ClientHello and EncryptedExtensions carry in the same form. */
struct hello_shared {
    bool early_data; /* offered; of the server: accepted */
    /* encrypted_client_hello, of a client of any type, GREASE or real: they look the same; of the
     * server: retry configurations, the ClientHello's ECH was refused. */
    bool ech;
    uint8_t max_fragment;       /* RFC 6066 code 1 to 4; 0 not sent */
    uint16_t record_size_limit; /* RFC 8449; 0 not sent */
    bool has_quic_parameters;
    struct bytes quic_parameters;
};

struct client_hello {
    bool sslv2;       /* the SSL 2 compatible form: no session ticket, no extensions */
    uint16_t version; /* legacy_version */
    uint8_t random[HELLO_RANDOM]; /* SSL 2: the challenge, zeros in front (RFC 6101 E.2) */
    struct bytes session_id;
    struct bytes suites;       /* u16 list; SSL 2: a list of 3-byte numbers */
    struct bytes compressions; /* u8 list */
    bool has_extensions;       /* an extension block was there, maybe empty */
    struct bytes extensions;   /* all of them, in order: read with hello_extension_next */
    bool has_malformed;
    uint16_t malformed;

    bool has_server_name;
    struct bytes server_name;            /* the host_name, as sent, never with a NUL inside */
    struct bytes alpn;                   /* vec8 list of protocol names */
    struct bytes groups;                 /* u16 list */
    struct bytes point_formats;          /* u8 list */
    struct bytes signatures;             /* u16 list of signature_algorithms */
    struct bytes certificate_signatures; /* u16 list of signature_algorithms_cert */
    struct bytes versions;               /* u16 list of supported_versions */
    struct bytes key_shares;             /* list of u16 group, vec16 key: hello_share_next */
    struct bytes psk_modes;              /* u8 list */
    struct bytes compress_certificate;   /* u16 list of RFC 8879 algorithms */
    bool has_ticket;
    struct bytes ticket;       /* RFC 5077; empty asks for one */
    size_t psk_count;          /* identities in pre_shared_key */
    struct bytes psk_identity; /* the first of them */
    /* Length of the body up to the binders list (its length field left out): what the
     * binders sign, RFC 8446 section 4.2.11.2. 0 without pre_shared_key. */
    size_t binders_off;
    struct bytes cookie;
    bool extended_master_secret;
    bool encrypt_then_mac;
    bool renegotiation_info;
    struct hello_shared shared;
};

struct server_hello {
    uint16_t legacy_version;
    uint16_t version; /* negotiated: supported_versions where sent, else legacy_version */
    uint8_t random[HELLO_RANDOM];
    bool retry; /* a HelloRetryRequest: its random is the one of RFC 8446 section 4.1.3 */
    struct bytes session_id;
    uint16_t suite;
    uint8_t compression;
    bool has_extensions;
    struct bytes extensions;
    bool has_malformed;
    uint16_t malformed;

    struct bytes alpn; /* the selected protocol, TLS 1.2 and before; empty when none */
    bool has_group;
    uint16_t group;         /* key_share, selected */
    struct bytes key_share; /* empty in a retry */
    bool has_psk;
    uint16_t psk; /* selected_identity */
    struct bytes cookie;
    bool ticket; /* a NewSessionTicket will follow */
    bool server_name;
    bool status_request;
    bool extended_master_secret;
    bool encrypt_then_mac;
    bool renegotiation_info;
    uint8_t max_fragment;
    uint16_t record_size_limit;
};

struct encrypted_extensions {
    struct bytes extensions;
    bool has_malformed;
    uint16_t malformed;

    struct bytes alpn;
    bool server_name;
    struct bytes groups;
    struct hello_shared shared;
};

enum key_exchange_kind {
    KEY_EXCHANGE_ECDHE, /* RFC 8422: named curves only */
    KEY_EXCHANGE_DHE,   /* RFC 5246 section 7.4.3 */
};

/* A ServerKeyExchange of TLS 1.2 and before, without PSK hint. */
struct key_exchange {
    struct bytes params; /* the bytes that are signed, behind both randoms */
    uint16_t group;      /* ECDHE: the named group; DHE: 0 */
    size_t bits;         /* DHE: of the prime; ECDHE: 0 */
    bool is_signed;      /* false: anonymous */
    uint16_t scheme;     /* TLS 1.2: SignatureScheme as sent; before: 0 */
    struct bytes signature;
};

MUST_USE enum parse hello_read_client(struct bytes body, struct client_hello *out);
/* `message` starts with its type byte 1 (the two length bytes of the record are not in it). */
MUST_USE enum parse hello_read_sslv2(struct bytes message, struct client_hello *out);
MUST_USE enum parse hello_read_server(struct bytes body, struct server_hello *out);
MUST_USE enum parse hello_read_encrypted(struct bytes body, struct encrypted_extensions *out);
/* `version` is the negotiated one: 0x0303 puts a SignatureScheme before the signature.
 * PARSE_UNSUPPORTED: explicit curve parameters. */
MUST_USE enum parse hello_read_key_exchange(struct bytes body, enum key_exchange_kind kind,
        uint16_t version, struct key_exchange *out);

/* Walks `extensions` or `key_shares` of a hello; false at the end. */
MUST_USE bool hello_extension_next(struct bytes *rest, uint16_t *type, struct bytes *body);
MUST_USE bool hello_share_next(struct bytes *rest, uint16_t *group, struct bytes *key);

/* One of the 16 reserved values of RFC 8701: 0x0a0a, 0x1a1a, … 0xfafa. */
MUST_USE bool hello_is_grease(uint16_t value);
/* IANA name of a group ("x25519", "X25519MLKEM768"); NULL when we know none. */
const char *hello_group_name(uint16_t group);
/* "TLS 1.2", "TLS 1.3 draft 23", "SSL 3.0"; NULL when we know none. */
const char *hello_version_name(uint16_t version);
/* The version without its draft: 0x7f17 gives 0x0304; others stay as they are. */
uint16_t hello_version_plain(uint16_t version);

#endif
