/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/tls/half.h"

/* IANA "TLS Alerts"; those of SSL 3.0 that later versions dropped are among them. */
const char *message_alert_name(uint8_t description)
{
    static const struct {
        uint8_t number;
        const char *name;
    } names[] = {
            {0, "close_notify"},
            {10, "unexpected_message"},
            {20, "bad_record_mac"},
            {21, "decryption_failed"},
            {22, "record_overflow"},
            {30, "decompression_failure"},
            {40, "handshake_failure"},
            {41, "no_certificate"},
            {42, "bad_certificate"},
            {43, "unsupported_certificate"},
            {44, "certificate_revoked"},
            {45, "certificate_expired"},
            {46, "certificate_unknown"},
            {47, "illegal_parameter"},
            {48, "unknown_ca"},
            {49, "access_denied"},
            {50, "decode_error"},
            {51, "decrypt_error"},
            {52, "too_many_cids_requested"},
            {60, "export_restriction"},
            {70, "protocol_version"},
            {71, "insufficient_security"},
            {80, "internal_error"},
            {86, "inappropriate_fallback"},
            {90, "user_canceled"},
            {100, "no_renegotiation"},
            {109, "missing_extension"},
            {110, "unsupported_extension"},
            {111, "certificate_unobtainable"},
            {112, "unrecognized_name"},
            {113, "bad_certificate_status_response"},
            {114, "bad_certificate_hash_value"},
            {115, "unknown_psk_identity"},
            {116, "certificate_required"},
            {120, "no_application_protocol"},
            {121, "ech_required"},
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (names[i].number == description)
            return names[i].name;
    return NULL;
}

void message_alert(struct tls *t, struct half *h, struct bytes content)
{
    const char *side = h->dir == FROM_CLIENT ? "client" : "server";
    uint8_t level, description;
    const char *name, *severity;
    char *text;

    if (content.n != 2 || !bytes_take_u8(&content, &level) ||
            !bytes_take_u8(&content, &description))
        return;
    if (++t->alerts > TLS_ALERTS_MOST)
        return; /* each takes room in the arena */
    severity = level == 2 ? "fatal" : "warning";
    name = message_alert_name(description);
    text = name != NULL ? arena_print(t->setup.arena, "%s %s from %s", severity, name, side)
                        : arena_print(t->setup.arena, "%s alert %u from %s", severity,
                                  description, side);
    if (text != NULL)
        t->setup.facts->alert = text;
}
