/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/capture_keys.h"

#include <errno.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

enum {
    LOOKED_AT = 1 << 20, /* bytes of each file */
    DSB_TYPE = 10,       /* Decryption Secrets Block, draft-ietf-opsawg-pcapng section 4.7 */
    SHB_TYPE = 0x0a0d0d0a,
    BLOCK_HEAD = 12, /* type, length, and the length again at the end */
};

static bool has_key_lines(struct bytes text)
{
    static const char *const labels[] = {"CLIENT_RANDOM ", "CLIENT_HANDSHAKE_TRAFFIC_SECRET ",
            "SERVER_HANDSHAKE_TRAFFIC_SECRET ", "CLIENT_TRAFFIC_SECRET_0 ",
            "SERVER_TRAFFIC_SECRET_0 ", "EXPORTER_SECRET ", "EARLY_EXPORTER_SECRET ",
            "CLIENT_EARLY_TRAFFIC_SECRET ", "ECH_SECRET ", "RSA "};
    struct bytes line;

    while (bytes_take_line(&text, &line)) {
        for (size_t i = 0; i < sizeof(labels) / sizeof(*labels); i++) {
            struct bytes label = bytes_text(labels[i]), rest;

            if (!bytes_starts(line, label))
                continue;
            rest = bytes_slice(line, label.n, line.n);
            /* A label and a hexadecimal number, not a sentence about one. */
            if (rest.n >= 16 && ascii_hex_value(rest.p[0]) >= 0 &&
                    ascii_hex_value(rest.p[15]) >= 0)
                return true;
        }
    }
    return false;
}

static uint32_t word(struct bytes file, size_t at, bool big)
{
    const uint8_t *p = file.p + at;

    return big ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]
               : (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static bool has_secrets_block(struct bytes file)
{
    size_t at = 0;
    bool big;

    if (file.n < BLOCK_HEAD || word(file, 0, true) != SHB_TYPE)
        return false;
    big = word(file, 8, true) == 0x1a2b3c4d;
    while (file.n - at >= BLOCK_HEAD) {
        uint32_t length = word(file, at + 4, big);

        if (word(file, at, big) == DSB_TYPE)
            return true;
        if (length < BLOCK_HEAD || length > file.n - at)
            return false;
        at += length;
    }
    return false;
}

static enum status look_into(
        const char *path, struct buf *room, bool *keys, struct fault *fault)
{
    FILE *file = fopen(path, "rbe");
    struct bytes head;

    if (file == NULL)
        return fault_set(fault, STATUS_IO,
                "%s: cannot be read, so whether it holds keys cannot be told: %s", path,
                strerror(errno));
    room->n = fread(room->p, 1, LOOKED_AT, file);
    (void)fclose(file);
    head = buf_view(room);
    *keys = has_key_lines(head) || has_secrets_block(head);
    return STATUS_OK;
}

static enum status look_below(
        FTS *tree, struct buf *room, char where[CAPTURE_KEYS_WHERE], struct fault *fault)
{
    enum status status = STATUS_OK;
    FTSENT *at;

    while (status == STATUS_OK && (at = fts_read(tree)) != NULL) {
        bool keys = false;

        if (at->fts_info == FTS_DNR || at->fts_info == FTS_ERR || at->fts_info == FTS_NS)
            status = fault_set(fault, STATUS_IO, "%s: cannot be read: %s", at->fts_path,
                    strerror(at->fts_errno));
        else if (at->fts_info == FTS_F)
            status = look_into(at->fts_accpath, room, &keys, fault);
        if (status == STATUS_OK && keys) {
            (void)snprintf(
                    where, CAPTURE_KEYS_WHERE, "%.*s", CAPTURE_KEYS_WHERE - 1, at->fts_path);
            break;
        }
    }
    return status;
}

enum status capture_keys_find(
        const char *directory, char where[CAPTURE_KEYS_WHERE], struct fault *fault)
{
    const char *variable = getenv("SSLKEYLOGFILE");
    char *roots[2] = {NULL, NULL};
    enum status status;
    struct buf room;
    FTS *tree;

    where[0] = '\0';
    if (variable != NULL && variable[0] != '\0') {
        (void)snprintf(
                where, CAPTURE_KEYS_WHERE, "the variable SSLKEYLOGFILE (%.400s)", variable);
        return STATUS_OK;
    }
    roots[0] = strdup(directory);
    buf_init(&room, LOOKED_AT);
    status = roots[0] == NULL ? STATUS_NOMEM : buf_reserve(&room, LOOKED_AT);
    if (status != STATUS_OK) {
        fault_set(fault, status, "out of memory");
    } else {
        tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
        status = tree == NULL ? fault_set(fault, STATUS_IO, "%s: cannot be read: %s", directory,
                                        strerror(errno))
                              : look_below(tree, &room, where, fault);
        if (tree != NULL)
            (void)fts_close(tree);
    }
    buf_clear(&room);
    free(roots[0]);
    return status;
}
