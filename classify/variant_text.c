/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "classify/han.h"
#include "classify/variant_list.h"

/* Values that are text: e-mail addresses and postal addresses. */

/* ---- e-mail ---- */

/* One "@" between two parts, a dot in the second, no white space. */
static bool split_email(struct bytes text, struct bytes *local, struct bytes *domain)
{
    struct bytes left, rest = text;

    if (bytes_has(text, ' ') || !bytes_take_until(&rest, '@', &left) || left.n == 0 ||
            bytes_has(rest, '@') || !bytes_has(rest, '.') || rest.p[0] == '.')
        return false;
    *local = left;
    *domain = rest;
    return true;
}

/* Gmail's local part says nothing by dots and by what follows "+" (Google's own help pages). */
static void add_gmail(struct variant_list *l, struct bytes local)
{
    struct bytes name = local, tag = local, whole = local;

    if (bytes_take_until(&tag, '+', &name))
        whole = name;
    whole = variant_without(l, whole, ".");
    if (whole.n == 0 || whole.n > 256)
        return;
    variant_print(l, VARIANT_BOTH, "Gmail without dots and tag", "%.*s@gmail.com", (int)whole.n,
            (const char *)whole.p);
    variant_print(l, VARIANT_BOTH, "Gmail without dots and tag", "%.*s@googlemail.com",
            (int)whole.n, (const char *)whole.p);
}

void variant_email(struct variant_list *l, struct bytes text)
{
    struct bytes lower = variant_lower(l, text), local, domain, name, tag;

    if (!split_email(lower, &local, &domain))
        return;
    variant_add(l, "lower case", lower, VARIANT_BOTH);
    variant_add(l, "upper case", variant_upper_ascii(l, lower), VARIANT_HASHED);
    variant_add(l, "local part", local, VARIANT_PLAIN | VARIANT_PARTIAL | VARIANT_KEYED);
    tag = local;
    if (bytes_take_until(&tag, '+', &name) && name.n != 0) {
        variant_add(l, "local part without tag", name,
                VARIANT_PLAIN | VARIANT_PARTIAL | VARIANT_KEYED);
        variant_print(l, VARIANT_BOTH, "without tag", "%.*s@%.*s", (int)name.n,
                (const char *)name.p, (int)domain.n, (const char *)domain.p);
    }
    if (bytes_is(domain, "gmail.com") || bytes_is(domain, "googlemail.com"))
        add_gmail(l, local);
    /* As services show it to others: the first letter, stars, the last one. */
    if (local.n > 2 && text.n < 256) {
        variant_print(l, VARIANT_PLAIN | VARIANT_PARTIAL, "masked", "%c***%c@%.*s", local.p[0],
                local.p[local.n - 1], (int)domain.n, (const char *)domain.p);
        variant_print(l, VARIANT_PLAIN | VARIANT_PARTIAL, "masked", "%.3s***@%.*s",
                (const char *)local.p, (int)domain.n, (const char *)domain.p);
    }
}

/* ---- postal addresses ---- */

enum { CUTS_MOST = 40, PARTS_MOST = 20, PART_HAN_LEAST = 6 };

/* Where an address may be cut: behind a unit. Of the last ones on it tells a street. */
struct cut {
    size_t at;
    bool street;
};

struct cuts {
    struct cut at[CUTS_MOST];
    size_t n;
};

static void find_cuts(struct bytes text, struct cuts *out)
{
    static const char units[] = "省市区县旗州盟镇乡", streets[] = "路街道巷弄里村号楼栋幢座室";
    struct bytes rest = text;
    uint32_t c;

    *out = (struct cuts){.n = 1};
    while (out->n < CUTS_MOST) {
        struct bytes before = rest, one;
        char unit[8] = "";

        if (!han_take(&rest, &c))
            break;
        one = bytes_slice(before, 0, before.n - rest.n);
        memcpy(unit, one.p, one.n);
        if (one.n == 3 && strstr(streets, unit) != NULL)
            out->at[out->n++] = (struct cut){text.n - rest.n, true};
        else if (one.n == 3 && strstr(units, unit) != NULL)
            out->at[out->n++] = (struct cut){text.n - rest.n, false};
    }
    if (out->at[out->n - 1].at != text.n && out->n < CUTS_MOST)
        out->at[out->n++] = (struct cut){text.n, out->at[out->n - 1].street};
}

/*
 * Parts from one unit to another, the longest first. A part that ends before its street, "Nanjing,
 * district Gulou", is shared with everybody there: it tells of a town, and is no address.
 */
static void add_parts(struct variant_list *l, struct bytes text)
{
    struct cuts cuts;
    size_t made = 0;

    find_cuts(text, &cuts);
    for (size_t length = cuts.n - 1; length != 0; length--) {
        for (size_t i = 0; i + length < cuts.n && made < PARTS_MOST; i++) {
            const struct cut *end = &cuts.at[i + length];
            struct bytes one = bytes_slice(text, cuts.at[i].at, end->at);

            if (!end->street || one.n == text.n || han_count(one) < PART_HAN_LEAST)
                continue;
            variant_add(l, "part of the address", one,
                    VARIANT_PLAIN | VARIANT_PARTIAL | VARIANT_LOOSE);
            variant_add_gbk(l, one, VARIANT_PLAIN | VARIANT_PARTIAL | VARIANT_LOOSE);
            made++;
        }
    }
}

void variant_address(struct variant_list *l, struct bytes text)
{
    if (han_count(text) == 0) {
        variant_add(l, "without commas", variant_without(l, text, ","), VARIANT_BOTH);
        return;
    }
    text = variant_without(l, variant_narrow(l, text), " ,");
    variant_add(l, "without spaces", text, VARIANT_BOTH | VARIANT_LOOSE);
    variant_add_gbk(l, text, VARIANT_BOTH | VARIANT_LOOSE);
    add_parts(l, text);
}
