/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base/embed.h"
#include "base/json.h"
#include "capture/packet/source.h"
#include "cli/case_names.h"
#include "cli/command.h"
#include "cli/examine.h"
#include "cli/say.h"
#include "report/bag.h"
#include "report/page.h"

EMBED(import_verify_sh, "report/data/verify.sh");
EMBED(import_verify_txt, "report/data/VERIFY.txt");

enum {
    OPTION_KEYS = OPTION_OWN,
    OPTION_SUBJECT,
    OPTION_MARKS,
    OPTION_RULES,
    ARENA_MOST = 64 << 20,
    PIECE = 1 << 20, /* findings are written in pieces of about this size */
    PIECE_MOST = 1 << 30,
    UUID_TEXT = 48,
    DATE_TEXT = 16,
    TELLING = 10, /* findings shown at the end */
};

/* One import, from the command line to the sealed case. */
struct import {
    struct settings settings;
    const char *target;
    const char **keys;
    size_t key_count;
    const char *const *files;
    size_t file_count;
    struct arena *arena;
    struct bag *bag;
    struct examined examined;
    struct examine_setup setup;
    const char *const *list_names;
    const char *suffixes_name;
    struct basis_file *key_files;
    struct basis_file subject, marks; /* in the case */
    struct fault fault;
};

static enum status no_memory(struct import *im)
{
    return fault_set(&im->fault, STATUS_NOMEM, "out of memory");
}

/* Everything a case needs of its inputs is copied while they are read. */
static enum status copy_inputs(struct import *im)
{
    enum status status = STATUS_OK;

    for (size_t i = 0; i < im->file_count && status == STATUS_OK; i++)
        status = bag_copy(im->bag, im->files[i], im->setup.file_names[i], &im->fault);
    for (size_t i = 0; i < im->key_count && status == STATUS_OK; i++)
        status = bag_copy(im->bag, im->keys[i], im->setup.key_names[i], &im->fault);
    if (status == STATUS_OK && im->setup.subject != NULL)
        status = bag_copy(im->bag, im->setup.subject, CASE_SUBJECT, &im->fault);
    if (status == STATUS_OK && im->setup.marks != NULL)
        status = bag_copy(im->bag, im->setup.marks, CASE_MARKS, &im->fault);
    return status;
}

static bool readable(struct import *im, const char *path)
{
    if (access(path, R_OK) == 0)
        return true;
    fault_set(&im->fault, STATUS_INPUT, "%s: cannot be read: %s", path, strerror(errno));
    return false;
}

/* Nothing is made before every input is known to be there and to be a capture. */
static enum status check_inputs(struct import *im)
{
    for (size_t i = 0; i < im->file_count; i++) {
        struct source *source = NULL;
        enum status status;

        if (strcmp(im->files[i], "-") == 0)
            return fault_set(&im->fault, STATUS_INPUT,
                    "a case keeps its captures as they are on disk: name a file, not \"-\"");
        status = source_open(im->files[i], &source, &im->fault);
        source_close(source);
        if (status == STATUS_OK)
            continue;
        /* What the person named cannot be read: their input's fault, not ours. */
        if (status == STATUS_IO)
            im->fault.status = STATUS_INPUT;
        return im->fault.status;
    }
    for (size_t i = 0; i < im->key_count; i++) {
        if (!readable(im, im->keys[i]))
            return im->fault.status;
    }
    if ((im->setup.subject != NULL && !readable(im, im->setup.subject)) ||
            (im->setup.marks != NULL && !readable(im, im->setup.marks)))
        return im->fault.status;
    return STATUS_OK;
}

static enum status prepare(struct import *im)
{
    enum status status = check_inputs(im);

    if (status != STATUS_OK)
        return status;

