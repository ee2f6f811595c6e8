/* SPDX-License-Identifier: Apache-2.0 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/case_make.h"
#include "cli/import_said.h"
#include "cli/locale.h"
#include "cli/recording.h"

enum {
    OPTION_KEYS = OPTION_OWN,
    OPTION_SUBJECT,
    OPTION_MARKS,
    OPTION_RULES,
    OPTION_BROWSER,
    OPTION_LANG,
    RECORDING_MOST = 256 << 20,
};

/* One import, from the command line to the sealed case. */
struct import {
    struct settings settings;
    struct case_maker maker;
    enum language language; /* of what is said at the end */
    struct arena *arena;    /* of a recording that is imported; NULL */
    const char **keys;
    size_t key_count;
};

/* A directory is a recording, which knows its own keys and marks. */
static enum status make(struct import *im)
{
    const struct examine_setup *setup = &im->maker.setup;
    struct arena *arena;
    enum status status;

    if (setup->file_count != 1 || !recording_is(setup->files[0]))
        return case_maker_run(&im->maker);
    arena = arena_new(RECORDING_MOST);
    status = arena == NULL
                     ? fault_set(&im->maker.fault, STATUS_NOMEM, "out of memory")
                     : recording_case(arena, setup->files[0], &im->maker, &im->maker.fault);
    im->arena = arena;
    return status;
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
    if (make(im) != STATUS_OK)
        code = command_failed(&im->maker.fault);
    else
        code = import_said(&im->maker, &im->settings, im->language);
    case_maker_clear(&im->maker);
    arena_free(im->arena);
    free(im->keys);
    return code;
}

static enum settings_result take(int option, struct import *im)
{
    struct examine_setup *setup = &im->maker.setup;

    switch (option) {
    case OPTION_KEYS:
        im->keys[im->key_count++] = optarg;
        return SETTINGS_TAKEN;
    case OPTION_SUBJECT:
        setup->subject = optarg;
        return SETTINGS_TAKEN;
    case OPTION_MARKS:
        setup->marks = optarg;
        return SETTINGS_TAKEN;
    case OPTION_BROWSER:
        setup->browser = optarg;
        return SETTINGS_TAKEN;
    case OPTION_RULES:
        setup->rules = optarg;
        return SETTINGS_TAKEN;
    case OPTION_LANG:
        return locale_take(&command_import, optarg, &im->language);
    case 'o':
        im->maker.target = optarg;
        return SETTINGS_TAKEN;
    default:
        return settings_take(&command_import, option, optarg, &im->settings);
    }
}

static enum exit_status run(int argc, char **argv)
{
    static const struct option options[] = {SETTINGS_LONG, {"keys", 1, NULL, OPTION_KEYS},
            {"subject", 1, NULL, OPTION_SUBJECT}, {"marks", 1, NULL, OPTION_MARKS},
            {"browser", 1, NULL, OPTION_BROWSER}, {"rules", 1, NULL, OPTION_RULES},
            {"lang", 1, NULL, OPTION_LANG}, {"output", 1, NULL, 'o'}, {NULL, 0, NULL, 0}};
    struct import im = {
            .keys = calloc((size_t)argc, sizeof(const char *)), .language = locale_language()};
    int option;

    if (im.keys == NULL) {
        fault_set(&im.maker.fault, STATUS_NOMEM, "out of memory");
        return command_failed(&im.maker.fault);
    }
    while ((option = getopt_long(argc, argv, SETTINGS_SHORT "o:", options, NULL)) != -1) {
        enum settings_result result = take(option, &im);

        if (result != SETTINGS_TAKEN) {
            free(im.keys);
            return settings_exit(result);
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
        .help = "usage: exhibit import [OPTIONS] FILE... -o CASE\n"
                "       exhibit import [OPTIONS] CASE.recording -o CASE\n\n"
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
                "      --browser FILE what the browser said of itself while you captured (raw "
                "events\n"
                "                     of its DevTools, JSON lines): names the page of each "
                "request\n"
                "      --rules DIR    cn.json, eu.json and us.json of DIR, instead of the "
                "legal\n"
                "                     rules in the program\n"
                "  -o, --output CASE  the directory to make; it must not exist, or be empty\n"
                "      --overwrite    replace an existing case\n"
                "      --lang en|zh   language of what is printed at the end; otherwise that "
                "of\n"
                "                     your locale (the case has reports in both)\n"
                "      --lists PATH   a tracker list or a directory of lists, instead of "
                "EasyList\n"
                "                     and EasyPrivacy as Debian installs them; may be "
                "repeated\n"
                "  -j, --threads N    threads to use; this version reads on one and hashes on "
                "others\n"
                "      --json         a summary for scripts on standard output\n"
                "  -q, --quiet        print errors only\n"
                "  -v, --verbose      print how long the parts took, too\n\n"
                "A HAR file (HTTP Archive, exported by a browser's developer tools) is taken, "
                "too,\n"
                "by its content. It holds no packets: the case says so and proves less. Export "
                "it\n"
                "with sensitive data, or it lacks all cookies.\n\n"
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
