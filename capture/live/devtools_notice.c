/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/live/devtools_parts.h"

enum {
    DOM_MOST = 16 << 20,    /* of a snapshot that is kept */
    STRINGS_MOST = 1 << 20, /* in a snapshot; each document's nodes likewise */
    DOCUMENTS_MOST = 256,   /* frames of one process */
    LINKS_READ = 8192,      /* in one document */
    LINKS_KEPT = 200,       /* in the line */
    LINK_TEXT = 256,        /* bytes of a link's text that are read */
    STRING_READ = 16 << 10, /* the longest text or address that is looked at */
};

struct link {
    int32_t node;
    char text[LINK_TEXT];
    size_t n;
    double left, top, right, bottom; /* in its document */
    struct bytes font_size, address; /* raw strings */
    bool hidden;
};

struct document { /* of a snapshot: one frame */
    struct bytes json, nodes;
    int32_t *parent, *anchor, *link_of; /* by node; -1: none */
    size_t n;
    struct link *links;
    size_t link_count;
    double x, y; /* where it stands in the page */
    bool placed;
};

struct snapshot {
    struct bytes *strings;
    size_t string_count;
    struct bytes documents[DOCUMENTS_MOST];
    double at_x[DOCUMENTS_MOST], at_y[DOCUMENTS_MOST];
    bool placed[DOCUMENTS_MOST];
    size_t n;
    size_t kept;
    bool nomem;
};

static struct bytes string_at(const struct snapshot *s, struct bytes index)
{
    int64_t i;

    return scan_integer(index, &i) && i >= 0 && (uint64_t)i < s->string_count
                   ? s->strings[i]
                   : (struct bytes){0};
}

static size_t elements(struct bytes array, size_t most)
{
    struct bytes value;
    struct scan s;
    size_t n = 0;

    scan_begin(&s, array);
    while (n < most && scan_next(&s, NULL, &value))
        n++;
    return n;
}

static bool read_strings(struct snapshot *s, struct bytes array)
{
    struct bytes value;
    struct scan scan;
    size_t n = elements(array, STRINGS_MOST);

    s->strings = calloc(n + 1, sizeof(*s->strings));
    if (s->strings == NULL) {
        s->nomem = true;
        return false;
    }
    scan_begin(&scan, array);
    while (s->string_count < n && scan_next(&scan, NULL, &value))
        s->strings[s->string_count++] = value;
    return true;
}

static void document_clear(struct document *doc)
{
    free(doc->parent);
    free(doc->anchor);
    free(doc->link_of);
    free(doc->links);
}

static bool document_make(struct snapshot *s, struct bytes json, struct document *doc)
{
    struct bytes parents = {0};

    *doc = (struct document){.json = json};
    if (!scan_member(json, "nodes", &doc->nodes) ||
            !scan_member(doc->nodes, "parentIndex", &parents))
        return false;
    doc->n = elements(parents, STRINGS_MOST);
    doc->parent = calloc(doc->n + 1, sizeof(*doc->parent));
    doc->anchor = calloc(doc->n + 1, sizeof(*doc->anchor));
    doc->link_of = calloc(doc->n + 1, sizeof(*doc->link_of));
    doc->links = calloc(LINKS_READ, sizeof(*doc->links));
    s->nomem |= doc->parent == NULL || doc->anchor == NULL || doc->link_of == NULL ||
                doc->links == NULL;
    return !s->nomem;
}

/* The nearest link above each node. A parent stands before its children. */
static void find_anchors(const struct snapshot *s, struct document *doc)
{
    struct bytes parents = {0}, names = {0}, parent, name;
    struct scan up, named;

    if (!scan_member(doc->nodes, "parentIndex", &parents) ||
            !scan_member(doc->nodes, "nodeName", &names))
        return;
    scan_begin(&up, parents);
    scan_begin(&named, names);
    for (size_t i = 0; i < doc->n; i++) {
        int64_t above = -1;

        doc->anchor[i] = doc->link_of[i] = doc->parent[i] = -1;
        if (!scan_next(&up, NULL, &parent) || !scan_next(&named, NULL, &name))
            continue;
        if (scan_integer(parent, &above) && above >= 0 && (uint64_t)above < i) {
            doc->parent[i] = (int32_t)above;
            doc->anchor[i] = doc->anchor[above];
        }
        name = string_at(s, name);
        if (bytes_is_nocase(name, "\"A\"") || bytes_is_nocase(name, "\"BUTTON\""))
            doc->anchor[i] = (int32_t)i;
    }
}

