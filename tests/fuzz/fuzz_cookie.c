/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes: cookie. Asserts: names and values are views inside the field without the separators
 * that ended them; the walk ends; a date is one that exists, and reading it again in the form
 * browsers write gives the same second. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "classify/cookie.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void within(struct bytes part, struct bytes all)
{
    assert(part.n == 0 || (part.p >= all.p && part.p + part.n <= all.p + all.n));
    assert(!bytes_has(part, ';'));
}

static void check_date(struct bytes text)
{
    int64_t seconds = INT64_MIN, again;
    char written[64];
    struct tm parts;
    time_t t;

    if (!cookie_date(text, &seconds)) {
        assert(seconds == INT64_MIN);
        return;
    }
    assert(seconds >= INT64_C(-11644473600) && seconds <= INT64_C(253402300799));
    t = (time_t)seconds;
    assert(gmtime_r(&t, &parts) != NULL);
    assert(strftime(written, sizeof(written), "%a, %d-%b-%Y %H:%M:%S GMT", &parts) != 0);
    assert(cookie_date(bytes_text(written), &again) && again == seconds);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes all = {data, size}, rest = all;
    struct set_cookie set;
    struct cookie c;
    size_t n = 0;

    while (cookie_next(&rest, &c)) {
        within(c.name, all);
        within(c.value, all);
        assert(!bytes_has(c.name, '=') && c.name.n + c.value.n <= size);
        n++;
    }
    assert(rest.n == 0 && n <= size);
    if (cookie_parse_set(all, &set)) {
        int64_t life = cookie_lifetime(&set, 1700000000);

        within(set.name, all);
        within(set.value, all);
        within(set.domain, all);
        within(set.path, all);
        within(set.same_site, all);
        assert(set.name.n + set.value.n != 0 && set.attributes.n <= size);
        assert(life >= -1);
        assert(life != 0 || (!set.has_max_age && !set.has_expires));
    }
    check_date(all);
    return 0;
}
