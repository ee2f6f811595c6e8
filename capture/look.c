/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/look.h"

#include "capture/http/http.h"
#include "capture/tls/tls.h"

enum {
    PORT_DNS = 53,
    /* A TLS record of handshake messages, RFC 8446 section 5.1, and the first message's type. */
    RECORD_HEADER = 5,
    RECORD_HANDSHAKE = 22,
    CLIENT_HELLO = 1,
};

enum stream_kind look_kind(struct bytes first, uint16_t port)
{
    bool more = false;

    switch (tls_look(first)) {
    case TLS_LOOK_YES:
        return KIND_TLS;
    case TLS_LOOK_MORE:
        more = true;
        break;
    case TLS_LOOK_NOT:
        break;
    }
    switch (http_look(first)) {
    case HTTP_LOOK_REQUEST:
    case HTTP_LOOK_RESPONSE:
        return KIND_HTTP1;
    case HTTP_LOOK_PREFACE:
        return KIND_HTTP2;
    case HTTP_LOOK_MORE:
        more = true;
        break;
    case HTTP_LOOK_NOT:
        break;
    }
    if (port == PORT_DNS)
        return KIND_DNS;
    return more ? KIND_UNDECIDED : KIND_OPAQUE;
}

bool look_asks(struct bytes first)
{
    enum http_look look = http_look(first);

    return look == HTTP_LOOK_REQUEST || look == HTTP_LOOK_PREFACE ||
           (first.n > RECORD_HEADER && first.p[0] == RECORD_HANDSHAKE &&
                   first.p[RECORD_HEADER] == CLIENT_HELLO);
}