    im->setup.files = im->files;
    im->setup.file_count = im->file_count;
    im->setup.keys = im->keys;
    im->setup.key_count = im->key_count;
    im->setup.lists = im->settings.lists;
    im->setup.list_count = im->settings.list_count;
    im->setup.file_names = case_names(im->arena, "data/raw", NULL, im->files, im->file_count);
    im->setup.key_names =
            case_names(im->arena, "data/raw", "keys.log", im->keys, im->key_count);
    if (im->setup.file_names == NULL || im->setup.key_names == NULL)
        return no_memory(im);
    if (!im->settings.quiet && isatty(STDERR_FILENO))
        im->setup.progress = stderr;
    status = bag_begin(im->target, im->settings.overwrite, &im->bag, &im->fault);
    if (status == STATUS_OK)
        status = bag_directory_make(im->bag, "data/bodies", &im->fault);
    if (status == STATUS_OK) {
        im->setup.spool = arena_print(im->arena, "%s/data/bodies", bag_directory(im->bag));
        if (im->setup.spool == NULL)
            status = no_memory(im);
    }
    return status;
}

/* The lists that labelled requests go into the case: without them nobody could derive the
 * labels again. */
static enum status copy_lists(struct import *im)
{
    const struct site_list *suffixes = sites_list(im->examined.sites);
    size_t n = lists_count(im->examined.lists);
    const char **paths = arena_array(im->arena, n + 1, sizeof(const char *));
    const char *const *names;
    enum status status = STATUS_OK;

    if (paths == NULL)
        return no_memory(im);
    for (size_t i = 0; i < n; i++)
        paths[i] = lists_info(im->examined.lists, i)->path;
    paths[n] = suffixes->path;
    names = case_names(im->arena, "data/lists", NULL, paths, n + 1);
    if (names == NULL)
        return no_memory(im);
    im->list_names = names;
    im->suffixes_name = names[n];
    for (size_t i = 0; i <= n && status == STATUS_OK; i++)
        status = bag_copy(im->bag, paths[i], names[i], &im->fault);
    return status;
}

/* Legal rules that are not the program's own belong to the case likewise. */
static enum status copy_rules(struct import *im)
{
    const struct legal_table *tables = legal_tables(im->examined.legal);
    enum status status = STATUS_OK;

    for (size_t i = 0; i < LEGAL_TABLES && im->setup.rules != NULL && status == STATUS_OK;
            i++) {
        const char *from = arena_print(im->arena, "%s/%s", im->setup.rules, tables[i].name);
        const char *to = arena_print(im->arena, CASE_RULES "/%s", tables[i].name);

        status = from == NULL || to == NULL ? no_memory(im)
                                            : bag_copy(im->bag, from, to, &im->fault);
    }
    return status;
}

static bool take_hash(struct import *im, struct basis_file *file)
{
    char hex[SHA256_TEXT];

    if (file->name != NULL && bag_sha256(im->bag, file->name, hex)) {
        file->sha256 = arena_string(im->arena, bytes_text(hex));
        return file->sha256 != NULL;
    }
    return true;
}

/* Input hashes are known once the copies are done. */
static enum status take_hashes(struct import *im)
{
    struct evidence *e = &im->examined.evidence;
    enum status status = bag_wait(im->bag, &im->fault);
    char hex[SHA256_TEXT];

    im->key_files = arena_array(im->arena, im->key_count + 1, sizeof(*im->key_files));
    if (im->key_files == NULL)
        return no_memory(im);
    for (size_t i = 0; i < e->file_count && status == STATUS_OK; i++) {
        if (bag_sha256(im->bag, e->files[i].name, hex))
            e->files[i].sha256 = arena_string(im->arena, bytes_text(hex));
    }
    for (size_t i = 0; i < im->key_count && status == STATUS_OK; i++) {
        im->key_files[i].name = im->setup.key_names[i];
        if (!take_hash(im, &im->key_files[i]))
            return no_memory(im);
    }
    im->subject.name = im->setup.subject == NULL ? NULL : CASE_SUBJECT;
    im->marks.name = im->setup.marks == NULL ? NULL : CASE_MARKS;
    if (status == STATUS_OK && (!take_hash(im, &im->subject) || !take_hash(im, &im->marks)))
        return no_memory(im);
    return status;
}

static struct basis basis_of(const struct import *im)
{
    const struct whereabouts *w = im->examined.whereabouts;

