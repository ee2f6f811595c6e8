/* SPDX-License-Identifier: Apache-2.0 */
#include "report/filter.h"

#include <inttypes.h>

enum status filter_frames(const struct evidence *e, const struct message *m,
        const struct evidence_file **file, struct buf *out)
{
    const struct evidence_file *f = NULL;
    enum status status = STATUS_OK;
    size_t written = 0;

    for (size_t i = 0; i < m->frames_listed && written < FILTER_FRAMES_MOST; i++) {
        const struct evidence_file *of = evidence_file_of(e, m->frames[i]);

        if (of == NULL || (f != NULL && of != f))
            continue;
        f = of;
        status = buf_print(out, "%s%" PRIu64, written == 0 ? "frame.number in {" : ", ",
                m->frames[i] - f->first_frame + 1);
        if (status != STATUS_OK)
            return status;
        written++;
    }
    if (written != 0)
        status = buf_text(out, "}");
    if (status == STATUS_OK)
        *file = f;
    return status;
}

enum status filter_connection(const struct connection *c, struct buf *out)
{
    const char *ip = c->client.version == IPV6 ? "ipv6" : "ip";
    const char *transport = c->transport == TRANSPORT_TCP ? "tcp" : "udp";
    char client[ENDPOINT_TEXT], server[ENDPOINT_TEXT];

    endpoint_address_text(&c->client, client);
    endpoint_address_text(&c->server, server);
    return buf_print(out, "%s.addr == %s && %s.port == %u && %s.addr == %s && %s.port == %u",
            ip, client, transport, (unsigned)c->client.port, ip, server, transport,
            (unsigned)c->server.port);
}
