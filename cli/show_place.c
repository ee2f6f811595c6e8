/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "cli/show_parts.h"

enum { OVERVIEW_PAGES = 20, OVERVIEW_FINDINGS = 10 };

static void put_connection(struct show *s, const struct json_value *c)
{
    const struct json_value *certificate = json_member(c, "certificate");
    const struct json_value *label = json_member(c, "label");
    const struct json_value *quic = json_member(c, "quic");
    const char *transport = json_string_of(json_member(c, "transport"));

    show_member(s, "connection", c, "id");
    show_member(s, "transport", c, "transport");
    show_member(s, "continues", c, "continues");
    show_member(s, "client", c, "client");
    show_member(s, "server", c, "server");
    show_member(s, "server name", c, "server_name");
    show_member(s, "protocol", c, "protocol");
    show_member(s, "QUIC", quic, "version");
    show_member(s, "closed by", quic, "close");
    show_member(s, "TLS", c, "tls");
    show_member(s, "cipher", c, "cipher");
    show_member(s, "JA3", c, "ja3");
    show_member(s, "JA4", c, "ja4");
    show_member(s, "certificate", certificate, "subject");
    show_member(s, "issued by", certificate, "issuer");
    show_member(s, "valid until", certificate, "not_after");
    show_member(s, "its sha256", certificate, "sha256");
    show_member(s, "signature", c, "certificate_verify");
    show_member(s, "nDPI", label, "protocol");
    show_member(s, "first", c, "first_time");
    show_member(s, "last", c, "last_time");
    show_member(s, "packets", c, "packets");
    show_member(s, "bytes sent", c, "bytes_sent");
    show_member(s, "bytes received", c, "bytes_received");
    show_member(s, "decrypted", c, "decrypted");
    show_member(s, "because", c, "reason");
    show_member(s, "exchanges", c, "exchanges");
    show_list(s, "gaps", c, "gaps");
    show_filter_connection(s, c, transport == NULL || strcmp(transport, "tcp") == 0);
}

enum status show_connection(struct show *s, const char *id, struct fault *fault)
{
    struct json_value *c = NULL;
    struct buf line;
    enum status status;

    buf_init(&line, CASE_LINE_MOST);
    status = case_find(s->directory, "data/findings/connections.jsonl", id, &line, &c, fault);
    if (status == STATUS_OK && s->json)
        show_raw(&line);
    else if (status == STATUS_OK)
        put_connection(s, c);
    json_free(c);
    buf_clear(&line);
    return status;
}

static void put_page(struct show *s, const struct json_value *x)
{
    const char *time = json_string_of(json_member(x, "time"));
    const char *url = json_string_of(json_member(x, "url"));
    const char *id = json_string_of(json_member(x, "id"));

    (void)fputs("  ", s->say.out);
    say_text(&s->say, bytes_text(time));
    (void)fputs("  ", s->say.out);
    say_text(&s->say, bytes_text(id));
    (void)fputs("  ", s->say.out);
    say_text(&s->say, bytes_text(url));
    (void)fputc('\n', s->say.out);
}

/* The document of a page: known by itself, or named by the browser and leaning on nothing. */
static bool is_page(const struct json_value *x, const char *basis)
{
    const struct json_value *frame = json_member(json_member(x, "browser"), "frame");
    const char *type = json_string_of(json_member(json_member(x, "browser"), "type"));

    if (basis == NULL || strcmp(basis, "browser") != 0)
        return basis != NULL && strcmp(basis, "document") == 0;
    return type != NULL && strcmp(type, "Document") == 0 && json_string_of(frame) != NULL &&
           strcmp(json_string_of(frame), "main") == 0 &&
           json_member(x, "page_ground_exchange") == NULL;
}

/* An exchange whose page is known because it is the page's own document. */
static enum status put_exchanges(struct show *s, struct fault *fault)
{
    struct case_lines lines;
    struct bytes text;
    uint64_t all = 0, third = 0, listed = 0, pages = 0;
    enum status status =
            case_lines_open(&lines, s->directory, "data/findings/exchanges.jsonl", fault);

