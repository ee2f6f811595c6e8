/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "report/page_parts.h"

static const char *why_word(const char *why)
{
    if (why != NULL && strcmp(why, "mark") == 0)
        return WORDS("taken when a moment was marked");
    if (why != NULL && strcmp(why, "load") == 0)
        return WORDS("taken when the page had loaded");
    return WORDS("taken because the person asked for it");
}

static struct bytes picture_of(const struct page_recording *r, const char *file)
{
    for (size_t i = 0; file != NULL && i < r->picture_count; i++) {
        if (strcmp(r->pictures[i].file, file) == 0)
            return r->pictures[i].png;
    }
    return bytes_of(NULL, 0);
}

static void write_screen(struct page *p, struct bytes line)
{
    struct json_value *v = json_parse(line, NULL);
    const char *file = json_string_of(json_member(v, "file"));
    const char *time = json_string_of(json_member(v, "time"));
    const char *url = json_string_of(json_member(v, "url"));
    const char *sha256 = json_string_of(json_member(v, "sha256"));
    struct bytes png = picture_of(p->facts->recording, file);

    html_open(&p->h, "figure");
    if (png.n != 0)
        html_image(&p->h, png, url == NULL ? "" : url);
    html_open(&p->h, "figcaption");
    page_time_text(p, time);
    html_string(&p->h, " · ");
    html_string(&p->h, page_word(p, why_word(json_string_of(json_member(v, "why")))));
    html_string(&p->h, " · ");
    page_code(p, bytes_text(url == NULL ? "" : url), PAGE_URL_MOST);
    html_break(&p->h);
    html_print(&p->h, "data/raw/%s · SHA-256 ", file == NULL ? "" : file);
    html_element(&p->h, "code", "hash", sha256 == NULL ? "" : sha256);
    html_close(&p->h);
    html_close(&p->h);
    json_free(v);
}

void page_screens(struct page *p)
{
    const struct page_recording *r = p->facts->recording;
    struct bytes rest, line;
    uint64_t n = 0;

    if (r == NULL || r->screens.n == 0)
        return;
    page_section(p, "screens", "Screenshots");
    page_paragraph(p,
            "What the browser showed. A screenshot is an account of the browser, not of "
            "the network; it is here so that a reader can see what the person saw.");
    for (rest = r->screens; bytes_take_until(&rest, '\n', &line); n++) {
        if (n < PAGE_SCREENS_MOST)
            write_screen(p, line);
    }
    if (n > PAGE_SCREENS_MOST)
        page_paragraph(p, "Not shown here: %llu further screenshots in data/raw/screens/.",
                (unsigned long long)(n - PAGE_SCREENS_MOST));
    html_close(&p->h);
}
