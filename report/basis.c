/* SPDX-License-Identifier: Apache-2.0 */
#include "report/basis.h"

#include "classify/sensitive.h"

const char *basis_level(const struct evidence *e)
{
    return e->har != NULL ? "none" : "L0";
}

const char *basis_level_why(const struct evidence *e)
{
    if (e->har != NULL)
        return "No packets: the file was written by a program, nothing in it can be derived "
               "from what went over the wire. The seal shows that no file was changed after "
               "sealing, and no more.";
    return "The person's own capture, sealed when the case was written. It holds no time stamp "
           "made by others during the capture, no capture of an independent witness and no "
           "notary's signature. Whoever holds the TLS keys could have altered what it shows "
           "before it was sealed.";
}

static void write_tool(struct json *j)
{
    json_object(j, "tool");
    json_string(j, "name", "exhibit");
    json_string(j, "version", EXHIBIT_VERSION);
    json_end(j);
}

/* null when the person gave none. */
static void write_file(struct json *j, const char *key, const struct basis_file *file)
{
    if (file->name == NULL) {
        json_null(j, key);
        return;
    }
    json_object(j, key);
    json_string(j, "path", file->name);
    json_string(j, "sha256", file->sha256);
    json_end(j);
}

static void write_inputs(struct json *j, const struct evidence *e, const struct basis *b)
{
    json_array(j, "inputs");
    for (size_t i = 0; i < e->file_count; i++) {
        json_object(j, NULL);
        json_string(j, "path", e->files[i].name);
        json_string(j, "sha256", e->files[i].sha256);
        if (e->har != NULL) {
            json_string(j, "format", "HAR");
            json_string(j, "written_by", e->files[i].program);
        }
        json_end(j);
    }
    json_end(j);
    json_array(j, "keys");
    for (size_t i = 0; i < b->key_count; i++) {
        json_object(j, NULL);
        json_string(j, "path", b->keys[i].name);
        json_string(j, "sha256", b->keys[i].sha256);
        json_end(j);
    }
    json_end(j);
    json_unsigned(j, "secrets_blocks", b->key_blocks);
    write_file(j, "subject", &b->subject);
    write_file(j, "marks", &b->marks);
    write_file(j, "browser", &b->browser);
    if (b->sockets.name != NULL)
        write_file(j, "sockets", &b->sockets);
}

static void write_list(struct json *j, const struct list_info *info, const char *name)
{
    json_object(j, NULL);
    json_string(j, "name", info->name);
    json_string(j, "path", name);
    json_text(j, "title", info->title);
    json_text(j, "version", info->version);
    json_text(j, "date", info->modified);
    json_text(j, "homepage", info->homepage);
    json_string(j, "sha256", info->sha256);
    json_unsigned(j, "bytes", info->bytes);
    json_unsigned(j, "rules", (uint64_t)info->blocks + info->exceptions);
    json_unsigned(j, "blocks", info->blocks);
    json_unsigned(j, "exceptions", info->exceptions);
    json_unsigned(j, "not_used", (uint64_t)info->modifiers + info->cosmetics);
    json_unsigned(j, "not_understood", (uint64_t)info->unsupported + info->malformed);
    json_end(j);
}

static void write_lists(struct json *j, const struct basis *b)
{
    json_array(j, "lists");
    for (size_t i = 0; b->lists != NULL && i < lists_count(b->lists); i++)
        write_list(j, lists_info(b->lists, i), b->list_names[i]);
    json_end(j);
    json_object(j, "public_suffix_list");
    json_string(j, "path", b->suffixes_name);
    json_string(j, "date", b->suffixes->date);
    json_string(j, "sha256", b->suffixes->sha256);
    json_unsigned(j, "rules", b->suffixes->rules);
    json_unsigned(j, "own_additions", b->suffixes->added);
    json_end(j);
    json_object(j, "parties");
    json_string(j, "name", "parties.csv");
    json_string(j, "date", parties_date(b->parties));
    json_string(j, "sha256", parties_sha256(b->parties));
    json_unsigned(j, "rows", parties_rows(b->parties));
    json_end(j);
}

static void write_rules(struct json *j, const struct basis *b)
{
    const struct legal_table *tables = legal_tables(b->legal);

    if (b->rules_name == NULL)
        json_null(j, "rules");
    else
        json_string(j, "rules", b->rules_name);
    json_array(j, "rule_sets");
    for (size_t i = 0; i < LEGAL_TABLES; i++) {
        json_object(j, NULL);
        json_string(j, "name", tables[i].name);
        json_string(j, "version", tables[i].version);
        json_string(j, "date", tables[i].date);
        json_string(j, "sha256", tables[i].sha256);
        json_unsigned(j, "rules", tables[i].rules);
        json_end(j);
    }
    json_end(j);
}

/* Tables of our own that labels lean on. */
static void write_tables(struct json *j, const struct basis *b)
{
    json_object(j, "sensitive_words");
    json_string(j, "version", sensitive_version());
    json_end(j);
    if (b->whereabouts_sha256 == NULL) {
        json_null(j, "whereabouts");
        return;
    }
    json_object(j, "whereabouts");
    json_string(j, "name", "IPFire Location");
    json_string(j, "date", b->whereabouts_date);
    json_string(j, "sha256", b->whereabouts_sha256);
    json_end(j);
}

void basis_write(struct json *j, const struct evidence *e, const struct basis *b)
{
    json_object(j, NULL);
    json_string(j, "schema", "exhibit/basis/1");
    write_tool(j);
    write_inputs(j, e, b);
    write_lists(j, b);
    write_rules(j, b);
    write_tables(j, b);
    json_object(j, "proof_level");
    json_string(j, "level", basis_level(e));
    json_string(j, "why", basis_level_why(e));
    json_end(j);
    json_end(j);
}
