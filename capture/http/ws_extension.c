/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/http/ws_extension.h"

/* What stands before the next `c` outside of quotes; the view moves behind it. */
static struct bytes take_part(struct bytes *in, uint8_t c)
{
    struct bytes all = *in;
    bool quoted = false;

    for (size_t i = 0; i < all.n; i++) {
        if (all.p[i] == '"')
            quoted = !quoted;
        if (all.p[i] != c || quoted)
            continue;
        *in = bytes_slice(all, i + 1, all.n);
        return bytes_trim(bytes_slice(all, 0, i));
    }
    *in = bytes_slice(all, all.n, all.n);
    return bytes_trim(all);
}

static void read_one(struct bytes extension, struct ws_extensions *out)
{
    struct bytes name = take_part(&extension, ';');

    if (name.n == 0)
        return;
    if (!bytes_is_nocase(name, "permessage-deflate")) {
        out->others = true;
        return;
    }
    out->deflate = true;
    while (extension.n != 0) {
        struct bytes parameter = take_part(&extension, ';');

        if (bytes_is_nocase(parameter, "client_no_context_takeover"))
            out->no_takeover[FROM_CLIENT] = true;
        else if (bytes_is_nocase(parameter, "server_no_context_takeover"))
            out->no_takeover[FROM_SERVER] = true;
    }
}

struct ws_extensions ws_extension_read(const struct message *response)
{
    static const char name[] = "sec-websocket-extensions";
    const struct header *field = message_find(response, name);
    struct ws_extensions out = {0};

    for (; field != NULL; field = message_find_next(response, name, field)) {
        struct bytes rest = field->value;

        while (rest.n != 0)
            read_one(take_part(&rest, ','), &out);
    }
    return out;
}