struct box {
    double x, y, width, height;
};

static bool read_box(struct bytes array, struct box *box)
{
    double *const parts[4] = {&box->x, &box->y, &box->width, &box->height};
    struct bytes value;
    struct scan s;

    scan_begin(&s, array);
    for (size_t i = 0; i < 4; i++) {
        char text[40];

        if (!scan_next(&s, NULL, &value) || value.n >= sizeof(text))
            return false;
        memcpy(text, value.p, value.n);
        text[value.n] = '\0';
        *parts[i] = strtod(text, NULL);
        if (!(*parts[i] > -1e9 && *parts[i] < 1e9))
            return false;
    }
    return true;
}

static void add_text(struct link *link, struct bytes raw)
{
    uint8_t text[STRING_READ];
    size_t n;

    if (raw.n > STRING_READ || !scan_unescape(raw, text, &n))
        return;
    if (link->n != 0 && link->n + 1 < LINK_TEXT)
        link->text[link->n++] = ' ';
    for (size_t i = 0; i < n && link->n + 1 < LINK_TEXT; i++)
        link->text[link->n++] = (char)text[i];
}

static struct link *link_at(struct document *doc, int32_t node)
{
    struct link *link;

    if (doc->link_of[node] >= 0)
        return &doc->links[doc->link_of[node]];
    if (doc->link_count == LINKS_READ)
        return NULL;
    doc->link_of[node] = (int32_t)doc->link_count;
    link = &doc->links[doc->link_count++];
    *link = (struct link){.node = node, .left = 1e9, .top = 1e9, .right = -1e9, .bottom = -1e9};
    return link;
}

/* One box of the layout that shows text: a piece of a link, if it stands inside one. */
static void add_piece(const struct snapshot *s, struct document *doc, int64_t node,
        struct bytes text, struct bytes bounds, struct bytes styles)
{
    struct bytes style, raw = string_at(s, text);
    struct link *link;
    struct scan scan;
    struct box box;

    if (raw.n <= 2 || node < 0 || (uint64_t)node >= doc->n || doc->anchor[node] < 0 ||
            !read_box(bounds, &box))
        return;
    link = link_at(doc, doc->anchor[node]);
    if (link == NULL)
        return;
    add_text(link, raw);
    link->left = box.x < link->left ? box.x : link->left;
    link->top = box.y < link->top ? box.y : link->top;
    link->right = box.x + box.width > link->right ? box.x + box.width : link->right;
    link->bottom = box.y + box.height > link->bottom ? box.y + box.height : link->bottom;
    /* In the order of DEVTOOLS_SNAPSHOT. */
    scan_begin(&scan, styles);
    if (scan_next(&scan, NULL, &style) && link->font_size.n == 0)
        link->font_size = string_at(s, style);
    if (scan_next(&scan, NULL, &style))
        link->hidden = bytes_is(string_at(s, style), "\"hidden\"");
}

static void read_layout(const struct snapshot *s, struct document *doc)
{
    struct bytes layout, arrays[4], values[4];
    static const char *const names[] = {"nodeIndex", "text", "bounds", "styles"};
    struct scan scans[4];

    if (!scan_member(doc->json, "layout", &layout))
        return;
    for (size_t i = 0; i < 4; i++) {
        if (!scan_member(layout, names[i], &arrays[i]))
            return;
        scan_begin(&scans[i], arrays[i]);
    }
    for (;;) {
        int64_t node;

        for (size_t i = 0; i < 4; i++)
            if (!scan_next(&scans[i], NULL, &values[i]))
                return;
        if (scan_integer(values[0], &node))
            add_piece(s, doc, node, values[1], values[2], values[3]);
    }
}

static bool speaks_of_privacy(const struct link *link)
{
    static const char *const words[] = {"privacy", "cookie", "隐私", "隱私", "个人信息保护"};
    char text[LINK_TEXT] = "";

    for (size_t i = 0; i < link->n; i++)
        text[i] = (char)ascii_lower((uint8_t)link->text[i]);
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        size_t at;

        if (bytes_find(bytes_of(text, link->n), bytes_text(words[i]), 0, &at))
            return true;
    }
    return false;
}

