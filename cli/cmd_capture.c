/* SPDX-License-Identifier: Apache-2.0 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "cli/capture_run.h"
#include "cli/capture_session.h"
#include "cli/command.h"

enum {
    OPTION_FILTER = OPTION_OWN,
    OPTION_SNAPLEN,
    OPTION_SEGMENT_SIZE,
    OPTION_SEGMENT_AGE,
    OPTION_MAX_SIZE,
    OPTION_MIN_FREE,
    OPTION_DURATION,
    OPTION_RING_SIZE,
    OPTION_PROMISCUOUS,
    OPTION_RESUME,
    OPTION_NO_KEYS,
    SNAPLEN_MOST = 262144,
};

/* A whole number and one letter of `units`, whose i-th is worth factors[i]; none is worth 1. */
static bool read_amount(
        const char *text, const char *units, const uint64_t *factors, uint64_t *out)
{
    struct bytes number = bytes_text(text);
    uint64_t factor = 1, n;

    if (number.n != 0) {
        const char *unit = strchr(units, number.p[number.n - 1]);

        if (unit != NULL && *unit != '\0') {
            factor = factors[unit - units];
            number.n--;
        }
    }
    if (!bytes_decimal(number, &n) || n == 0 || n > (uint64_t)INT64_MAX / factor)
        return false;
    *out = n * factor;
    return true;
}

static bool read_size(const char *text, uint64_t *out)
{
    static const uint64_t factors[] = {UINT64_C(1) << 10, UINT64_C(1) << 20, UINT64_C(1) << 30,
            UINT64_C(1) << 40, UINT64_C(1) << 10, UINT64_C(1) << 20, UINT64_C(1) << 30,
            UINT64_C(1) << 40};

    return read_amount(text, "KMGTkmgt", factors, out);
}

static bool read_time(const char *text, int64_t *out_ns)
{
    static const uint64_t factors[] = {1, 60, 3600, 86400};
    const uint64_t second = 1000000000;
    uint64_t n;

    if (!read_amount(text, "smhd", factors, &n) || n > (uint64_t)INT64_MAX / second)
        return false;
    *out_ns = (int64_t)(n * second);
    return true;
}

static enum settings_result need(bool read, const char *option, const char *what)
{
    if (read)
        return SETTINGS_TAKEN;
    (void)command_usage(&command_capture, "%s takes %s", option, what);
    return SETTINGS_BAD;
}

static enum settings_result take_amount(int option, struct capture_wish *w)
{
    static const char size[] = "a size in bytes, as 500000, 64M or 2G";
    static const char time[] = "a time, as 90s, 10m, 2h or 7d";
    uint64_t n = 0;
    bool read;

    switch (option) {
    case OPTION_SNAPLEN:
        read = bytes_decimal(bytes_text(optarg), &n) && n > 0 && n <= SNAPLEN_MOST;
        w->snaplen = (uint32_t)n;
        return need(read, "--snaplen", "a number of bytes from 1 to 262144");
    case OPTION_SEGMENT_SIZE:
        return need(read_size(optarg, &w->segment_most), "--segment-size", size);
    case OPTION_SEGMENT_AGE:
        return need(read_time(optarg, &w->segment_age_ns), "--segment-age", time);
    case OPTION_MAX_SIZE:
        return need(read_size(optarg, &w->total_most), "--max-size", size);
    case OPTION_MIN_FREE:
        return need(read_size(optarg, &w->free_least), "--min-free", size);
    case OPTION_RING_SIZE:
        return need(read_size(optarg, &w->ring_bytes) && w->ring_bytes <= INT32_MAX,
                "--ring-size", "a size in bytes below 2G, as 64M");
    case OPTION_DURATION:
        return need(read_time(optarg, &w->duration_ns), "--duration", time);
    default:
        return SETTINGS_NOT;
    }
}

static enum settings_result take(int option, struct settings *settings, struct capture_wish *w)
{
    enum settings_result result;

    switch (option) {
    case 'i':
        w->device = optarg;
        return SETTINGS_TAKEN;
    case 'o':
        w->directory = optarg;
        return SETTINGS_TAKEN;
    case OPTION_FILTER:
        w->filter = optarg;
        return SETTINGS_TAKEN;
    case OPTION_PROMISCUOUS:
        w->promiscuous = true;
        return SETTINGS_TAKEN;
    case OPTION_RESUME:
        w->resume = true;
        return SETTINGS_TAKEN;
    case OPTION_NO_KEYS:
        w->no_keys = true;
        return SETTINGS_TAKEN;
    default:
        break;
    }
    result = take_amount(option, w);
    return result != SETTINGS_NOT ? result
                                  : settings_take(&command_capture, option, optarg, settings);
}

static enum exit_status check_wish(const struct capture_wish *w, const struct settings *s)
{
    if (w->directory == NULL)
        return command_usage(&command_capture, "-o DIR says where to write the packets");
    if (w->device == NULL && !w->resume)
        return command_usage(&command_capture, "-i IF says which interface to capture on");
    if (s->overwrite)
        return command_usage(&command_capture,
                "captures are never overwritten: name another directory, or use --resume");
    return EXIT_DONE;
}

static void say_end(const struct capture_wish *w, const struct capture_outcome *out)
{
    const struct segments_counts *n = &out->report.written;

    (void)fprintf(stderr, "%s: %llu packets in %llu segments; ", w->directory,
            (unsigned long long)n->packets, (unsigned long long)n->finished);
    if (!out->report.dropped_kernel.known)
        (void)fputs("whether the kernel dropped any is not known", stderr);
    else if (out->report.dropped_kernel.n == 0)
        (void)fputs("none was dropped by the kernel", stderr);
    else
        (void)fprintf(stderr, "%llu more were dropped by the kernel, as the segments say",
                (unsigned long long)out->report.dropped_kernel.n);
    (void)fprintf(stderr, "; ended by %s\n", out->end);
    if (out->keys_appeared)
        (void)fputs(
                "attention: TLS keys appeared in the directory while capturing; session.json "
                "says so\n",
                stderr);
}

