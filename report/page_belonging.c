/* SPDX-License-Identifier: Apache-2.0 */
#include "report/page_limits.h"

enum { UNKNOWN_SHOWN = 50 };

/* The first host that a connection was asked for something by, by index; else empty. */
static struct bytes *gather_hosts(struct page *p)
{
    struct bytes *hosts = arena_array(p->arena, p->e->connection_count + 1, sizeof(*hosts));

    for (size_t i = 0; hosts != NULL && i < p->e->exchange_count; i++) {
        const struct connection *c = evidence_connection(p->e, p->e->exchanges[i]);

        if (c != NULL && hosts[c->id - 1].n == 0)
            hosts[c->id - 1] = p->e->exchanges[i]->host;
    }
    return hosts;
}

static void write_one(struct page *p, const struct connection *c, struct bytes host)
{
    char server[ENDPOINT_TEXT];

    endpoint_text(&c->server, server);
    html_open(&p->h, "tr");
    html_open(&p->h, "td");
    html_print(&p->h, "c%u", (unsigned)c->id);
    html_close(&p->h);
    page_cell(p,
            host.n == 0 && c->tls.server_name != NULL ? bytes_text(c->tls.server_name) : host,
            PAGE_NAME_MOST);
    html_element(&p->h, "td", NULL, server);
    html_element(&p->h, "td", NULL, c->transport == TRANSPORT_TCP ? "TCP" : "UDP");
    page_number_cell(p, c->exchanges);
    page_number_cell(p, c->bytes[FROM_CLIENT]);
    page_number_cell(p, c->bytes[FROM_SERVER]);
    html_close(&p->h);
}

/* Those with exchanges first: findings may stand on them. Look-ups are only counted. */
static size_t write_rows(struct page *p, const struct bytes *hosts)
{
    size_t shown = 0;

    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < p->e->connection_count && shown < UNKNOWN_SHOWN; i++) {
            const struct connection *c = p->e->connections[i];

            if (!belonging_is_unknown(&p->j->belongings, c) || belonging_looks_up(c) ||
                    (c->exchanges != 0) != (pass == 0))
                continue;
            write_one(p, c, hosts[i]);
            shown++;
        }
    }
    return shown;
}

static void write_table(struct page *p, uint64_t all)
{
    static const char *const columns[] = {WORDS("Connection"), WORDS("Host"), WORDS("Server"),
            WORDS("Transport"), WORDS("Exchanges"), WORDS("Bytes sent"),
            WORDS("Bytes received")};
    const struct bytes *hosts = gather_hosts(p);
    size_t shown;

    if (hosts == NULL) {
        p->h.status = STATUS_NOMEM;
        return;
    }
    page_table(p, "Connections that are not known to be the browser's");
    page_columns(p, columns, sizeof(columns) / sizeof(*columns));
    shown = write_rows(p, hosts);
    page_table_end(p);
    if (shown < all)
        page_paragraph(p,
                "Not listed here: %zu further connections. "
                "data/findings/connections.jsonl has them all.",
                (size_t)all - shown);
}

static void write_unknown(struct page *p, const struct belongings *b)
{
    if (b->n[BELONGING_UNKNOWN] != b->look_ups)
        write_table(p, b->n[BELONGING_UNKNOWN] - b->look_ups);
    if (b->look_ups != 0)
        page_paragraph(p,
                "%llu of them are look-ups of names, most of which end before a socket can be "
                "listed: these are only counted here.",
                (unsigned long long)b->look_ups);
    page_paragraph(p,
            "Each that is not known to be the browser's was made by another program, or by the "
            "browser with a socket that lived shorter than the time between two looks: which, "
            "cannot be told. They are not left out: %llu of them carry exchanges, and a "
            "finding "
            "that stands on one says so.",
            (unsigned long long)b->with_exchanges);
}

void page_belonging(struct page *p)
{
    const struct belongings *b = &p->j->belongings;

    if (b->list == NULL)
        return;
    html_element(
            &p->h, "h3", NULL, page_word(p, WORDS("The browser's connections, and others")));
    page_paragraph(p,
            "The packets were captured on an interface that other programs use, too. Meanwhile "
            "the browser's sockets were listed some times a second (%llu of them). Of %zu "
            "connections %llu are in that list, and %llu more were opened with the keys that "
            "the browser wrote: those are the browser's. %llu are not known to be.",
            (unsigned long long)b->list->endpoints, p->e->connection_count,
            (unsigned long long)b->n[BELONGING_SOCKET],
            (unsigned long long)b->n[BELONGING_KEYS],
            (unsigned long long)b->n[BELONGING_UNKNOWN]);
    if (b->list->capped || b->list->unread != 0)
        page_paragraph(p,
                "The list has holes: %llu of its lines could not be read, or it holds more "
                "sockets than were taken up. What is missing from it counts as not known.",
                (unsigned long long)b->list->unread);
    if (b->n[BELONGING_UNKNOWN] != 0)
        write_unknown(p, b);
}
