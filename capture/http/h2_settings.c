/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/http/h2_settings.h"

#include <string.h>

enum {
    HEADER_TABLE_SIZE = 1,
    ENABLE_CONNECT_PROTOCOL = 8,
};

void h2_settings_init(struct h2_settings *s)
{
    *s = (struct h2_settings){0};
}

bool h2_settings_read(struct h2_settings *s, struct bytes payload)
{
    struct h2_settings_table table = {0};
    bool connect = false;
    uint16_t name;
    uint32_t value;

    while (bytes_take_u16(&payload, &name) && bytes_take_u32(&payload, &value)) {
        if (name == HEADER_TABLE_SIZE && (!table.given || value < table.size))
            table = (struct h2_settings_table){true, value};
        if (name == ENABLE_CONNECT_PROTOCOL)
            connect = value == 1;
    }
    if (s->count == H2_SETTINGS_WAITING) {
        s->count--;
        memmove(s->waiting, s->waiting + 1, s->count * sizeof(s->waiting[0]));
    }
    s->waiting[s->count++] = table;
    return connect;
}

bool h2_settings_read_upgrade(struct h2_settings *s, struct bytes field)
{
    uint8_t raw[H2_SETTINGS_UPGRADE_MOST];
    uint32_t held = 0;
    unsigned bits = 0;
    size_t n = 0;

    while (field.n != 0 && field.p[field.n - 1] == '=')
        field.n--;
    for (size_t i = 0; i < field.n; i++) {
        int value = ascii_base64_value(field.p[i]);

        if (value < 0 || n == sizeof(raw))
            return false;
        held = (held << 6 | (uint32_t)value) & 0xffff;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            raw[n++] = (uint8_t)(held >> bits);
        }
    }
    (void)h2_settings_read(s, bytes_of(raw, n));
    return true;
}

bool h2_settings_acknowledged(struct h2_settings *s, uint32_t *table_size)
{
    struct h2_settings_table table;

    if (s->count == 0)
        return false;
    table = s->waiting[0];
    s->count--;
    memmove(s->waiting, s->waiting + 1, s->count * sizeof(s->waiting[0]));
    if (table.given)
        *table_size = table.size;
    return table.given;
}

void h2_settings_forget(struct h2_settings *s)
{
    s->count = 0;
}
