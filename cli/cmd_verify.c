/* SPDX-License-Identifier: Apache-2.0 */
#include <getopt.h>
#include <stdio.h>
#include <unistd.h>

#include "base/json.h"
#include "cli/command.h"
#include "cli/rederive.h"
#include "report/verify.h"

enum { OPTION_REDERIVE = OPTION_OWN, OUTPUT_MOST = 1 << 28 };

static void json_recorded(struct json *j, const struct verify_recorded *r)
{
    if (!r->is) {
        json_null(j, "recording");
        return;
    }
    json_object(j, "recording");
    json_bool(j, "interrupted", r->interrupted);
    json_bool(j, "chain_unbroken", r->chained);
    json_bool(j, "custody_unbroken", r->logged);
    json_unsigned(j, "segments", r->segments);
    json_unsigned(j, "acts", r->acts);
    json_unsigned(j, "screenshots", r->screenshots);
    json_array(j, "without_line");
    for (size_t i = 0; i < r->open_count; i++)
        json_string(j, NULL, r->open[i]);
    json_end(j);
    json_end(j);
}

static void print_json(const char *path, const struct verify *v, bool rederived)
{
    struct json j;
    struct buf out;

    buf_init(&out, OUTPUT_MOST);
    json_init(&j, &out);
    j.pretty = true;
    json_object(&j, NULL);
    json_string(&j, "case", path);
    json_bool(&j, "verified", v->n == 0);
    json_bool(&j, "rederived", rederived);
    json_unsigned(&j, "files", v->files);
    json_unsigned(&j, "bytes", v->bytes);
    json_recorded(&j, &v->recorded);
    json_array(&j, "faults");
    for (size_t i = 0; i < v->n; i++) {
        json_object(&j, NULL);
        json_string(&j, "kind", verify_kind_name(v->faults[i].kind));
        json_string(&j, "path", v->faults[i].path);
        json_string(&j, "detail", v->faults[i].detail);
        json_end(&j);
    }
    json_end(&j);
    json_end(&j);
    (void)fwrite(out.p, 1, out.n, stdout);
    (void)putchar('\n');
    buf_clear(&out);
}

static void print_count(const char *before, uint64_t n, const char *what)
{
    (void)printf("%s%llu %s%s", before, (unsigned long long)n, what, n == 1 ? "" : "s");
}

/* Of a recording without a fault. */
static void print_recorded(const struct verify_recorded *r)
{
    if (!r->is)
        return;
    if (r->chained)
        print_count("; ", r->segments - r->open_count, "segment");
    (void)printf(r->chained ? " in an unbroken chain" : "; no chain of segments");
    print_count(", ", r->acts, "act");
    print_count(", ", r->screenshots, "screenshot");
}

static void print_words(const char *path, const struct verify *v, bool rederived)
{
    for (size_t i = 0; i < v->n; i++)
        (void)fprintf(stderr, "%s: %s: %s\n", v->faults[i].path,
                verify_kind_name(v->faults[i].kind), v->faults[i].detail);
    if (v->n != 0) {
        (void)printf("%s: NOT verified: %zu fault%s\n", path, v->n, v->n == 1 ? "" : "s");
        return;
    }
    (void)printf("%s: verified: %llu files, %llu bytes, all as they were when sealed", path,
            (unsigned long long)v->files, (unsigned long long)v->bytes);
    print_recorded(&v->recorded);
    (void)printf("%s\n", rederived ? "; the findings follow again from data/raw" : "");
    for (size_t i = 0; i < v->recorded.open_count; i++)
        (void)printf("%s: not in the chain: the recording broke off in this segment, or before "
                     "it was entered\n",
                v->recorded.open[i]);
}

static enum exit_status run(int argc, char **argv)
{
    static const struct option options[] = {
            SETTINGS_LONG, {"rederive", 0, NULL, OPTION_REDERIVE}, {NULL, 0, NULL, 0}};
    struct settings settings = {0};
    struct fault fault = {0};
    struct verify v = {0};
    enum status status;
    bool rederive = false;
    enum settings_result result;
    int option;

    while ((option = getopt_long(argc, argv, SETTINGS_SHORT, options, NULL)) != -1) {
        if (option == OPTION_REDERIVE) {
            rederive = true;
            continue;
        }
        result = settings_take(&command_verify, option, optarg, &settings);
        if (result != SETTINGS_TAKEN)
            return settings_exit(result);
    }
    if (argc - optind != 1)
        return command_usage(&command_verify, "name one case");
    status = verify_case(argv[optind], &v, &fault);
    if (status == STATUS_OK && rederive)
        status = rederive_case(argv[optind], &settings, &v, &fault);
    if (status != STATUS_OK) {
        verify_clear(&v);
        return command_failed(&fault);
    }
    if (settings.json)
        print_json(argv[optind], &v, rederive);
    else if (!settings.quiet || v.n != 0)
        print_words(argv[optind], &v, rederive);
    status = v.n == 0 ? STATUS_OK : STATUS_INPUT;
    verify_clear(&v);
    return status == STATUS_OK ? EXIT_DONE : EXIT_NO;
}

const struct command command_verify = {
        .name = "verify",
        .summary = "check that nothing in a case was changed since it was sealed",
        .help = "usage: exhibit verify [OPTIONS] CASE\n\n"
                "Compares every file of the case with the manifests in it (SHA-256, SHA-512,\n"
                "SM3) and names each file that is missing, extra or changed. Of a recording, "
                "the\n"
                "chain of its segments, its custody log and the hashes of its screenshots are\n"
                "checked too; a segment that the recording broke off in is named.\n\n"
                "      --rederive   also read data/raw/ again with the options that\n"
                "                   data/findings/basis.json states, and compare the findings\n"
                "                   byte by byte\n"
                "      --json       machine-readable output\n"
                "  -q, --quiet      print only faults\n\n"
                "Exit status: 0 all agrees, 1 a fault was found, 2 usage, 3 our failure,\n"
                "4 not a case.\n\n"
                "The same check without exhibit: sh CASE/verify.sh\n",
        .run = run,
};