/* The addresses of links as they are written in the page. */
static void read_addresses(const struct snapshot *s, struct document *doc)
{
    struct bytes all = {0}, mine, name, value;
    struct scan scan, inner;

    if (!scan_member(doc->nodes, "attributes", &all))
        return;
    scan_begin(&scan, all);
    for (size_t i = 0; i < doc->n && scan_next(&scan, NULL, &mine); i++) {
        if (doc->link_of[i] < 0)
            continue;
        scan_begin(&inner, mine);
        while (scan_next(&inner, NULL, &name) && scan_next(&inner, NULL, &value))
            if (bytes_is_nocase(string_at(s, name), "\"href\""))
                doc->links[doc->link_of[i]].address = string_at(s, value);
    }
}

static void write_tenths(struct json *j, const char *key, double value)
{
    char text[32];
    int n = snprintf(text, sizeof(text), "%.1f", value);

    json_raw(j, key, bytes_of(text, n > 0 ? (size_t)n : 0));
}

static void write_raw(struct json *j, const char *key, struct bytes raw)
{
    if (raw.n != 0 && raw.n <= STRING_READ)
        json_raw(j, key, raw);
    else
        json_null(j, key);
}

static void write_link(const struct snapshot *s, const struct document *doc,
        const struct link *link, const struct devtools_metrics *m, struct json *j)
{
    /* A snapshot is measured in device pixels. */
    double scale = m->scale > 0 ? (double)m->scale / 1000 : 1;
    double x = (link->left + doc->x) / scale, y = (link->top + doc->y) / scale;
    double width = (link->right - link->left) / scale;
    double height = (link->bottom - link->top) / scale;
    struct bytes document;
    size_t n = link->n;

    /* A text that was cut may end inside a character. */
    while (n != 0 && !bytes_is_utf8(bytes_of(link->text, n)) && link->n - n < 4)
        n--;
    json_object(j, NULL);
    json_text(j, "text", bytes_of(link->text, n));
    write_raw(j, "url", link->address);
    if (scan_member(doc->json, "documentURL", &document))
        write_raw(j, "document", string_at(s, document));
    write_tenths(j, "x", x);
    write_tenths(j, "y", y);
    write_tenths(j, "width", width);
    write_tenths(j, "height", height);
    write_raw(j, "font_size", link->font_size);
    if (doc->placed)
        json_bool(j, "in_viewport",
                !link->hidden && x < (double)(m->scroll_x + m->width) &&
                        x + width > (double)m->scroll_x && y + height > (double)m->scroll_y &&
                        y < (double)(m->scroll_y + m->height));
    else
        json_null(j, "in_viewport");
    json_end(j);
}

/* Which frame's element each node is, over `parent`, which is not needed any more. */
static bool find_frames(const struct snapshot *s, struct document *doc, size_t self)
{
    struct bytes nodes, targets, node, target;
    struct scan a, b;
    int64_t from, to;
    bool any = false;

    if (!scan_path(doc->nodes, "contentDocumentIndex.index", &nodes) ||
            !scan_path(doc->nodes, "contentDocumentIndex.value", &targets))
        return false;
    for (size_t i = 0; i < doc->n; i++)
        doc->parent[i] = -1;
    scan_begin(&a, nodes);
    scan_begin(&b, targets);
    while (scan_next(&a, NULL, &node) && scan_next(&b, NULL, &target)) {
        if (scan_integer(node, &from) && scan_integer(target, &to) && from >= 0 &&
                (uint64_t)from < doc->n && to > (int64_t)self && (uint64_t)to < s->n) {
            doc->parent[from] = (int32_t)to;
            any = true;
        }
    }
    return any;
}

/* Frames inside this document stand where their element does, less what they have scrolled. */
static void place_frames(struct snapshot *s, struct document *doc, size_t self)
{
    struct bytes nodes, bounds, node, bound;
    struct scan a, b;

    if (!find_frames(s, doc, self) || !scan_path(doc->json, "layout.nodeIndex", &nodes) ||
            !scan_path(doc->json, "layout.bounds", &bounds))
        return;
    scan_begin(&a, nodes);
    scan_begin(&b, bounds);
    while (scan_next(&a, NULL, &node) && scan_next(&b, NULL, &bound)) {
        double scroll_x = 0, scroll_y = 0;
        struct box box;
        int64_t at;
        size_t to;

        if (!scan_integer(node, &at) || at < 0 || (uint64_t)at >= doc->n ||
                doc->parent[at] < 0 || !read_box(bound, &box))
            continue;
        to = (size_t)doc->parent[at];
        doc->parent[at] = -1;
        if (!scan_number(s->documents[to], "scrollOffsetX", &scroll_x) ||
                !scan_number(s->documents[to], "scrollOffsetY", &scroll_y))
            continue;
        s->at_x[to] = doc->x + box.x - scroll_x;
        s->at_y[to] = doc->y + box.y - scroll_y;
        s->placed[to] = doc->placed;
    }
}

