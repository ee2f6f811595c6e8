/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes: what isolation reads that others wrote: resolv.conf (which DHCP fills) and what a
 * joiner prints as its version. */
#include <arpa/inet.h>
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "capture/live/isolation_parts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct isolation_resolver r = {0};
    char version[ISOLATION_TEXT];
    uint8_t address[4];

    isolation_resolver_read(bytes_of(data, size), &r);
    assert(memchr(r.kept, '\0', sizeof(r.kept)) != NULL);
    assert(strlen(r.kept) + 3 * ISOLATION_TEXT <= sizeof(r.kept));
    assert(r.kept[0] == '\0' || r.kept[strlen(r.kept) - 1] == '\n');
    /* A first server is an address of elsewhere, and counts as one of IPv4. */
    if (r.first[0] != '\0')
        assert(r.four && inet_pton(AF_INET, r.first, address) == 1 && address[0] != 127);
    isolation_joiner_version(ISOLATION_SLIRP, bytes_of(data, size), version);
    assert(strncmp(version, "slirp4netns", 11) == 0);
    assert(memchr(version, '\0', sizeof(version)) != NULL);
    return 0;
}
