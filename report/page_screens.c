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
    const char *why = page_word(p, why_word(json_string_of(json_member(v, "why"))));
    struct bytes png = picture_of(p->facts->recording, file);

    html_open(&p->h, "figure");
    /* One that is not there, too large, or no picture at all is still told of. */
    if (html_is_png(png))
        html_image(&p->h, png, why);
    else
        html_element(&p->h, "p", "why", page_word(p, WORDS("not shown")));
    html_open(&p->h, "figcaption");
    page_time_text(p, time);
    html_string(&p->h, " · ");
    html_string(&p->h, why);
    html_string(&p->h, " · ");
    page_code(p, bytes_text(url == NULL ? "" : url), PAGE_URL_MOST);
    html_break(&p->h);
    html_string(&p->h, "data/raw/");
    page_excerpt(p, bytes_text(file == NULL ? "" : file), PAGE_NAME_MOST);
    html_string(&p->h, " · SHA-256 ");
    html_open(&p->h, "code");
    html_class(&p->h, "hash");
    page_excerpt(p, bytes_text(sha256 == NULL ? "" : sha256), PAGE_NAME_MOST);
    html_close(&p->h);
    html_close(&p->h);
    html_close(&p->h);
    json_free(v);
}

static bool is_load(struct bytes line)
{
    struct json_value *v = json_parse(line, NULL);
    const char *why = json_string_of(json_member(v, "why"));
    bool load = why != NULL && strcmp(why, "load") == 0;

    json_free(v);
    return load;
}

/* How many that merely show a loaded page there is room for beside those that a person wanted. */
static uint64_t room_for_loads(struct bytes rest)
{
    struct bytes line;
    uint64_t wanted = 0;

    while (wanted < PAGE_SCREENS_MOST && bytes_take_until(&rest, '\n', &line))
        wanted += !is_load(line);
    return PAGE_SCREENS_MOST - wanted;
}

void page_screens(struct page *p)
{
    const struct page_recording *r = p->facts->recording;
    uint64_t n = 0, shown = 0, loads, wanted;
    struct bytes rest, line;

    if (r == NULL || r->screens.n == 0)
        return;
    page_section(p, "screens", "Screenshots");
    page_paragraph(p,
            "What the browser showed. A screenshot is an account of the browser, not of "
            "the network; it is here so that a reader can see what the person saw.");
    loads = room_for_loads(r->screens);
    wanted = PAGE_SCREENS_MOST - loads;
    for (rest = r->screens; bytes_take_until(&rest, '\n', &line); n++) {
        uint64_t *room = is_load(line) ? &loads : &wanted;

        if (*room == 0)
            continue;
        (*room)--;
        shown++;
        write_screen(p, line);
    }
    if (n > shown)
        page_paragraph(p, "Not shown here: %llu further screenshots in data/raw/screens/.",
                (unsigned long long)(n - shown));
    html_close(&p->h);
}
