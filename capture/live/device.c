/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/live/device.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    SECOND = 1000000000,
    NAMES_MOST = 512,   /* characters of the list of interfaces in a fault */
    ANSWER_MOST = 8192, /* bytes of one netlink answer about one interface */
};

struct device {
    pcap_t *pcap; /* owned */
    uint32_t link, snaplen;
    int64_t unit_ns;     /* what tv_usec counts */
    unsigned index;      /* of the interface; 0: "any" */
    int netlink;         /* owned; -1: none */
    uint32_t drops_seen; /* libpcap's 32 bits, and what they amount to */
    uint64_t drops;
    struct count interface_first; /* the interface's own count when we came */
    char name[64];
    struct { /* of the reading under way */
        device_taker *take;
        void *context;
        enum status status;
        unsigned n;
    } now;
};

/* pcap-linktype(7): these are the DLT_ whose numbers differ between systems. */
uint32_t device_link_of(int dlt)
{
    switch (dlt) {
    case DLT_RAW:
        return 101; /* LINKTYPE_RAW */
    case DLT_ATM_RFC1483:
        return 100;
    case DLT_SLIP_BSDOS:
        return 102;
    case DLT_PPP_BSDOS:
        return 103;
    case DLT_ATM_CLIP:
        return 106;
    default:
        return (uint32_t)dlt;
    }
}

static void name_interfaces(char out[NAMES_MOST])
{
    struct if_nameindex *all = if_nameindex();
    size_t n = 0;

    out[0] = '\0';
    for (const struct if_nameindex *i = all; i != NULL && i->if_index != 0; i++) {
        int wrote = snprintf(out + n, NAMES_MOST - n, "%s%s", n == 0 ? "" : ", ", i->if_name);
        if (wrote < 0 || (size_t)wrote >= NAMES_MOST - n)
            break;
        n += (size_t)wrote;
    }
    if (all != NULL)
        if_freenameindex(all);
    if (n == 0)
        (void)snprintf(out, NAMES_MOST, "none");
}

static enum status no_such_interface(const char *name, struct fault *fault)
{
    char names[NAMES_MOST];

    name_interfaces(names);
    return fault_set(fault, STATUS_MISSING,
            "%s: there is no such interface; those that exist: %s", name, names);
}

/* What pcap_activate said, in words that help. */
static enum status say_why(const char *name, int code, const char *text, struct fault *fault)
{
    switch (code) {
    case PCAP_ERROR_NO_SUCH_DEVICE:
        return no_such_interface(name, fault);
    case PCAP_ERROR_PERM_DENIED:
    case PCAP_ERROR_PROMISC_PERM_DENIED:
        return fault_set(fault, STATUS_IO,
                "%s: capturing on it takes the capability CAP_NET_RAW, which this process does "
                "not have. Run it as root, or give it to the program once, as root: setcap "
                "cap_net_raw=ep FILE-OF-EXHIBIT. To capture only your own browser no privilege "
                "is "
                "needed: exhibit record, without --isolate=none",
                name);
    case PCAP_ERROR_IFACE_NOT_UP:
        return fault_set(fault, STATUS_IO,
                "%s: the interface is down; bring it up first: ip link set %s up", name, name);
    default:
        return fault_set(fault, STATUS_IO, "%s: it cannot be opened: %s", name,
                text[0] != '\0' ? text : pcap_statustostr(code));
    }
}

static enum status set_filter(
        pcap_t *pcap, const char *name, const char *filter, struct fault *fault)
{
    struct bpf_program program;
    int code;

    /* An empty one lets all pass and cuts at the snap length, which is done before the ring. */
    if (filter == NULL)
        filter = "";
    if (pcap_compile(pcap, &program, filter, 1, PCAP_NETMASK_UNKNOWN) != 0)
        return fault_set(fault, STATUS_USAGE,
                "%s: the filter \"%s\" cannot be used: %s; man pcap-filter has the language",
                name, filter, pcap_geterr(pcap));
    code = pcap_setfilter(pcap, &program);
    pcap_freecode(&program);
    if (code != 0)
        return fault_set(
                fault, STATUS_IO, "%s: the filter cannot be set: %s", name, pcap_geterr(pcap));
    return STATUS_OK;
}

