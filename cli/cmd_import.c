/* SPDX-License-Identifier: Apache-2.0 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "cli/case_make.h"
#include "cli/command.h"
#include "cli/say.h"

enum {
    OPTION_KEYS = OPTION_OWN,
    OPTION_SUBJECT,
    OPTION_MARKS,
    OPTION_RULES,
    JSON_MOST = 1 << 20,
    TELLING = 10, /* findings shown at the end */
};

/* One import, from the command line to the sealed case. */
struct import {
    struct settings settings;
    struct case_maker maker;
    const char **keys;
    size_t key_count;
};

static void print_json(const struct import *im)
{
    const struct evidence *e = &im->maker.examined.evidence;
    struct buf out;
    struct json j;

    buf_init(&out, JSON_MOST);
    json_init(&j, &out);
    j.pretty = true;
    json_object(&j, NULL);
    json_string(&j, "case", im->maker.target);
    json_unsigned(&j, "connections", e->connection_count);
    json_unsigned(&j, "exchanges", e->exchange_count);
    json_unsigned(&j, "pages", im->maker.examined.judgement.attributions.visit_count);
    json_unsigned(&j, "items", im->maker.examined.judgement.trace_count);
    json_unsigned(&j, "findings", im->maker.examined.judgement.finding_count);
    json_unsigned(&j, "gaps", e->gap_total);
    json_end(&j);
    (void)fwrite(out.p, 1, out.n, stdout);
    (void)putchar('\n');
    buf_clear(&out);
}

static void print_words(const struct import *im)
{
    const struct evidence *e = &im->maker.examined.evidence;
    const struct judgement *judged = &im->maker.examined.judgement;
    size_t undecrypted = 0;
    struct say say;

    for (size_t i = 0; i < e->connection_count; i++)
        undecrypted += e->connections[i]->decrypted == DECRYPTED_NO;
    (void)fprintf(stderr,
            "%s: %zu connections (%zu not decrypted), %zu exchanges, %zu pages, %zu findings, "
            "%u gaps\n",
            im->maker.target, e->connection_count, undecrypted, e->exchange_count,
            judged->attributions.visit_count, judged->finding_count, e->gap_total);
    if (im->maker.examined.lists_missing)
        (void)fputs("note: no tracker list was found; install Debian's package "
                    "webext-ublock-origin-chromium or give --lists\n",
                stderr);
    if (im->settings.verbose)
        (void)fprintf(stderr, "reading the packets took %.3f s, judging them %.3f s\n",
                (double)im->maker.examined.reading_ns / 1e9,
                (double)im->maker.examined.judging_ns / 1e9);
    say_init(&say, stderr); /* statements quote what a network sent */
    for (size_t i = 0; i < judged->finding_count && i < TELLING; i++) {
        (void)fprintf(stderr, "  f%zu  ", judged->findings[i]->number);
        say_text(&say, bytes_text(judged->findings[i]->statement_en));
        (void)fputc('\n', stderr);
    }
    say_clear(&say);
    if (judged->finding_count > TELLING)
        (void)fprintf(stderr, "  … and %zu more: exhibit show %s\n",
                judged->finding_count - TELLING, im->maker.target);
    (void)fprintf(stderr, "report: %s/data/report/report.en.html (中文: report.zh.html)\n",
            im->maker.target);
}

static enum exit_status finish(struct import *im)
{
    struct examine_setup *setup = &im->maker.setup;
    enum exit_status code = EXIT_DONE;

    setup->keys = im->keys;
    setup->key_count = im->key_count;
    setup->lists = im->settings.lists;
    setup->list_count = im->settings.list_count;
    im->maker.overwrite = im->settings.overwrite;
    if (!im->settings.quiet && isatty(STDERR_FILENO))
        setup->progress = stderr;
    if (case_maker_run(&im->maker) != STATUS_OK)
        code = command_failed(&im->maker.fault);
    else if (im->settings.json)
        print_json(im);
    else if (!im->settings.quiet)
        print_words(im);
    case_maker_clear(&im->maker);
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
        fault_set(&im.maker.fault, STATUS_NOMEM, "out of memory");
        return command_failed(&im.maker.fault);
    }
    while ((option = getopt_long(argc, argv, SETTINGS_SHORT "o:", options, NULL)) != -1) {
        enum settings_result result = SETTINGS_TAKEN;

        if (option == OPTION_KEYS)
            im.keys[im.key_count++] = optarg;
        else if (option == OPTION_SUBJECT)
            im.maker.setup.subject = optarg;
        else if (option == OPTION_MARKS)
            im.maker.setup.marks = optarg;
        else if (option == OPTION_RULES)
            im.maker.setup.rules = optarg;
        else if (option == 'o')
            im.maker.target = optarg;
        else
            result = settings_take(&command_import, option, optarg, &im.settings);
        if (result != SETTINGS_TAKEN) {
            free(im.keys);
            return result == SETTINGS_HELP ? EXIT_DONE : EXIT_USAGE;
        }
    }
    im.maker.setup.files = (const char *const *)(argv + optind);
    im.maker.setup.file_count = (size_t)(argc - optind);
    if (im.maker.setup.file_count == 0 || im.maker.setup.file_count > EXAMINE_FILES_MOST ||
            im.maker.target == NULL) {
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