    return (struct basis){
            .lists = im->examined.lists,
            .list_names = im->list_names,
            .suffixes = sites_list(im->examined.sites),
            .suffixes_name = im->suffixes_name,
            .parties = im->examined.parties,
            .legal = im->examined.legal,
            .keys = im->key_files,
            .key_count = im->key_count,
            .key_blocks = im->examined.key_blocks,
            .subject = im->subject,
            .marks = im->marks,
            .rules_name = im->setup.rules == NULL ? NULL : CASE_RULES,
            .whereabouts_date = w == NULL ? NULL : whereabouts_date(w),
            .whereabouts_sha256 = w == NULL ? NULL : whereabouts_sha256(w),
    };
}

static enum status write_findings_file(
        struct import *im, enum findings_file file, const struct basis *basis)
{
    struct findings_writer writer;
    enum status status, made;
    struct bag_stream *stream;
    struct buf piece;

    status = bag_stream_open(im->bag, findings_name(file), &stream, &im->fault);
    if (status != STATUS_OK)
        return status;
    buf_init(&piece, PIECE_MOST);
    findings_open(&writer, file, &im->examined.evidence, &im->examined.judgement, basis);
    while (status == STATUS_OK && findings_next(&writer, &piece, &made)) {
        status = made == STATUS_OK ? STATUS_OK : no_memory(im);
        if (status == STATUS_OK && piece.n >= PIECE) {
            status = bag_stream_write(stream, buf_view(&piece), &im->fault);
            buf_reset(&piece);
        }
    }
    if (status == STATUS_OK)
        status = bag_stream_write(stream, buf_view(&piece), &im->fault);
    buf_clear(&piece);
    return bag_stream_close(stream, status, &im->fault);
}

static enum status write_pages(struct import *im, const struct basis *basis)
{
    static const char *const names[] = {
            [LANGUAGE_ENGLISH] = "data/report/report.en.html",
            [LANGUAGE_CHINESE] = "data/report/report.zh.html",
    };
    const char *slash = strrchr(im->target, '/');
    const struct page_facts facts = {
            .case_name = slash == NULL || slash[1] == '\0' ? im->target : slash + 1,
            .tool_version = EXHIBIT_VERSION,
            .basis = basis,
            .sites = im->examined.sites,
            .subject = im->setup.subject == NULL ? NULL : &im->examined.subject,
            .marks = im->setup.marks == NULL ? NULL : &im->examined.marks,
    };
    enum status status = STATUS_OK;
    struct buf page;

    buf_init(&page, PIECE_MOST);
    for (int i = LANGUAGE_ENGLISH; i <= LANGUAGE_CHINESE && status == STATUS_OK; i++) {
        buf_reset(&page);
        status = page_render((enum language)i, &im->examined.evidence, &im->examined.judgement,
                &facts, &page);
        if (status == STATUS_OK)
            status = bag_write(im->bag, names[i], buf_view(&page), &im->fault);
        else
            no_memory(im);
    }
    buf_clear(&page);
    return status;
}

/* RFC 9562 section 5.4, a random one. */
static bool make_uuid(char out[UUID_TEXT])
{
    uint8_t raw[16];
    char hex[33];

    if (getrandom(raw, sizeof(raw), 0) != (ssize_t)sizeof(raw))
        return false;
    raw[6] = (uint8_t)((raw[6] & 0x0f) | 0x40);
    raw[8] = (uint8_t)((raw[8] & 0x3f) | 0x80);
    digest_hex(bytes_of(raw, sizeof(raw)), hex);
    (void)snprintf(out, UUID_TEXT, "urn:uuid:%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12,
            hex + 16, hex + 20);
    return true;
}

static enum status seal(struct import *im)
{
    char uuid[UUID_TEXT], date[DATE_TEXT];
    const struct bag_info info = {
            .description =
                    "Web traffic of one person's browser, and what it shows; see VERIFY.txt",
            .identifier = uuid,
            .date = date,
            .profile = "exhibit-case/1",
    };
    time_t now = time(NULL);
    struct tm today;
    enum status status;

    if (!make_uuid(uuid) || gmtime_r(&now, &today) == NULL ||
            strftime(date, sizeof(date), "%Y-%m-%d", &today) == 0)
        return fault_set(&im->fault, STATUS_IO, "the system gives no random numbers or time");
    status = bag_write(im->bag, "VERIFY.txt", EMBEDDED(import_verify_txt), &im->fault);
    if (status == STATUS_OK)
        status = bag_write(im->bag, "verify.sh", EMBEDDED(import_verify_sh), &im->fault);
    return status == STATUS_OK ? bag_finish(im->bag, &info, &im->fault) : status;
}

