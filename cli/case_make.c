/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/case_make.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base/embed.h"
#include "base/json.h"
#include "capture/packet/source.h"
#include "cli/case_names.h"
#include "cli/case_recording.h"
#include "cli/examine_har.h"
#include "report/page.h"

EMBED(import_verify_sh, "report/data/verify.sh");
EMBED(import_verify_txt, "report/data/VERIFY.txt");

enum {
    ARENA_MOST = 64 << 20,
    PIECE = 1 << 20, /* findings are written in pieces of about this size */
    PIECE_MOST = 1 << 30,
    UUID_TEXT = 48,
    DATE_TEXT = 16,
};

static enum status no_memory(struct case_maker *m)
{
    return fault_set(&m->fault, STATUS_NOMEM, "out of memory");
}

static bool goes_along(const struct case_maker *m, const char *name)
{
    for (size_t i = 0; i < m->along_count; i++) {
        if (strcmp(m->along[i].name, name) == 0)
            return true;
    }
    return false;
}

/* Everything a case needs of its inputs is copied while they are read. */
enum status case_maker_copy(struct case_maker *m)
{
    enum status status = STATUS_OK;

    m->setup.file_names =
            case_names(m->arena, "data/raw", NULL, m->setup.files, m->setup.file_count);
    m->setup.key_names =
            case_names(m->arena, "data/raw", "keys.log", m->setup.keys, m->setup.key_count);
    if (m->setup.file_names == NULL || m->setup.key_names == NULL)
        return no_memory(m);
    for (size_t i = 0; i < m->setup.file_count && status == STATUS_OK; i++)
        status = bag_copy(m->bag, m->setup.files[i], m->setup.file_names[i], &m->fault);
    for (size_t i = 0; i < m->setup.key_count && status == STATUS_OK; i++)
        status = bag_copy(m->bag, m->setup.keys[i], m->setup.key_names[i], &m->fault);
    for (size_t i = 0; i < m->along_count && status == STATUS_OK; i++)
        status = bag_copy(m->bag, m->along[i].path, m->along[i].name, &m->fault);
    if (status == STATUS_OK && m->setup.subject != NULL)
        status = bag_copy(m->bag, m->setup.subject, CASE_SUBJECT, &m->fault);
    if (status == STATUS_OK && m->setup.marks != NULL)
        status = bag_copy(m->bag, m->setup.marks, CASE_MARKS, &m->fault);
    if (status == STATUS_OK && m->setup.browser != NULL && !goes_along(m, CASE_BROWSER))
        status = bag_copy(m->bag, m->setup.browser, CASE_BROWSER, &m->fault);
    return status;
}

static bool readable(struct case_maker *m, const char *path)
{
    if (access(path, R_OK) == 0)
        return true;
    fault_set(&m->fault, STATUS_INPUT, "%s: cannot be read: %s", path, strerror(errno));
    return false;
}

/* Nothing is made before every input is known to be there and to be a capture. */
static enum status check_inputs(struct case_maker *m)
{
    bool har = false;

    if (examine_har_told(m->setup.files, m->setup.file_count, &har, &m->fault) != STATUS_OK)
        return m->fault.status;
    for (size_t i = 0; i < m->setup.file_count && !har; i++) {
        struct source *source = NULL;
        enum status status;

        if (strcmp(m->setup.files[i], "-") == 0)
            return fault_set(&m->fault, STATUS_INPUT,
                    "a case keeps its captures as they are on disk: name a file, not \"-\"");
        status = source_open(m->setup.files[i], &source, &m->fault);
        source_close(source);
        if (status == STATUS_OK)
            continue;
        /* What the person named cannot be read: their input's fault, not ours. */
        if (status == STATUS_IO)
            m->fault.status = STATUS_INPUT;
        return m->fault.status;
    }
    for (size_t i = 0; i < m->setup.key_count; i++) {
        if (!readable(m, m->setup.keys[i]))
            return m->fault.status;
    }
    if ((m->setup.subject != NULL && !readable(m, m->setup.subject)) ||
            (m->setup.marks != NULL && !readable(m, m->setup.marks)) ||
            (m->setup.browser != NULL && !readable(m, m->setup.browser)))
        return m->fault.status;
    return STATUS_OK;
}

enum status case_maker_begin(struct case_maker *m)
{
    enum status status;

    m->arena = arena_new(ARENA_MOST);
    if (m->arena == NULL)
        return no_memory(m);
    status = check_inputs(m);
    if (status == STATUS_OK)
        status = bag_begin(m->target, m->overwrite, &m->bag, &m->fault);
    if (status == STATUS_OK)
        status = bag_directory_make(m->bag, "data/bodies", &m->fault);
    if (status == STATUS_OK) {
        m->setup.spool = arena_print(m->arena, "%s/data/bodies", bag_directory(m->bag));
        if (m->setup.spool == NULL)
            status = no_memory(m);
    }
    return status;
}

