/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SUPPORT_PAGE_WORLD_H
#define TESTS_SUPPORT_PAGE_WORLD_H

/* A judged world made by hand, for tests of the report's page. */

#include "report/page.h"

enum { PAGE_WORLD_MOST = 32 << 20 };

/* Of a group whose tests get a struct page_world as their state. */
#define PAGE_WORLD_TEST(f)                                                                     \
    cmocka_unit_test_setup_teardown(f, page_world_enter, page_world_leave)

/* A credential that stands in it. */
#define PAGE_WORLD_SECRET "s3cr3t-t0ken-of-a-session"

/* A small world: one page, one third party, one credential; texts as a hostile site sends them. */
struct page_world {
    struct evidence evidence;
    struct judgement judgement;
    struct parties *parties;
    struct legal *legal;
    struct basis basis;
    struct page_facts facts;
    struct visit visit, *visits[1];
    struct attribution of[2];
    struct match_verdict trackers[2];
    const char *owners[2];
    struct trace traces[2], *trace_at[2];
    struct finding finding, *finding_at[1];
    const struct trace *finding_traces[1];
    struct place place;
    struct buf page; /* that was rendered last, with a NUL behind it */
};

void page_world_make(struct page_world *w);
void page_world_clear(struct page_world *w);
int page_world_enter(void **state);
int page_world_leave(void **state);
struct exchange *page_world_exchange(uint64_t stream, const char *url, const char *host);
/* The page; good until the next one is rendered. */
const char *page_world_render(struct page_world *w, enum language language);
/* Its section of that id alone, cut out of the page. */
const char *page_world_section(struct page_world *w, enum language language, const char *id);
/* Renders it with each allocation failing once: STATUS_NOMEM each time. */
void page_world_run_short(const struct page_world *w, enum language language);
size_t page_world_count(const char *text, const char *needle);

#endif
