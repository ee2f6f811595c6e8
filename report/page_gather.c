/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "report/page_parts.h"

#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

/* How telling a class is, for the order of lists only. */
static const int class_weights[TRACE_CLASSES] = {
        [CLASS_DIRECT] = 100,
        [CLASS_ACCOUNT] = 90,
        [CLASS_DEVICE] = 80,
        [CLASS_BROWSER_IDENTIFIER] = 70,
        [CLASS_LOCATION] = 65,
        [CLASS_SEARCH] = 60,
        [CLASS_CREDENTIAL] = 50,
        [CLASS_CONTENT] = 40,
        [CLASS_SESSION] = 30,
        [CLASS_CONSENT_STRING] = 20,
        [CLASS_PREFERENCE] = 10,
        [CLASS_UNKNOWN] = 5,
        [CLASS_TECHNICAL] = 0,
};

enum { WEIGHT_THIRD = 15, WEIGHT_IDENTIFIABLE = 10, WEIGHT_PAGES_MOST = 10 };

bool page_identifies(const struct trace *t)
{
    return t->class_ == CLASS_DIRECT || t->class_ == CLASS_ACCOUNT ||
           t->class_ == CLASS_DEVICE || t->class_ == CLASS_BROWSER_IDENTIFIER;
}

bool page_personal(const struct trace *t)
{
    return page_identifies(t) || t->class_ == CLASS_LOCATION || t->class_ == CLASS_SEARCH ||
           t->class_ == CLASS_CREDENTIAL || t->class_ == CLASS_CONTENT ||
           t->class_ == CLASS_SESSION;
}

static int weigh(const struct trace *t)
{
    int weight = class_weights[t->class_];

    weight += t->party == PARTY_THIRD ? WEIGHT_THIRD : 0;
    for (size_t r = 0; r < READINGS; r++)
        weight += t->verdicts[r] == VERDICT_IDENTIFIABLE ? WEIGHT_IDENTIFIABLE : 0;
    return weight +
           (int)(t->page_count < WEIGHT_PAGES_MOST ? t->page_count : WEIGHT_PAGES_MOST);
}

static int by_telling(const void *a, const void *b)
{
    const struct trace *left = *(const struct trace *const *)a;
    const struct trace *right = *(const struct trace *const *)b;
    int order = ORDER(page_personal(right), page_personal(left));

    if (order == 0)
        order = ORDER(weigh(right), weigh(left));
    return order == 0 ? ORDER(left->number, right->number) : order;
}

static int by_site(const void *a, const void *b)
{
    const struct trace *left = *(const struct trace *const *)a;
    const struct trace *right = *(const struct trace *const *)b;
    int order = bytes_compare(left->recipient_site, right->recipient_site);

    return order == 0 ? by_telling(a, b) : order;
}

static enum status rank_traces(struct page *p, const struct trace ***by_recipient)
{
    size_t n = p->j->trace_count;
    const struct trace **sorted = arena_array(p->arena, n, sizeof(*sorted));

    p->ranked = arena_array(p->arena, n, sizeof(*p->ranked));
    if (p->ranked == NULL || sorted == NULL)
        return STATUS_NOMEM;
    for (size_t i = 0; i < n; i++) {
        p->ranked[i] = sorted[i] = p->j->traces[i];
        p->personal += page_personal(p->j->traces[i]);
        p->classes[p->j->traces[i]->class_]++;
    }
    if (n != 0) {
        qsort(p->ranked, n, sizeof(*p->ranked), by_telling);
        qsort(sorted, n, sizeof(*sorted), by_site);
    }
    *by_recipient = sorted;
    return STATUS_OK;
}

static enum status fill_mask(struct page *p)
{
    for (size_t i = 0; i < p->j->trace_count; i++) {
        enum status status = STATUS_OK;

        if (p->j->traces[i]->masked)
            status = mask_add_value(&p->mask, p->j->traces[i]->value);
        if (status != STATUS_OK)
            return status;
    }
    mask_seal(&p->mask);
    return STATUS_OK;
}

