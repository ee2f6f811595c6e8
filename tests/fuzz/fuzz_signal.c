/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes: signal. A byte that chooses a vendor, a name, a line feed, a text. Asserts: the answer is
 * an attribute; an empty text is none; what a vendor's field means comes from the vendor; without
 * a vendor, a header and a value answer the same twice. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "classify/signal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes text = {data, size}, name;
    enum signal_by by = SIGNAL_BY_NAME, again = SIGNAL_BY_NAME;
    const struct vendor *v;
    enum signal s;
    uint8_t which;

    if (!bytes_take_u8(&text, &which) || !bytes_take_until(&text, '\n', &name))
        return 0;
    v = &vendor_table[which % vendor_table_size];
    s = signal_of(v, name, text, &by);
    assert((unsigned)s < SIGNALS && (text.n != 0 || s == SIGNAL_NONE));
    assert(s == SIGNAL_NONE ||
            (by == SIGNAL_BY_VENDOR) == (vendor_field_find(v, name) != NULL));
    s = signal_of(NULL, name, text, &by);
    assert(s == signal_of(NULL, name, text, &again) && by == again);
    assert(s == SIGNAL_NONE || by != SIGNAL_BY_VENDOR);
    /* The form does not depend on the name. */
    if (s != SIGNAL_NONE && by == SIGNAL_BY_FORM)
        assert(s == signal_of(NULL, bytes_of(NULL, 0), text, &again));
    assert(signal_of_header(name, text) < SIGNALS);
    return (signal_is_font(text) || vendor_at_home(v, text)) && size == SIZE_MAX ? 1 : 0;
}