/*
 * Ours instead of libpcap's, which would open a file of /sys each time that it is asked for its
 * counters then; and /sys may be that of another network namespace.
 */
static enum status set_promiscuous(const struct device *d, struct fault *fault)
{
    struct packet_mreq wish = {.mr_ifindex = (int)d->index, .mr_type = PACKET_MR_PROMISC};

    if (d->index == 0) /* "any" has no such mode */
        return STATUS_OK;
    if (setsockopt(pcap_fileno(d->pcap), SOL_PACKET, PACKET_ADD_MEMBERSHIP, &wish,
                sizeof(wish)) != 0)
        return fault_set(fault, STATUS_IO, "%s: promiscuous mode cannot be set: %s", d->name,
                strerror(errno));
    return STATUS_OK;
}

static enum status activate(
        struct device *d, const struct device_setup *setup, struct fault *fault)
{
    uint64_t ring = setup->ring_bytes < INT32_MAX ? setup->ring_bytes : INT32_MAX;
    int code;

    /* Each refuses only a handle that is active already. */
    (void)pcap_set_snaplen(d->pcap, (int)d->snaplen);
    (void)pcap_set_promisc(d->pcap, 0);
    (void)pcap_set_timeout(d->pcap, DEVICE_BLOCK_MS);
    (void)pcap_set_buffer_size(d->pcap, (int)ring);
    if (pcap_set_tstamp_precision(d->pcap, PCAP_TSTAMP_PRECISION_NANO) != 0)
        d->unit_ns = 1000;
    code = pcap_activate(d->pcap);
    if (code < 0)
        return say_why(setup->name, code, pcap_geterr(d->pcap), fault);
    if (pcap_get_tstamp_precision(d->pcap) != PCAP_TSTAMP_PRECISION_NANO)
        d->unit_ns = 1000;
    d->link = device_link_of(pcap_datalink(d->pcap));
    d->snaplen = (uint32_t)pcap_snapshot(d->pcap);
    return STATUS_OK;
}

/* Asks the kernel about the one interface (rtnetlink(7)); the answer is there when send returns. */
static struct count ask_interface(const struct device *d)
{
    struct {
        struct nlmsghdr head;
        struct ifinfomsg info;
    } question = {.head = {.nlmsg_len = sizeof(question),
                          .nlmsg_type = RTM_GETLINK,
                          .nlmsg_flags = NLM_F_REQUEST},
            .info = {.ifi_family = AF_UNSPEC, .ifi_index = (int)d->index}};
    union {
        struct nlmsghdr head;
        uint8_t raw[ANSWER_MOST];
    } answer;
    struct count unknown = {0};
    ssize_t n;
    size_t at;

    if (d->netlink < 0 || send(d->netlink, &question, sizeof(question), MSG_DONTWAIT) < 0)
        return unknown;
    n = recv(d->netlink, &answer, sizeof(answer), MSG_DONTWAIT);
    if (n < (ssize_t)sizeof(question) || answer.head.nlmsg_type != RTM_NEWLINK)
        return unknown;
    at = NLMSG_LENGTH(NLMSG_ALIGN(sizeof(struct ifinfomsg)));
    while ((size_t)n - at >= sizeof(struct rtattr) && at < (size_t)n) {
        struct rtattr part;
        struct rtnl_link_stats64 stats = {0};
        size_t length;

        memcpy(&part, answer.raw + at, sizeof(part));
        if (part.rta_len < sizeof(part) || part.rta_len > (size_t)n - at)
            break;
        length = part.rta_len - RTA_LENGTH(0);
        if (part.rta_type == IFLA_STATS64) {
            if (length > sizeof(stats))
                length = sizeof(stats);
            memcpy(&stats, answer.raw + at + RTA_LENGTH(0), length);
            return (struct count){
                    .known = true, .n = stats.rx_missed_errors + stats.rx_fifo_errors};
        }
        at += RTA_ALIGN(part.rta_len);
    }
    return unknown;
}