    (void)fputs("pages\n", s->say.out);
    while (status == STATUS_OK && case_lines_next(&lines, &text, &status, fault)) {
        struct json_value *x = json_parse(text, fault);
        const char *basis, *party;

        if (x == NULL) {
            status = STATUS_INPUT;
            break;
        }
        basis = json_string_of(json_member(x, "page_basis"));
        party = json_string_of(json_member(x, "party"));
        all++;
        third += party != NULL && strcmp(party, "third") == 0;
        listed += json_is_object(json_member(x, "tracker"));
        if (is_page(x, basis) && ++pages <= OVERVIEW_PAGES)
            put_page(s, x);
        json_free(x);
    }
    case_lines_close(&lines);
    if (status != STATUS_OK)
        return status;
    if (pages > OVERVIEW_PAGES)
        (void)fprintf(s->say.out, "  and %" PRIu64 " more\n", pages - OVERVIEW_PAGES);
    (void)fprintf(s->say.out,
            "exchanges      %" PRIu64 ", to third parties %" PRIu64
            ", named by a tracker list %" PRIu64 "\n",
            all, third, listed);
    return STATUS_OK;
}

static enum status put_items(struct show *s, struct fault *fault)
{
    static const char *const classes[] = {"direct", "account", "device", "browser-identifier",
            "session", "credential", "search", "content", "location", "consent-string",
            "preference", "technical", "unknown"};
    enum { CLASSES = sizeof(classes) / sizeof(*classes) };
    uint64_t counts[CLASSES] = {0};
    struct case_lines lines;
    struct bytes text;
    bool any = false;
    enum status status =
            case_lines_open(&lines, s->directory, "data/findings/items.jsonl", fault);

    while (status == STATUS_OK && case_lines_next(&lines, &text, &status, fault)) {
        struct json_value *item = json_parse(text, fault);
        const char *class_ = json_string_of(json_member(item, "class"));

        if (item == NULL) {
            status = STATUS_INPUT;
            break;
        }
        for (size_t i = 0; class_ != NULL && i < CLASSES; i++)
            counts[i] += strcmp(classes[i], class_) == 0;
        json_free(item);
    }
    case_lines_close(&lines);
    if (status != STATUS_OK)
        return status;
    show_label(s, "items");
    for (size_t i = 0; i < CLASSES; i++) {
        if (counts[i] != 0)
            (void)fprintf(s->say.out, "%s%s %" PRIu64, any ? ", " : "", classes[i], counts[i]);
        any |= counts[i] != 0;
    }
    (void)fputs(any ? "\n" : "none\n", s->say.out);
    return STATUS_OK;
}

static enum status put_findings(struct show *s, struct fault *fault)
{
    struct json_value *document = NULL;
    struct buf text;
    size_t all = 0;
    enum status status;

    buf_init(&text, CASE_DOCUMENT_MOST);
    status =
            case_document(s->directory, "data/findings/findings.json", &text, &document, fault);
    buf_clear(&text);
    if (status != STATUS_OK)
        return status;
    (void)fputs("findings, the most telling first\n", s->say.out);
    for (const struct json_value *f = json_first(json_member(document, "findings")); f != NULL;
            f = json_next(f)) {
        if (++all > OVERVIEW_FINDINGS)
            continue;
        (void)fputs("  ", s->say.out);
        say_text(&s->say, bytes_text(json_string_of(json_member(f, "id"))));
        (void)fputs("  ", s->say.out);
        say_text(&s->say, bytes_text(json_string_of(json_member(f, "statement_en"))));
        (void)fputc('\n', s->say.out);
    }
    if (all == 0)
        (void)fputs("  none; that does not mean that nothing was collected\n", s->say.out);
    if (all > OVERVIEW_FINDINGS)
        (void)fprintf(s->say.out, "  and %zu more\n", all - OVERVIEW_FINDINGS);
    json_free(document);
    return STATUS_OK;
}

enum status show_overview(struct show *s, struct fault *fault)
{
    enum status status = put_exchanges(s, fault);

    if (status == STATUS_OK)
        status = put_items(s, fault);
    if (status == STATUS_OK)
        status = put_findings(s, fault);
    if (status == STATUS_OK)
        (void)fprintf(s->say.out,
                "\nexhibit show %s f1      a finding with the bytes it cites\n"
                "exhibit show %s i1      an item: who set it, who got it, its verdicts\n"
                "exhibit show %s c1.s1   an exchange; c1 its connection, g1 a gap\n"
                "%s/data/report/         the report to read, in English and Chinese\n",
                s->directory, s->directory, s->directory, s->directory);
    return status;
}
