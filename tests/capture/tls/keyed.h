/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CAPTURE_TLS_KEYED_H
#define TESTS_CAPTURE_TLS_KEYED_H

/* The captures of ../shared/captures/keyed: a folder for each, with its packets and its keys. */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>

#include "base/buf.h"
#include "capture/packet/source.h"
#include "capture/tls/keylog.h"

#define KEYED "../shared/captures/keyed"

enum { PATH_TEXT = 512, FILE_MOST = 64 << 20 };

/* Empty when the file is not there; the caller clears it. */
static inline struct buf read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t block[8192];
    struct buf text;
    size_t n;

    buf_init(&text, FILE_MOST);
    while (file != NULL && (n = fread(block, 1, sizeof(block), file)) != 0)
        assert_int_equal(buf_append(&text, bytes_of(block, n)), STATUS_OK);
    if (file != NULL)
        (void)fclose(file);
    return text;
}

/* Adds the keys of capture `id`, of its log and those among its packets; `path` is where these
 * are. False when it is not here. */
static inline bool keyed_find(const char *id, struct keylog *keys, char path[PATH_TEXT])
{
    static const char *const names[] = {"traffic.pcap", "traffic.pcapng", "traffic.pcapng.gz"};
    struct fault fault = {STATUS_OK, ""};
    struct source_scan scan;
    struct buf text;
    FILE *file = NULL;

    (void)snprintf(path, PATH_TEXT, KEYED "/%s/keys.log", id);
    text = read_file(path);
    assert_int_equal(keylog_add(keys, buf_view(&text)), STATUS_OK);
    buf_clear(&text);
    for (size_t i = 0; file == NULL && i < sizeof(names) / sizeof(names[0]); i++) {
        (void)snprintf(path, PATH_TEXT, KEYED "/%s/%s", id, names[i]);
        file = fopen(path, "rb");
    }
    if (file == NULL)
        return false;
    (void)fclose(file);
    buf_init(&text, FILE_MOST);
    assert_int_equal(source_scan_secrets(path, &text, &scan, &fault), STATUS_OK);
    assert_int_equal(keylog_add(keys, buf_view(&text)), STATUS_OK);
    buf_clear(&text);
    return true;
}

#endif
