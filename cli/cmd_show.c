/* SPDX-License-Identifier: Apache-2.0 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/show_parts.h"

/* Where the frames of each file begin; a display filter counts within one file. */
static enum status load_files(struct show *s, struct fault *fault)
{
    struct json_value *document = NULL;
    struct buf text;
    enum status status;

    buf_init(&text, CASE_DOCUMENT_MOST);
    status = case_document(
            s->directory, "data/findings/completeness.json", &text, &document, fault);
    buf_clear(&text);
    if (status != STATUS_OK)
        return status;
    s->files = calloc(SHOW_FILES_MOST, sizeof(*s->files));
    if (s->files == NULL)
        status = fault_set(fault, STATUS_NOMEM, "out of memory");
    for (const struct json_value *f = json_first(json_member(document, "files"));
            f != NULL && status == STATUS_OK && s->file_count < SHOW_FILES_MOST;
            f = json_next(f)) {
        const char *path = json_string_of(json_member(f, "path"));
        struct show_file *file = &s->files[s->file_count++];

        file->path = strdup(path == NULL ? "" : path);
        file->first = show_number(f, "first_frame");
        file->packets = show_number(f, "packets");
        if (file->path == NULL)
            status = fault_set(fault, STATUS_NOMEM, "out of memory");
    }
    json_free(document);
    return status;
}

static bool read_digest(const char *hex, uint8_t out[SHA256_BYTES])
{
    if (hex == NULL || strlen(hex) != SHA256_TEXT - 1)
        return false;
    for (size_t i = 0; i < SHA256_BYTES; i++) {
        int high = ascii_hex_value((uint8_t)hex[2 * i]);
        int low = ascii_hex_value((uint8_t)hex[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

/* Credentials are known by their digests: items whose class is so have no value in the case. */
static enum status load_mask(struct show *s, struct fault *fault)
{
    struct case_lines lines;
    struct bytes text;
    size_t at;
    enum status status =
            case_lines_open(&lines, s->directory, "data/findings/items.jsonl", fault);

    while (status == STATUS_OK && case_lines_next(&lines, &text, &status, fault)) {
        struct json_value *item;
        uint8_t digest[SHA256_BYTES];

        if (!bytes_find(text, BYTES_LITERAL("\"credential\""), 0, &at))
            continue;
        item = json_parse(text, fault);
        if (item == NULL)
            status = STATUS_INPUT;
        else if (json_string_of(json_member(item, "value")) == NULL &&
                 read_digest(json_string_of(json_member(item, "value_sha256")), digest))
            status = mask_add_digest(&s->say.mask, digest);
        json_free(item);
    }
    case_lines_close(&lines);
    mask_seal(&s->say.mask);
    return status == STATUS_OK ? STATUS_OK : fault_set(fault, status, "out of memory");
}

static enum status show(struct show *s, const char *id, struct fault *fault)
{
    enum status status = case_check(s->directory, fault);

    if (status == STATUS_OK)
        status = load_files(s, fault);
    if (status == STATUS_OK)
        status = load_mask(s, fault);
    if (status != STATUS_OK)
        return status;
    if (id == NULL)
        return show_overview(s, fault);
    switch (id[0]) {
    case 'c':
        return strchr(id, '.') == NULL ? show_connection(s, id, fault)
                                       : show_exchange(s, id, NULL, 0, fault);
    case 'i':
        return show_item(s, id, fault);
    case 'f':
        return show_finding(s, id, fault);
    default:
        return show_gap(s, id, fault);
    }
}

/* "c3", "c3.s5", "c3.s5.n1", "c3.s5.n1.m7", "i12", "f3", "g7". */
static bool id_allowed(const char *id)
{
    bool exchange = id[0] == 'c';
    size_t n = strlen(id);

    if (n < 2 || n > 60 || strchr("cifg", id[0]) == NULL)
        return false;
    return strspn(id + 1, exchange ? "0123456789.snm" : "0123456789") == n - 1;
}

static void clear(struct show *s)
{
    for (size_t i = 0; i < s->file_count; i++)
        free(s->files[i].path);
    free(s->files);
    say_clear(&s->say);
}

static enum exit_status run(int argc, char **argv)
{
    static const struct option options[] = {SETTINGS_LONG, {NULL, 0, NULL, 0}};
    struct settings settings = {0};
    struct fault fault = {0};
    struct show s = {0};
    enum status status;
    const char *id;
    enum settings_result result;
    int option;

    while ((option = getopt_long(argc, argv, SETTINGS_SHORT, options, NULL)) != -1) {
        result = settings_take(&command_show, option, optarg, &settings);
        if (result != SETTINGS_TAKEN)
            return settings_exit(result);
    }
    if (argc - optind < 1 || argc - optind > 2)
        return command_usage(&command_show, "name a case, and what to show of it");
    id = argc - optind == 2 ? argv[optind + 1] : NULL;
    if (id != NULL && !id_allowed(id))
        return command_usage(&command_show,
                "\"%s\" names nothing; ids look like c3, c3.s5, i12, f3, g7", id);
    if (id == NULL && settings.json)
        return command_usage(
                &command_show, "--json needs an id; data/findings/ is JSON itself");
    s.directory = argv[optind];
    s.json = settings.json;
    say_init(&s.say, stdout);
    status = show(&s, id, &fault);
    clear(&s);
    return status == STATUS_OK ? EXIT_DONE : command_failed(&fault);
}

const struct command command_show = {
        .name = "show",
        .summary = "print a finding, item, exchange, connection or gap with its bytes",
        .help = "usage: exhibit show [OPTIONS] CASE [ID]\n\n"
                "Without ID: pages, counts and the most telling findings, and how to go on.\n\n"
                "  f3       a finding, and the exchanges it cites with the cited bytes marked\n"
                "  i12      an item: its value, who set it, who got it, its class and "
                "verdicts\n"
                "  c3.s5    an exchange: request and response, headers as they came, bodies "
                "as\n"
                "           text or hexadecimal, packets and Wireshark display filters\n"
                "  c3.s5.m7 a message of a WebSocket: SEND by the browser, RECV by the server\n"
                "  c3       a connection: addresses, TLS, certificate, whether it was read\n"
                "  g7       a gap: what could not be seen, where and why\n\n"
                "On a terminal cited bytes stand in inverse video, elsewhere between >>> and\n"
                "<<<. Control characters of captured bytes are printed as escapes. "
                "Credentials\n"
                "are not printed, only their length and the first digits of their SHA-256.\n\n"
                "      --json   the JSON object as it stands in data/findings/ (headers as "
                "they\n"
                "               came, credentials included)\n\n"
                "Exit status: 0 done, 2 usage, 3 our failure, 4 not a case or no such id.\n",
        .run = run,
};
