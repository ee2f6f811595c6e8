/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/verdict_place.h"

#include <arpa/inet.h>
#include <string.h>

enum {
    PRECISE_DECIMALS = 3, /* of a degree */
    ADDRESS_LEAST = 4,
    ADDRESS_MOST = 45,
    NAME_MOST = 24,
};

bool verdict_is_precise(struct bytes text)
{
    size_t i = 0;

    while (i < text.n) {
        size_t points = 0, decimals = 0;

        for (; i < text.n && (ascii_is_digit(text.p[i]) || text.p[i] == '.'); i++) {
            if (text.p[i] == '.')
                points++;
            else if (points != 0)
                decimals++;
        }
        if (points == 1 && decimals >= PRECISE_DECIMALS)
            return true;
        i++;
    }
    return false;
}

/* Not to be met on the internet: RFC 1918, 6598, 3927, 5737, 1122, 1112. */
static bool is_special4(const uint8_t a[4])
{
    return a[0] == 0 || a[0] == 10 || a[0] == 127 || a[0] >= 224 ||
           (a[0] == 100 && (a[1] & 0xc0) == 64) || (a[0] == 169 && a[1] == 254) ||
           (a[0] == 172 && (a[1] & 0xf0) == 16) || (a[0] == 192 && a[1] == 168) ||
           (a[0] == 192 && a[1] == 0 && (a[2] == 2 || a[2] == 0)) ||
           (a[0] == 198 && ((a[1] & 0xfe) == 18 || (a[1] == 51 && a[2] == 100))) ||
           (a[0] == 203 && a[1] == 0 && a[2] == 113);
}

static enum verdict_address address4(const char *text, bool cut)
{
    uint8_t a[4];

    if (inet_pton(AF_INET, text, a) != 1 || is_special4(a))
        return ADDRESS_NONE;
    return cut || a[3] == 0 ? ADDRESS_CUT : ADDRESS_FULL;
}

static enum verdict_address address6(const char *text)
{
    static const uint8_t nothing[8];
    uint8_t a[16];

    /* Global unicast is 2000::/3; 2001:db8::/32 is for documents. */
    if (inet_pton(AF_INET6, text, a) != 1 || (a[0] & 0xe0) != 0x20 ||
            (a[0] == 0x20 && a[1] == 0x01 && a[2] == 0x0d && a[3] == 0xb8))
        return ADDRESS_NONE;
    return memcmp(a + 8, nothing, sizeof(nothing)) == 0 ? ADDRESS_CUT : ADDRESS_FULL;
}

enum verdict_address verdict_address_of(struct bytes text)
{
    char copy[ADDRESS_MOST + 2];
    bool cut = false;

    if (text.n < ADDRESS_LEAST || text.n > ADDRESS_MOST || bytes_has(text, '\0'))
        return ADDRESS_NONE;
    memcpy(copy, text.p, text.n);
    copy[text.n] = '\0';
    if (strchr(copy, ':') != NULL)
        return address6(copy);
    if (copy[text.n - 2] == '.' && strchr("xX*", copy[text.n - 1]) != NULL) {
        copy[text.n - 1] = '0';
        cut = true;
    }
    return address4(copy, cut);
}

bool verdict_names_address(struct bytes name)
{
    static const char *const known[] = {"ip", "ipaddr", "ipaddress", "ipv4", "ipv6", "clientip",
            "userip", "remoteip", "remoteaddr", "xforwardedfor", "xrealip", "visitorip",
            "publicip", "cip", "uip", "realip"};
    uint8_t plain[NAME_MOST];
    size_t n = 0;

    for (size_t i = 0; i < name.n; i++) {
        if (!ascii_is_alnum(name.p[i]))
            continue;
        if (n == NAME_MOST)
            return false;
        plain[n++] = ascii_lower(name.p[i]);
    }
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
        if (bytes_is(bytes_of(plain, n), known[i]))
            return true;
    }
    return false;
}
