/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "capture/packet/link.h"

#define MACS "\2\0\0\0\0\1\2\0\0\0\0\2"
#define IP "\x45IP"

struct example {
    const char *name;
    int link;
    struct bytes frame;
    bool carries_ip;
};

#define EXAMPLE(name, link, text, ip)                                                          \
    {                                                                                          \
        name, link, {(const uint8_t *)text, sizeof(text) - 1}, ip                              \
    }

/* Layouts after www.tcpdump.org/linktypes.html; each ends in the IP packet, if any. */
static const struct example examples[] = {
        EXAMPLE("ethernet", 1, MACS "\x08\0" IP, true),
        EXAMPLE("ethernet v6", 1, MACS "\x86\xdd\x60IP", true),
        EXAMPLE("802.1Q", 1, MACS "\x81\0\0\5\x08\0" IP, true),
        EXAMPLE("802.1ad", 1, MACS "\x88\xa8\0\5\x81\0\0\6\x08\0" IP, true),
        EXAMPLE("SNAP", 1, MACS "\0\x0b\xaa\xaa\3\0\0\0\x08\0" IP, true),
        EXAMPLE("PPPoE", 1, MACS "\x88\x64\x11\0\0\1\0\5\0\x21" IP, true),
        EXAMPLE("PPPoE discovery", 1, MACS "\x88\x64\x11\x09\0\1\0\5", false),
        EXAMPLE("MPLS", 1, MACS "\x88\x47\0\6\x40\x40\0\6\x41\x40" IP, true),
        EXAMPLE("ARP", 1, MACS "\x08\6\0\1\x08\0", false),
        EXAMPLE("spanning tree", 1, MACS "\0\3\x42\x42\3", false),
        EXAMPLE("SLL", 113, "\0\0\0\1\0\6\2\0\0\0\0\1\0\0\x08\0" IP, true),
        EXAMPLE("SLL2", 276, "\x08\0\0\0\0\0\0\3\0\1\0\6\2\0\0\0\0\1\0\0" IP, true),
        EXAMPLE("NULL little-endian", 0, "\2\0\0\0" IP, true),
        EXAMPLE("NULL big-endian", 0, "\0\0\0\2" IP, true),
        EXAMPLE("NULL of macOS", 0, "\x1e\0\0\0\x60IP", true),
        EXAMPLE("NULL of another family", 0, "\7\0\0\0abc", false),
        EXAMPLE("LOOP", 108, "\0\0\0\x18\x60IP", true),
        EXAMPLE("raw", 101, IP, true),
        EXAMPLE("raw 12", 12, IP, true),
        EXAMPLE("raw 14", 14, "\x60IP", true),
        EXAMPLE("IPv4", 228, IP, true),
        EXAMPLE("IPv6", 229, "\x60IP", true),
        EXAMPLE("PPP", 9, "\xff\3\0\x21" IP, true),
        EXAMPLE("PPP, all compressed", 9, "\x21" IP, true),
        EXAMPLE("PPP v6", 50, "\0\x57\x60IP", true),
        EXAMPLE("PPP LCP", 9, "\xff\3\xc0\x21\1\1", false),
        EXAMPLE("Cisco HDLC", 104, "\x0f\0\x08\0" IP, true),
        EXAMPLE("802.11", 105,
                "\x08\1\0\0\1\1\1\1\1\1\2\2\2\2\2\2\3\3\3\3\3\3\0\0\xaa\xaa\3\0\0\0\x08\0" IP,
                true),
        EXAMPLE("802.11 with QoS", 105,
                "\x88\1\0\0\1\1\1\1\1\1\2\2\2\2\2\2\3\3\3\3\3\3\0\0\0\0\xaa\xaa\3\0\0\0\x08"
                "\0" IP,
                true),
        EXAMPLE("802.11 beacon", 105, "\x80\0\0\0", false),
        EXAMPLE("802.11 protected", 105, "\x08\x41\0\0\1\1\1\1", false),
        EXAMPLE("radiotap", 127,
                "\0\0\x0a\0\0\0\0\0\0\0\x08\1\0\0\1\1\1\1\1\1\2\2\2\2\2\2\3\3\3\3\3\3\0\0"
                "\xaa\xaa\3\0\0\0\x08\0" IP,
                true),
        EXAMPLE("PPI", 192, "\0\0\x08\0\1\0\0\0" MACS "\x08\0" IP, true),
        EXAMPLE("PKTAP", 258, "\x0c\0\0\0\1\0\0\0\1\0\0\0" MACS "\x08\0" IP, true),
        EXAMPLE("NFLOG", 239, "\2\0\0\0\5\0\1\0\x41\0\0\0\7\0\x09\0" IP, true),
};

static enum parse parse(const struct example *e, size_t n, struct bytes *ip, uint32_t *wire)
{
    uint8_t *exact = malloc(n == 0 ? 1 : n);
    struct packet packet = {.link = e->link, .data = {exact, n}, .wire_len = (uint32_t)n + 7};
    enum parse verdict;

    assert_non_null(exact);
    memcpy(exact, e->frame.p, n);
    verdict = link_payload(&packet, ip, wire);
    if (verdict == PARSE_DONE && ip->n != 0) {
        assert_ptr_equal(ip->p + ip->n, exact + n);
        ip->p = e->frame.p + n - ip->n;
    }
    free(exact);
    return verdict;
}

static void every_link_type_gives_its_ip_packet(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        const struct example *e = &examples[i];
        struct bytes ip = {0};
        uint32_t wire = 0;

        print_message("%s\n", e->name);
        assert_int_equal(parse(e, e->frame.n, &ip, &wire), PARSE_DONE);
        assert_int_equal(ip.n, e->carries_ip ? 3 : 0);
        assert_int_equal(wire, e->carries_ip ? 10 : 0);
    }
}

static void a_frame_cut_in_its_headers_never_gives_a_packet(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        const struct example *e = &examples[i];

        for (size_t n = 0; e->carries_ip && n < e->frame.n - 3; n++) {
            struct bytes ip = {0};
            uint32_t wire = 0;
            enum parse verdict = parse(e, n, &ip, &wire);

            assert_true(verdict == PARSE_BAD || (verdict == PARSE_DONE && ip.n == 0));
        }
    }
}

static void an_unknown_link_type_is_said_and_touches_nothing(void **state)
{
    const struct example odd = EXAMPLE("USB", 220, "\x45whatever", false);
    struct bytes ip = {NULL, 99};
    uint32_t wire = 99;

    (void)state;
    assert_int_equal(parse(&odd, odd.frame.n, &ip, &wire), PARSE_UNSUPPORTED);
    assert_int_equal(ip.n, 99);
    assert_int_equal(wire, 99);
}

static void endless_tags_are_refused(void **state)
{
    uint8_t frame[14 + 400];
    struct bytes ip;

    (void)state;
    for (size_t i = 0; i < sizeof(frame); i += 2) {
        frame[i] = i % 4 == 0 ? 0x81 : 0;
        frame[i + 1] = 0;
    }
    assert_int_equal(link_ethernet(bytes_of(frame, sizeof(frame)), &ip), PARSE_BAD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(every_link_type_gives_its_ip_packet),
            cmocka_unit_test(a_frame_cut_in_its_headers_never_gives_a_packet),
            cmocka_unit_test(an_unknown_link_type_is_said_and_touches_nothing),
            cmocka_unit_test(endless_tags_are_refused),
    };

    return cmocka_run_group_tests_name("link", tests, NULL, NULL);
}
