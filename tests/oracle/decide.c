/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decides the requests that oracle.mjs prints, on the same facts, and compares:
 *
 *   decide ANSWERS LIST...
 *
 * Prints every difference and one closing line; exit status 0 when there is none.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "classify/list.h"
#include "classify/match.h"

enum { LINE_MOST = 1 << 20, SHOWN_MOST = 50 };

struct tally {
    uint64_t n;
    uint64_t different;
    uint64_t outcomes[3];
};

static struct bytes member(const struct json_value *object, const char *key)
{
    return bytes_text(json_string_of(json_member(object, key)));
}

static void show(struct bytes url, const char *theirs, const struct match_verdict *ours)
{
    printf("%.*s\n  oracle %s\n  ours   %s", (int)url.n, (const char *)url.p, theirs,
            match_outcome_name(ours->outcome));
    if (ours->outcome != MATCH_NONE)
        printf(" by %s:%" PRIu32 " %.*s", ours->block.list->name, ours->block.line,
                (int)ours->block.text.n, (const char *)ours->block.text.p);
    if (ours->outcome == MATCH_EXCEPTION)
        printf(" but %.*s", (int)ours->exception.text.n, (const char *)ours->exception.text.p);
    printf("\n");
}

static bool decide(const struct lists *lists, struct bytes line, struct tally *tally)
{
    struct fault fault = {0};
    struct json_value *answer = json_parse(line, &fault);
    struct match_verdict verdict;
    struct match_request request = {0};
    const char *theirs;

    if (answer == NULL || !resource_type_find(member(answer, "type"), &request.type)) {
        fprintf(stderr, "decide: bad line: %s\n", fault.text);
        json_free(answer);
        return false;
    }
    request.url = member(answer, "url");
    request.page_host = member(answer, "page_host");
    request.page_site = member(answer, "page_site");
    request.site = member(answer, "site");
    request.third_party = json_is_true(json_member(answer, "third_party"));
    theirs = json_string_of(json_member(answer, "verdict"));
    match_decide(lists, &request, &verdict);
    tally->n++;
    tally->outcomes[verdict.outcome]++;
    if (theirs == NULL || strcmp(theirs, match_outcome_name(verdict.outcome)) != 0) {
        if (tally->different++ < SHOWN_MOST)
            show(request.url, line.p == NULL ? "" : (const char *)line.p, &verdict);
    }
    json_free(answer);
    return true;
}

int main(int argc, char **argv)
{
    struct lists *lists = lists_new();
    struct fault fault = {0};
    struct tally tally = {0};
    char *line = malloc(LINE_MOST);
    FILE *answers = argc > 2 ? fopen(argv[1], "rb") : NULL;
    bool good = answers != NULL && lists != NULL && line != NULL;

    if (!good)
        fprintf(stderr, "usage: decide ANSWERS LIST...\n");
    for (int i = 2; good && i < argc; i++)
        good = lists_add(lists, argv[i], &fault) == STATUS_OK;
    good = good && lists_seal(lists, &fault) == STATUS_OK;
    if (fault.text[0] != '\0')
        fprintf(stderr, "decide: %s\n", fault.text);
    while (good && fgets(line, LINE_MOST, answers) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        good = decide(lists, bytes_text(line), &tally);
    }
    printf("%" PRIu64 " requests: %" PRIu64 " none, %" PRIu64 " block, %" PRIu64
           " exception; %" PRIu64 " differ from the oracle\n",
            tally.n, tally.outcomes[0], tally.outcomes[1], tally.outcomes[2], tally.different);
    if (answers != NULL)
        (void)fclose(answers);
    free(line);
    lists_free(lists);
    return good && tally.n != 0 && tally.different == 0 ? 0 : 1;
}