static enum status make_case(struct import *im)
{
    struct basis basis;
    enum status status = prepare(im);

    if (status == STATUS_OK)
        status = copy_inputs(im);
    if (status == STATUS_OK)
        status = examine(&im->setup, &im->examined, &im->fault);
    if (status == STATUS_OK)
        status = copy_lists(im);
    if (status == STATUS_OK)
        status = copy_rules(im);
    if (status == STATUS_OK)
        status = take_hashes(im);
    if (status != STATUS_OK)
        return status;
    basis = basis_of(im);
    for (int i = 0; i < FINDINGS_FILES && status == STATUS_OK; i++)
        status = write_findings_file(im, (enum findings_file)i, &basis);
    if (status == STATUS_OK)
        status = write_pages(im, &basis);
    return status == STATUS_OK ? seal(im) : status;
}

static void print_json(const struct import *im)
{
    const struct evidence *e = &im->examined.evidence;
    struct buf out;
    struct json j;

    buf_init(&out, PIECE_MOST);
    json_init(&j, &out);
    j.pretty = true;
    json_object(&j, NULL);
    json_string(&j, "case", im->target);
    json_unsigned(&j, "connections", e->connection_count);
    json_unsigned(&j, "exchanges", e->exchange_count);
    json_unsigned(&j, "pages", im->examined.judgement.attributions.visit_count);
    json_unsigned(&j, "items", im->examined.judgement.trace_count);
    json_unsigned(&j, "findings", im->examined.judgement.finding_count);
    json_unsigned(&j, "gaps", e->gap_total);
    json_end(&j);
    (void)fwrite(out.p, 1, out.n, stdout);
    (void)putchar('\n');
    buf_clear(&out);
}

static void print_words(const struct import *im)
{
    const struct evidence *e = &im->examined.evidence;
    const struct judgement *judged = &im->examined.judgement;
    size_t undecrypted = 0;
    struct say say;

    for (size_t i = 0; i < e->connection_count; i++)
        undecrypted += e->connections[i]->decrypted == DECRYPTED_NO;
    (void)fprintf(stderr,
            "%s: %zu connections (%zu not decrypted), %zu exchanges, %zu pages, %zu findings, "
            "%u gaps\n",
            im->target, e->connection_count, undecrypted, e->exchange_count,
            judged->attributions.visit_count, judged->finding_count, e->gap_total);
    if (im->examined.lists_missing)
        (void)fputs("note: no tracker list was found; install Debian's package "
                    "webext-ublock-origin-chromium or give --lists\n",
                stderr);
    if (im->settings.verbose)
        (void)fprintf(stderr, "reading the packets took %.3f s, judging them %.3f s\n",
                (double)im->examined.reading_ns / 1e9, (double)im->examined.judging_ns / 1e9);
    say_init(&say, stderr); /* statements quote what a network sent */
    for (size_t i = 0; i < judged->finding_count && i < TELLING; i++) {
        (void)fprintf(stderr, "  f%zu  ", judged->findings[i]->number);
        say_text(&say, bytes_text(judged->findings[i]->statement_en));
        (void)fputc('\n', stderr);
    }
    say_clear(&say);
    if (judged->finding_count > TELLING)
        (void)fprintf(stderr, "  … and %zu more: exhibit show %s\n",
                judged->finding_count - TELLING, im->target);
    (void)fprintf(stderr, "report: %s/data/report/report.en.html (中文: report.zh.html)\n",
            im->target);
}

static enum exit_status finish(struct import *im)
{
    enum status status = STATUS_NOMEM;
    enum exit_status code = EXIT_DONE;

    im->arena = arena_new(ARENA_MOST);
    if (im->arena != NULL)
        status = make_case(im);
    else
        no_memory(im);
    if (status != STATUS_OK)
        code = command_failed(&im->fault);
    else if (im->settings.json)
        print_json(im);
    else if (!im->settings.quiet)
        print_words(im);
    bag_free(im->bag);
    examined_clear(&im->examined);
    arena_free(im->arena);
    free(im->keys);
    return code;
}