/* An exchange by the site of its host, for sorting. */
struct visitor {
    struct bytes site, host;
    size_t exchange;
};

static int by_visitor(const void *a, const void *b)
{
    const struct visitor *left = a, *right = b;
    int order = bytes_compare(left->site, right->site);

    if (order == 0)
        order = bytes_compare(left->host, right->host);
    return order == 0 ? ORDER(left->exchange, right->exchange) : order;
}

static void take_exchange(struct page *p, struct recipient *r, const struct visitor *v)
{
    const struct attribution *a = &p->j->attributions.of[v->exchange];
    const struct match_verdict *match = &p->j->trackers[v->exchange];

    r->exchanges++;
    r->first |= a->party == PARTY_FIRST;
    r->third |= a->party == PARTY_THIRD;
    r->incomplete += !p->e->exchanges[v->exchange]->complete;
    if (r->owner == NULL)
        r->owner = p->j->owners[v->exchange];
    if (match->outcome == MATCH_BLOCK) {
        r->blocked++;
        if (r->rule == NULL)
            r->rule = &match->block;
    }
    if (r->row == NULL)
        r->row = parties_find(p->facts->basis->parties, v->host);
    p->attributed += a->visit != NULL;
}

/* The first distinct page sites of one recipient's exchanges, and whether there are others. */
static void take_page(struct page *p, struct recipient *r, size_t exchange)
{
    const struct visit *visit = p->j->attributions.of[exchange].visit;

    if (visit == NULL || r->more_pages)
        return;
    for (size_t i = 0; i < r->page_count; i++) {
        if (bytes_equal(r->pages[i], visit->site))
            return;
    }
    if (r->page_count == PAGE_NAMES_MOST)
        r->more_pages = true;
    else
        r->pages[r->page_count++] = visit->site;
}

static void take_traces(
        struct page *p, const struct trace **sorted, size_t *at, struct recipient *r)
{
    size_t n = p->j->trace_count;

    while (*at < n && bytes_compare(sorted[*at]->recipient_site, r->site) < 0)
        (*at)++;
    r->traces = sorted + *at;
    while (*at < n && bytes_equal(sorted[*at]->recipient_site, r->site)) {
        const struct trace *t = sorted[(*at)++];

        r->trace_count++;
        r->classes[t->class_]++;
        r->identifying += page_identifies(t);
    }
}

static int by_weight(const void *a, const void *b)
{
    const struct recipient *left = a, *right = b;
    int order = ORDER(right->third, left->third);

    if (order == 0)
        order = ORDER(right->identifying, left->identifying);
    if (order == 0)
        order = ORDER(right->blocked != 0, left->blocked != 0);
    if (order == 0)
        order = ORDER(right->exchanges, left->exchanges);
    return order == 0 ? bytes_compare(left->site, right->site) : order;
}

/* `recipients` are sorted by site; NULL: it is none of them. */
static struct recipient *recipient_find(struct page *p, struct bytes site)
{
    size_t low = 0, high = p->recipient_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = bytes_compare(p->recipients[middle].site, site);