static enum exit_status run(int argc, char **argv)
{
    static const struct option options[] = {SETTINGS_LONG, {"interface", 1, NULL, 'i'},
            {"output", 1, NULL, 'o'}, {"filter", 1, NULL, OPTION_FILTER},
            {"snaplen", 1, NULL, OPTION_SNAPLEN},
            {"segment-size", 1, NULL, OPTION_SEGMENT_SIZE},
            {"segment-age", 1, NULL, OPTION_SEGMENT_AGE},
            {"max-size", 1, NULL, OPTION_MAX_SIZE}, {"min-free", 1, NULL, OPTION_MIN_FREE},
            {"duration", 1, NULL, OPTION_DURATION}, {"ring-size", 1, NULL, OPTION_RING_SIZE},
            {"promiscuous", 0, NULL, OPTION_PROMISCUOUS}, {"resume", 0, NULL, OPTION_RESUME},
            {"no-keys", 0, NULL, OPTION_NO_KEYS}, {NULL, 0, NULL, 0}};
    struct capture_wish wish = {.command_line = argv};
    struct settings settings = {0};
    struct capture_outcome outcome;
    struct fault fault = {0};
    enum exit_status refused;
    enum status status;
    struct buf text;
    enum settings_result result;
    int option;

    while ((option = getopt_long(argc, argv, SETTINGS_SHORT "i:o:", options, NULL)) != -1) {
        result = take(option, &settings, &wish);
        if (result != SETTINGS_TAKEN)
            return settings_exit(result);
    }
    refused = check_wish(&wish, &settings);
    if (refused != EXIT_DONE)
        return refused;
    if (optind != argc)
        return command_usage(&command_capture, "\"%s\" is one word too many", argv[optind]);
    wish.quiet = settings.quiet;
    buf_init(&text, CAPTURE_SESSION_MOST);
    status = capture_run(&wish, &outcome, settings.json ? &text : NULL, &fault);
    if (outcome.end != NULL && settings.json)
        (void)fwrite(text.p, 1, text.n, stdout);
    if (outcome.end != NULL && !settings.quiet)
        say_end(&wish, &outcome);
    buf_clear(&text);
    return status == STATUS_OK ? EXIT_DONE : command_failed(&fault);
}

const struct command command_capture = {
        .name = "capture",
        .summary = "capture packets only, as hashed segments (long runs, witness box)",
        .help = "usage: exhibit capture [OPTIONS] -i IF -o DIR\n\n"
                "Writes the packets of a network interface into DIR/raw as pcapng files, the\n"
                "segments. Each finished segment is synced to the disk and its SHA-256 entered "
                "in\n"
                "DIR/raw/chain.jsonl, each line of which holds the hash of the one before it: "
                "what\n"
                "was captured cannot be changed afterwards without that showing. No browser, "
                "no\n"
                "keys. Ctrl-C ends it in good order; after a kill or a power cut, --resume "
                "goes on\n"
                "and what was finished stays valid. exhibit import DIR -o CASE makes a case of "
                "it.\n"
                "\n"
                "  -i, --interface IF     what to capture on (ip link lists them; any: all)\n"
                "  -o, --output DIR       a new or empty directory\n"
                "      --filter TEXT      only these packets, as for tcpdump (man "
                "pcap-filter)\n"
                "      --snaplen BYTES    keep only so much of each packet (default: all of "
                "it)\n"
                "      --promiscuous      also packets for other machines\n"
                "      --segment-size N   end a segment at this size (default 64M)\n"
                "      --segment-age T    or at this age (default 60s)\n"
                "      --max-size N       stop when all segments together have this size\n"
                "      --min-free N       stop when less of the disk is free (default 64M)\n"
                "      --duration T       stop after this time: 90s, 10m, 2h, 7d\n"
                "      --ring-size N      memory for packets that wait (default 64M); raise it "
                "when\n"
                "                         packets are dropped\n"
                "      --resume           go on in DIR; interface and filter as before if not "
                "given\n"
                "      --no-keys          for a witness box: refuse to start when DIR holds "
                "TLS keys\n"
                "                         or SSLKEYLOGFILE is set, and put that on record\n"
                "      --json             print session.json on stdout at the end\n"
                "  -q, --quiet            say nothing unless something is wrong\n\n"
                "Capturing takes the capability CAP_NET_RAW. Root has it; so that an ordinary "
                "user\n"
                "can, give it to the program once:\n\n"
                "  sudo setcap cap_net_raw=ep $(command -v exhibit)\n\n"
                "The process that reads packets gives up all privileges before the first one: "
                "it\n"
                "can then only append to files in DIR/raw. To record one's own browser no\n"
                "privilege is needed at all: exhibit record.\n\n"
                "A witness box is a second machine that sees the same traffic on its way, at "
                "a\n"
                "switch's mirror port for example, run by somebody else and without any keys. "
                "Its\n"
                "packets, compared with those of a recording, show that the ciphertext was "
                "not\n"
                "made up later:\n\n"
                "  exhibit capture -i eth1 --promiscuous --no-keys --filter 'host 192.0.2.7' "
                "\\\n"
                "      --duration 7d --min-free 5G -o witness\n\n"
                "Exit status: 0 ended as asked (signal, --duration, --max-size), 2 usage, 3 "
                "our\n"
                "failure (not permitted, disk full, interface gone), 4 DIR cannot be "
                "resumed.\n",
        .run = run,
};