static enum exit_status run(int argc, char **argv)
{
    static const struct option options[] = {SETTINGS_LONG, {"keys", 1, NULL, OPTION_KEYS},
            {"subject", 1, NULL, OPTION_SUBJECT}, {"marks", 1, NULL, OPTION_MARKS},
            {"rules", 1, NULL, OPTION_RULES}, {"output", 1, NULL, 'o'}, {NULL, 0, NULL, 0}};
    struct import im = {.keys = calloc((size_t)argc, sizeof(const char *))};
    int option;

    if (im.keys == NULL) {
        no_memory(&im);
        return command_failed(&im.fault);
    }
    while ((option = getopt_long(argc, argv, SETTINGS_SHORT "o:", options, NULL)) != -1) {
        enum settings_result result = SETTINGS_TAKEN;

        if (option == OPTION_KEYS)
            im.keys[im.key_count++] = optarg;
        else if (option == OPTION_SUBJECT)
            im.setup.subject = optarg;
        else if (option == OPTION_MARKS)
            im.setup.marks = optarg;
        else if (option == OPTION_RULES)
            im.setup.rules = optarg;
        else if (option == 'o')
            im.target = optarg;
        else
            result = settings_take(&command_import, option, optarg, &im.settings);
        if (result != SETTINGS_TAKEN) {
            free(im.keys);
            return result == SETTINGS_HELP ? EXIT_DONE : EXIT_USAGE;
        }
    }
    im.files = (const char *const *)(argv + optind);
    im.file_count = (size_t)(argc - optind);
    if (im.file_count == 0 || im.file_count > EXAMINE_FILES_MOST || im.target == NULL) {
        free(im.keys);
        return command_usage(&command_import, "name one to %d captures, and the case with -o",
                EXAMINE_FILES_MOST);
    }
    return finish(&im);
}

const struct command command_import = {
        .name = "import",
        .summary = "make a case of captures and key logs that exist",
        .help = "usage: exhibit import [OPTIONS] FILE... -o CASE\n\n"
                "Reads captures (pcap or pcapng, plain, gzip or zstd; several files are read "
                "as\n"
                "one capture, in the order given), decrypts TLS and QUIC with the browser's "
                "own\n"
                "key log, rebuilds the HTTP exchanges (HTTP/1, HTTP/2, HTTP/3) and WebSocket\n"
                "messages, says which page caused each and who received what, and writes a\n"
                "case: the untouched inputs, the findings, reports in English and Chinese, "
                "and\n"
                "the means to check it all.\n\n"
                "      --keys FILE    a TLS key log in the NSS format, as browsers write it "
                "when\n"
                "                     SSLKEYLOGFILE is set; may be repeated. Secrets inside\n"
                "                     pcapng files are found without it\n"
                "      --subject FILE what you declare about yourself (JSON): every value is\n"
                "                     searched for in all that was sent, plain, encoded or "
                "hashed\n"
                "      --marks FILE   what you noted while capturing (JSON lines): consent "
                "shown,\n"
                "                     refused, accepted, withdrawn, erasure requested, ...\n"
                "      --rules DIR    cn.json, eu.json and us.json of DIR, instead of the "
                "legal\n"
                "                     rules in the program\n"
                "  -o, --output CASE  the directory to make; it must not exist\n"
                "      --overwrite    replace an existing case\n"
                "      --lists PATH   a tracker list or a directory of lists, instead of "
                "EasyList\n"
                "                     and EasyPrivacy as Debian installs them; may be "
                "repeated\n"
                "  -j, --threads N    threads to use; this version reads on one and hashes on "
                "others\n"
                "      --json         a summary for scripts on standard output\n"
                "  -q, --quiet        print errors only\n"
                "  -v, --verbose      print how long the parts took, too\n\n"
                "A damaged capture still gives a case of all that could be read; the damage "
                "is\n"
                "listed in data/findings/completeness.json and in the report.\n\n"
                "Exit status: 0 done, 2 usage, 3 our failure (memory, disk, a missing "
                "program),\n"
                "4 the input cannot be used.\n\n"
                "example:\n"
                "  exhibit import traffic.pcapng --keys keys.log -o case\n"
                "  exhibit verify case\n",
        .run = run,
};