        if (order == 0)
            return &p->recipients[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* The addresses that hosts of a recipient's site were reached at. */
static void take_servers(struct page *p)
{
    for (size_t i = 0; p->facts->sites != NULL && i < p->j->servers.n; i++) {
        const struct server *s = &p->j->servers.at[i];

        for (size_t k = 0; k < s->host_count; k++) {
            struct recipient *r = recipient_find(p, site_of(p->facts->sites, s->hosts[k]));

            if (r == NULL || r->server_seen == i + 1)
                continue;
            r->server_seen = i + 1;
            if (r->server_count < PAGE_SERVERS_MOST)
                r->servers[r->server_count] = i;
            r->server_count++;
        }
    }
}

static void take_vendor(struct page *p, struct recipient *r, const struct visitor *v)
{
    const struct vendor *vendor = p->j->vendors == NULL ? NULL : p->j->vendors[v->exchange];
    size_t i = 0;
    bool home;

    if (vendor == NULL)
        return;
    while (i < r->spoken_count && r->spoken[i].vendor != vendor)
        i++;
    if (i == PAGE_VENDORS_MOST)
        return;
    if (i == r->spoken_count)
        r->spoken[r->spoken_count++] = (struct spoken){.vendor = vendor};
    home = vendor_at_home(vendor, v->host);
    r->spoken[i].home |= home;
    r->spoken[i].elsewhere |= !home;
}

/* The declared values that were found in what was sent to each. */
static void take_declared(struct page *p)
{
    for (size_t i = 0; p->facts->subject != NULL && i < p->j->hits.n; i++) {
        const struct hit *h = &p->j->hits.at[i];
        struct recipient *r;
        size_t k = 0;

        if (h->response)
            continue;
        r = recipient_find(p, p->j->attributions.of[h->place.exchange].site);
        while (r != NULL && k < r->declared_count && r->declared[k] != h->value)
            k++;
        if (r == NULL || k < r->declared_count)
            continue;
        if (k == PAGE_NAMES_MOST)
            r->more_declared = true;
        else
            r->declared[r->declared_count++] = h->value;
    }
}

/* Connections that could not be read, by the site their server name belongs to. */
static void count_unread(struct page *p)
{
    if (p->facts->sites == NULL)
        return;
    for (size_t i = 0; i < p->e->connection_count; i++) {
        const struct connection *c = p->e->connections[i];
        struct bytes name = bytes_text(c->tls.server_name);
        struct recipient *r;

        if (c->decrypted != DECRYPTED_NO || name.n == 0)
            continue;
        r = recipient_find(p, site_of(p->facts->sites, name));
        if (r != NULL)
            r->unread++;
    }
}

static enum status gather_recipients(struct page *p, const struct trace **sorted)
{
    size_t n = p->e->exchange_count, at = 0;
    struct visitor *all = arena_array(p->arena, n, sizeof(*all));
    struct recipient *r = NULL;

    if (all == NULL)
        return STATUS_NOMEM;
    for (size_t i = 0; i < n; i++)
        all[i] = (struct visitor){p->j->attributions.of[i].site, p->e->exchanges[i]->host, i};
    if (n != 0)
        qsort(all, n, sizeof(*all), by_visitor);
    for (size_t i = 0; i < n; i++)
        p->recipient_count += i == 0 || !bytes_equal(all[i].site, all[i - 1].site);
    p->recipients = arena_array(p->arena, p->recipient_count, sizeof(*p->recipients));
    if (p->recipients == NULL)
        return STATUS_NOMEM;
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || !bytes_equal(all[i].site, all[i - 1].site)) {
            r = r == NULL ? p->recipients : r + 1;
            r->site = all[i].site;
            take_traces(p, sorted, &at, r);
        }
        /* Sorted by host: each new one is counted once, the first ones are kept. */
        if (r->exchanges == 0 || !bytes_equal(all[i].host, all[i - 1].host)) {
            if (r->host_count < PAGE_NAMES_MOST)
                r->hosts[r->host_count] = all[i].host;
            r->host_count++;
        }
        take_exchange(p, r, &all[i]);
        take_page(p, r, all[i].exchange);
        take_vendor(p, r, &all[i]);
    }
    count_unread(p);
    take_servers(p);
    take_declared(p);
    if (p->recipient_count != 0)
        qsort(p->recipients, p->recipient_count, sizeof(*p->recipients), by_weight);
    return STATUS_OK;
}

enum status page_gather(struct page *p)
{
    const struct trace **sorted = NULL;
    enum status status = rank_traces(p, &sorted);

    if (status == STATUS_OK)
        status = fill_mask(p);
    return status == STATUS_OK ? gather_recipients(p, sorted) : status;
}