enum status device_open(
        const struct device_setup *setup, struct device **out, struct fault *fault)
{
    struct device *d = calloc(1, sizeof(*d));
    char error[PCAP_ERRBUF_SIZE] = "";
    enum status status;

    if (d == NULL)
        return fault_set(fault, STATUS_NOMEM, "%s: out of memory", setup->name);
    d->unit_ns = 1;
    d->netlink = -1;
    d->snaplen = setup->snaplen == 0 ? DEVICE_SNAPLEN : setup->snaplen;
    (void)snprintf(d->name, sizeof(d->name), "%s", setup->name);
    d->index = if_nametoindex(setup->name);
    if (d->index == 0 && strcmp(setup->name, "any") != 0) {
        device_close(d);
        return no_such_interface(setup->name, fault);
    }
    d->pcap = pcap_create(setup->name, error);
    if (d->pcap == NULL) {
        device_close(d);
        return fault_set(fault, STATUS_IO, "%s: it cannot be opened: %s", setup->name, error);
    }
    status = activate(d, setup, fault);
    if (status == STATUS_OK)
        status = set_filter(d->pcap, setup->name, setup->filter, fault);
    if (status == STATUS_OK && setup->promiscuous)
        status = set_promiscuous(d, fault);
    if (status == STATUS_OK && pcap_setnonblock(d->pcap, 1, error) != 0)
        status = fault_set(fault, STATUS_IO, "%s: %s", setup->name, error);
    if (status != STATUS_OK) {
        device_close(d);
        return status;
    }
    if (d->index != 0)
        d->netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    d->interface_first = ask_interface(d);
    *out = d;
    return STATUS_OK;
}

uint32_t device_link(const struct device *d)
{
    return d->link;
}

uint32_t device_snaplen(const struct device *d)
{
    return d->snaplen;
}

int device_fd(const struct device *d)
{
    return pcap_fileno(d->pcap);
}

int device_netlink(const struct device *d)
{
    return d->netlink;
}

static void took(u_char *user, const struct pcap_pkthdr *head, const u_char *data)
{
    struct device *d = (struct device *)(void *)user;
    int64_t ns = (int64_t)head->ts.tv_sec * SECOND + (int64_t)head->ts.tv_usec * d->unit_ns;
    uint32_t wire = head->len < head->caplen ? head->caplen : head->len;

    if (d->now.status != STATUS_OK)
        return;
    d->now.status = d->now.take(d->now.context, ns, wire, bytes_of(data, head->caplen));
    if (d->now.status == STATUS_OK)
        d->now.n++;
    else
        pcap_breakloop(d->pcap);
}

enum status device_read(struct device *d, unsigned most, device_taker *take, void *context,
        unsigned *n, struct fault *fault)
{
    int got;

    d->now.take = take;
    d->now.context = context;
    d->now.status = STATUS_OK;
    d->now.n = 0;
    got = pcap_dispatch(d->pcap, (int)most, took, (u_char *)(void *)d);
    *n = d->now.n;
    if (d->now.status != STATUS_OK)
        return d->now.status;
    if (got < 0 && got != PCAP_ERROR_BREAK)
        return fault_set(fault, STATUS_IO, "%s: reading from it ended: %s", d->name,
                pcap_geterr(d->pcap));
    return STATUS_OK;
}

void device_drops(struct device *d, struct count *kernel, struct count *interface)
{
    struct pcap_stat stat = {0};
    struct count now;

    *kernel = (struct count){0};
    if (pcap_stats(d->pcap, &stat) == 0) {
        d->drops += (uint32_t)(stat.ps_drop - d->drops_seen);
        d->drops_seen = stat.ps_drop;
        *kernel = (struct count){.known = true, .n = d->drops};
    }
    now = ask_interface(d);
    *interface = (struct count){0};
    if (now.known && d->interface_first.known)
        *interface = (struct count){.known = true, .n = now.n - d->interface_first.n};
}

void device_close(struct device *d)
{
    if (d == NULL)
        return;
    if (d->pcap != NULL)
        pcap_close(d->pcap);
    if (d->netlink >= 0)
        (void)close(d->netlink);
    free(d);
}