/* The lists that labelled requests go into the case: without them nobody could derive the
 * labels again. */
static enum status copy_lists(struct case_maker *m)
{
    const struct site_list *suffixes = sites_list(m->examined.sites);
    size_t n = lists_count(m->examined.lists);
    const char **paths = arena_array(m->arena, n + 1, sizeof(const char *));
    const char *const *names;
    enum status status = STATUS_OK;

    if (paths == NULL)
        return no_memory(m);
    for (size_t i = 0; i < n; i++)
        paths[i] = lists_info(m->examined.lists, i)->path;
    paths[n] = suffixes->path;
    names = case_names(m->arena, "data/lists", NULL, paths, n + 1);
    if (names == NULL)
        return no_memory(m);
    m->list_names = names;
    m->suffixes_name = names[n];
    for (size_t i = 0; i <= n && status == STATUS_OK; i++)
        status = bag_copy(m->bag, paths[i], names[i], &m->fault);
    return status;
}

/* Legal rules that are not the program's own belong to the case likewise. */
static enum status copy_rules(struct case_maker *m)
{
    const struct legal_table *tables = legal_tables(m->examined.legal);
    enum status status = STATUS_OK;

    for (size_t i = 0; i < LEGAL_TABLES && m->setup.rules != NULL && status == STATUS_OK; i++) {
        const char *from = arena_print(m->arena, "%s/%s", m->setup.rules, tables[i].name);
        const char *to = arena_print(m->arena, CASE_RULES "/%s", tables[i].name);

        status = from == NULL || to == NULL ? no_memory(m)
                                            : bag_copy(m->bag, from, to, &m->fault);
    }
    return status;
}

static bool take_hash(struct case_maker *m, struct basis_file *file)
{
    char hex[SHA256_TEXT];

    if (file->name != NULL && bag_sha256(m->bag, file->name, hex)) {
        file->sha256 = arena_string(m->arena, bytes_text(hex));
        return file->sha256 != NULL;
    }
    return true;
}

/* Input hashes are known once the copies are done. */
static enum status take_hashes(struct case_maker *m)
{
    struct evidence *e = &m->examined.evidence;
    enum status status = bag_wait(m->bag, &m->fault);
    char hex[SHA256_TEXT];

    m->key_files = arena_array(m->arena, m->setup.key_count + 1, sizeof(*m->key_files));
    if (m->key_files == NULL)
        return no_memory(m);
    for (size_t i = 0; i < e->file_count && status == STATUS_OK; i++) {
        if (bag_sha256(m->bag, e->files[i].name, hex))
            e->files[i].sha256 = arena_string(m->arena, bytes_text(hex));
    }
    for (size_t i = 0; i < m->setup.key_count && status == STATUS_OK; i++) {
        m->key_files[i].name = m->setup.key_names[i];
        if (!take_hash(m, &m->key_files[i]))
            return no_memory(m);
    }
    m->subject.name = m->setup.subject == NULL ? NULL : CASE_SUBJECT;
    m->marks.name = m->setup.marks == NULL ? NULL : CASE_MARKS;
    m->browser.name = m->setup.browser == NULL ? NULL : CASE_BROWSER;
    m->sockets.name = m->examined.judgement.belongings.list == NULL ? NULL : CASE_SOCKETS;
    if (status == STATUS_OK &&
            (!take_hash(m, &m->subject) || !take_hash(m, &m->marks) ||
                    !take_hash(m, &m->browser) || !take_hash(m, &m->sockets)))
        return no_memory(m);
    return status;
}

static struct basis basis_of(const struct case_maker *m)
{
    const struct whereabouts *w = m->examined.whereabouts;

    return (struct basis){
            .lists = m->examined.lists,
            .list_names = m->list_names,
            .suffixes = sites_list(m->examined.sites),
            .suffixes_name = m->suffixes_name,
            .parties = m->examined.parties,
            .legal = m->examined.legal,
            .keys = m->key_files,
            .key_count = m->setup.key_count,
            .key_blocks = m->examined.key_blocks,
            .subject = m->subject,
            .marks = m->marks,
            .browser = m->browser,
            .sockets = m->sockets,
            .rules_name = m->setup.rules == NULL ? NULL : CASE_RULES,
            .whereabouts_date = w == NULL ? NULL : whereabouts_date(w),
            .whereabouts_sha256 = w == NULL ? NULL : whereabouts_sha256(w),
    };
}

static enum status write_findings_file(
        struct case_maker *m, enum findings_file file, const struct basis *basis)
{
    struct findings_writer writer;
    enum status status, made;
    struct bag_stream *stream;
    struct buf piece;

