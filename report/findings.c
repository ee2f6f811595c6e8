/* SPDX-License-Identifier: Apache-2.0 */
#include "report/findings.h"

#include "report/basis.h"
#include "report/completeness.h"
#include "report/lines.h"

static const char *const names[FINDINGS_FILES] = {
        [FINDINGS_EXCHANGES] = "data/findings/exchanges.jsonl",
        [FINDINGS_CONNECTIONS] = "data/findings/connections.jsonl",
        [FINDINGS_DNS] = "data/findings/dns.jsonl",
        [FINDINGS_ITEMS] = "data/findings/items.jsonl",
        [FINDINGS_FINDINGS] = "data/findings/findings.json",
        [FINDINGS_SERVERS] = "data/findings/servers.jsonl",
        [FINDINGS_COMPLETENESS] = "data/findings/completeness.json",
        [FINDINGS_BASIS] = "data/findings/basis.json",
};

const char *findings_name(enum findings_file file)
{
    return names[file];
}

void findings_open(struct findings_writer *w, enum findings_file file, const struct evidence *e,
        const struct judgement *j, const struct basis *b)
{
    *w = (struct findings_writer){.evidence = e, .judgement = j, .basis = b, .file = file};
}

static size_t record_count(const struct findings_writer *w, const struct lookup **lookups)
{
    size_t n = 0;

    switch (w->file) {
    case FINDINGS_EXCHANGES:
        return w->evidence->exchange_count;
    case FINDINGS_CONNECTIONS:
        return w->evidence->connection_count;
    case FINDINGS_DNS:
        if (w->evidence->lookups != NULL)
            *lookups = lookups_all(w->evidence->lookups, &n);
        return n;
    case FINDINGS_ITEMS:
        return w->judgement->trace_count;
    case FINDINGS_SERVERS:
        return w->judgement->servers.n;
    case FINDINGS_FINDINGS:
        return w->judgement->finding_count + 1; /* the last one is the document's end */
    case FINDINGS_COMPLETENESS:
    case FINDINGS_BASIS:
    case FINDINGS_FILES:
        break;
    }
    return 1;
}

/* There can be more findings than fit in memory as text: one at a time. */
static enum status next_finding(struct findings_writer *w, struct buf *out)
{
    struct json *j = &w->json;
    size_t i = w->next++;

    if (i == 0) {
        json_init(j, out);
        j->pretty = true;
        json_object(j, NULL);
        json_string(j, "schema", "exhibit/findings/1");
        json_array(j, "findings");
    }
    if (i < w->judgement->finding_count) {
        line_finding(j, w->evidence, w->judgement->findings[i]);
        return j->status;
    }
    json_end(j);
    json_end(j);
    return j->status == STATUS_OK ? buf_append_u8(out, '\n') : j->status;
}

static void write_record(
        struct json *j, const struct findings_writer *w, size_t i, const struct lookup *lookups)
{
    switch (w->file) {
    case FINDINGS_EXCHANGES:
        line_exchange(j, w->evidence, w->judgement, i);
        break;
    case FINDINGS_CONNECTIONS:
        line_connection(j, w->evidence, w->evidence->connections[i],
                belonging_name(&w->judgement->belongings, w->evidence->connections[i]));
        break;
    case FINDINGS_DNS:
        line_lookup(j, &lookups[i]);
        break;
    case FINDINGS_ITEMS:
        line_item(j, w->evidence, w->judgement->traces[i]);
        break;
    case FINDINGS_SERVERS:
        line_server(j, w->evidence, &w->judgement->servers.at[i]);
        break;
    case FINDINGS_COMPLETENESS:
        j->pretty = true;
        completeness_write(j, w->evidence, w->judgement);
        break;
    case FINDINGS_BASIS:
        j->pretty = true;
        basis_write(j, w->evidence, w->basis);
        break;
    case FINDINGS_FINDINGS:
    case FINDINGS_FILES:
        break;
    }
}

bool findings_next(struct findings_writer *w, struct buf *out, enum status *status)
{
    const struct lookup *lookups = NULL;
    struct json j;

    *status = STATUS_OK;
    if (w->next == record_count(w, &lookups))
        return false;
    if (w->file == FINDINGS_FINDINGS) {
        *status = next_finding(w, out);
        return true;
    }
    json_init(&j, out);
    write_record(&j, w, w->next++, lookups);
    *status = j.status;
    if (*status == STATUS_OK)
        *status = buf_append_u8(out, '\n');
    return true;
}
