/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes: sntp_read and resolve_split.
 * Asserts: an answer to another request is never taken; a sample's delay and error are not
 * negative; what is not good leaves the sample alone; a kiss code can be printed.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "capture/env/env_resolve.h"
#include "capture/env/env_sntp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_kiss(const char *kiss)
{
    assert(strlen(kiss) == 4);
    for (; *kiss != '\0'; kiss++)
        assert(*kiss > 0x20 && *kiss < 0x7f);
}

static void read_one(struct bytes answer, uint64_t nonce, int64_t sent, int64_t took)
{
    struct sntp_sample s = {.offset_ns = 77, .delay_ns = 77};
    char kiss[5] = "";
    enum sntp_answer said = sntp_read(answer, nonce, sent, sent + took, &s, kiss);

    if (said == SNTP_GOOD)
        assert(s.delay_ns >= 0 && s.error_ns >= s.delay_ns / 2 && s.stratum >= 1 &&
                s.stratum <= 15 && s.delay_ns <= took);
    else
        assert(s.offset_ns == 77 && s.delay_ns == 77);
    if (said == SNTP_KISS)
        check_kiss(kiss);
    else
        assert(kiss[0] == '\0');
    if (said != SNTP_FOREIGN)
        assert(sntp_read(answer, nonce ^ 1, sent, sent + took, &s, kiss) == SNTP_FOREIGN);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes rest = bytes_of(data, size), origin;
    char text[512], name[RESOLVE_NAME_MOST], port[RESOLVE_NAME_MOST];
    uint32_t seconds = 0, took = 0;
    uint64_t nonce = 0;

    if (bytes_take_u32(&rest, &seconds) && bytes_take_u32(&rest, &took)) {
        origin = bytes_slice(rest, 24, 32);
        if (!bytes_take_u64(&origin, &nonce))
            nonce = 1;
        read_one(rest, nonce, (int64_t)seconds * 1000000000, took);
    }
    if (size < sizeof(text)) {
        memcpy(text, data, size);
        text[size] = '\0';
        if (resolve_split(text, "123", name, port))
            assert(name[0] != '\0' && port[0] != '\0');
    }
    return 0;
}