    status = bag_stream_open(m->bag, findings_name(file), &stream, &m->fault);
    if (status != STATUS_OK)
        return status;
    buf_init(&piece, PIECE_MOST);
    findings_open(&writer, file, &m->examined.evidence, &m->examined.judgement, basis);
    while (status == STATUS_OK && findings_next(&writer, &piece, &made)) {
        status = made == STATUS_OK ? STATUS_OK : no_memory(m);
        if (status == STATUS_OK && piece.n >= PIECE) {
            status = bag_stream_write(stream, buf_view(&piece), &m->fault);
            buf_reset(&piece);
        }
    }
    if (status == STATUS_OK)
        status = bag_stream_write(stream, buf_view(&piece), &m->fault);
    buf_clear(&piece);
    return bag_stream_close(stream, status, &m->fault);
}

static enum status write_pages(struct case_maker *m, const struct basis *basis)
{
    static const char *const names[] = {
            [LANGUAGE_ENGLISH] = "data/report/report.en.html",
            [LANGUAGE_CHINESE] = "data/report/report.zh.html",
    };
    const char *slash = strrchr(m->target, '/');
    struct page_facts facts = {
            .case_name = slash == NULL || slash[1] == '\0' ? m->target : slash + 1,
            .tool_version = EXHIBIT_VERSION,
            .basis = basis,
            .sites = m->examined.sites,
            .subject = m->setup.subject == NULL ? NULL : &m->examined.subject,
            .marks = m->setup.marks == NULL ? NULL : &m->examined.marks,
    };
    enum status status =
            case_recording_read(m->arena, m->along, m->along_count, &facts, &m->fault);
    struct buf page;

    buf_init(&page, PIECE_MOST);
    for (int i = LANGUAGE_ENGLISH; i <= LANGUAGE_CHINESE && status == STATUS_OK; i++) {
        buf_reset(&page);
        status = page_render(
                (enum language)i, &m->examined.evidence, &m->examined.judgement, &facts, &page);
        if (status == STATUS_OK)
            status = bag_write(m->bag, names[i], buf_view(&page), &m->fault);
        else
            no_memory(m);
    }
    buf_clear(&page);
    return status;
}

/* RFC 9562 section 5.4, a random one. */
static bool make_uuid(char out[UUID_TEXT])
{
    uint8_t raw[16];
    char hex[33];

    if (getrandom(raw, sizeof(raw), 0) != (ssize_t)sizeof(raw))
        return false;
    raw[6] = (uint8_t)((raw[6] & 0x0f) | 0x40);
    raw[8] = (uint8_t)((raw[8] & 0x3f) | 0x80);
    digest_hex(bytes_of(raw, sizeof(raw)), hex);
    (void)snprintf(out, UUID_TEXT, "urn:uuid:%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12,
            hex + 16, hex + 20);
    return true;
}

static enum status seal(struct case_maker *m)
{
    char uuid[UUID_TEXT], date[DATE_TEXT];
    const struct bag_info info = {
            .description =
                    "Web traffic of one person's browser, and what it shows; see VERIFY.txt",
            .identifier = uuid,
            .date = date,
            .profile = "exhibit-case/1",
    };
    time_t now = time(NULL);
    struct tm today;
    enum status status;

    if (!make_uuid(uuid) || gmtime_r(&now, &today) == NULL ||
            strftime(date, sizeof(date), "%Y-%m-%d", &today) == 0)
        return fault_set(&m->fault, STATUS_IO, "the system gives no random numbers or time");
    status = bag_write(m->bag, "VERIFY.txt", EMBEDDED(import_verify_txt), &m->fault);
    if (status == STATUS_OK)
        status = bag_write(m->bag, "verify.sh", EMBEDDED(import_verify_sh), &m->fault);
    return status == STATUS_OK ? bag_finish(m->bag, &info, &m->fault) : status;
}

enum status case_maker_write(struct case_maker *m)
{
    struct basis basis;
    enum status status = copy_lists(m);

    if (status == STATUS_OK)
        status = copy_rules(m);
    if (status == STATUS_OK)
        status = take_hashes(m);
    if (status != STATUS_OK)
        return status;
    basis = basis_of(m);
    for (int i = 0; i < FINDINGS_FILES && status == STATUS_OK; i++)
        status = write_findings_file(m, (enum findings_file)i, &basis);
    if (status == STATUS_OK)
        status = write_pages(m, &basis);
    return status == STATUS_OK ? seal(m) : status;
}

enum status case_maker_run(struct case_maker *m)
{
    enum status status = case_maker_begin(m);

    if (status == STATUS_OK)
        status = case_maker_copy(m);
    if (status == STATUS_OK)
        status = examine(&m->setup, &m->examined, &m->fault);
    return status == STATUS_OK ? case_maker_write(m) : status;
}

void case_maker_clear(struct case_maker *m)
{
    bag_free(m->bag);
    examined_clear(&m->examined);
    arena_free(m->arena);
    m->bag = NULL;
    m->arena = NULL;
}