static void read_document(
        struct snapshot *s, size_t index, const struct devtools_metrics *m, struct json *j)
{
    struct document doc;

    if (document_make(s, s->documents[index], &doc)) {
        doc.x = s->at_x[index];
        doc.y = s->at_y[index];
        doc.placed = s->placed[index];
        find_anchors(s, &doc);
        read_layout(s, &doc);
        read_addresses(s, &doc);
        for (size_t i = 0; i < doc.link_count; i++)
            if (s->kept < LINKS_KEPT && speaks_of_privacy(&doc.links[i])) {
                write_link(s, &doc, &doc.links[i], m, j);
                s->kept++;
            }
        place_frames(s, &doc, index);
    }
    document_clear(&doc);
}

enum status devtools_notice_links(struct bytes snapshot, const struct devtools_metrics *metrics,
        struct json *j, bool *understood)
{
    struct bytes strings, documents, value;
    struct snapshot *s;
    struct scan scan;
    bool nomem;

    *understood = scan_member(snapshot, "strings", &strings) &&
                  scan_member(snapshot, "documents", &documents);
    if (!*understood)
        return STATUS_OK;
    s = calloc(1, sizeof(*s));
    if (s == NULL)
        return STATUS_NOMEM;
    json_array(j, "links");
    s->placed[0] = true;
    scan_begin(&scan, documents);
    while (s->n < DOCUMENTS_MOST && scan_next(&scan, NULL, &value))
        s->documents[s->n++] = value;
    if (read_strings(s, strings))
        for (size_t i = 0; i < s->n && !s->nomem; i++)
            read_document(s, i, metrics, j);
    json_end(j);
    nomem = s->nomem || j->status == STATUS_NOMEM;
    free(s->strings);
    free(s);
    return nomem ? STATUS_NOMEM : STATUS_OK;
}

/* Frames of other sites have processes, and sessions, of their own. */
static unsigned frames_elsewhere(const struct devtools *d, uint64_t tab)
{
    unsigned n = 0;

    for (size_t i = 0; i < d->session_count; i++) {
        struct devtools_session *s = d->sessions[i], *of = devtools_tab_of(d, s);

        n += s->kind != NULL && strcmp(s->kind, "iframe") == 0 && of != NULL &&
             of->serial == tab;
    }
    return n;
}

static enum status keep_dom(struct devtools *d, struct bytes dom, struct json *j)
{
    char file[40], sha256[SHA256_TEXT];
    enum status status;

    if (dom.n == 0 || dom.n > DOM_MOST) {
        json_null(j, "dom");
        json_unsigned(j, "dom_bytes", dom.n);
        return STATUS_OK;
    }
    status = devtools_screen_file(d, "dom.json", dom, sha256);
    if (status != STATUS_OK)
        return status;
    (void)snprintf(file, sizeof(file), "screens/%04u.dom.json", d->shots.number);
    json_string(j, "dom", file);
    json_string(j, "dom_sha256", sha256);
    return STATUS_OK;
}

enum status devtools_notice_answer(struct devtools *d, const struct devtools_said *said)
{
    struct devtools_screens *shots = &d->shots;
    bool understood = false;
    enum status status;
    struct buf text;
    struct json j;

    /* The line's members are those of an object whose brace is taken off again. */
    buf_init(&text, TEXT_MOST);
    json_init(&j, &text);
    json_object(&j, NULL);
    status = keep_dom(d, said->result, &j);
    if (status == STATUS_OK)
        status = devtools_notice_links(said->result, &shots->metrics, &j, &understood);
    if (!understood)
        json_null(&j, "links");
    json_unsigned(&j, "frames_elsewhere", frames_elsewhere(d, shots->queue[0].session));
    if (status == STATUS_OK)
        status = j.status;
    if (status == STATUS_OK)
        status = buf_append_u8(&shots->extra, ',');
    if (status == STATUS_OK)
        status = buf_append(&shots->extra, bytes_slice(buf_view(&text), 1, text.n));
    buf_clear(&text);
    return status == STATUS_OK ? STATUS_OK
                               : fault_set(d->fault, status, "cannot keep the notice");
}
