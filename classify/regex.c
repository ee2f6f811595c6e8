/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <stdlib.h>

enum {
    REGEX_STEPS = 200000, /* of one match; a sane rule needs some hundred */
    REGEX_NESTING = 32,   /* parentheses within parentheses */
    REGEX_HEAP_KIB = 1024,
    REGEX_DEPTH = 1000,
};

struct regex {
    pcre2_code *code;
    pcre2_match_context *limits;
};

static pcre2_code *compile(struct bytes source, bool match_case, int *error)
{
    uint32_t options = PCRE2_ALT_BSUX | PCRE2_ALLOW_EMPTY_CLASS | PCRE2_MATCH_UNSET_BACKREF |
                       PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_BACKSLASH_C | PCRE2_NEVER_UTF;
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    pcre2_code *code;
    PCRE2_SIZE offset;

    if (context == NULL) {
        *error = PCRE2_ERROR_NOMEMORY;
        return NULL;
    }
    (void)pcre2_set_parens_nest_limit(context, REGEX_NESTING);
    (void)pcre2_set_newline(context, PCRE2_NEWLINE_ANYCRLF);
    if (!match_case)
        options |= PCRE2_CASELESS;
    code = pcre2_compile(source.p, source.n, options, error, &offset, context);
    pcre2_compile_context_free(context);
    return code;
}

/* PCRE2 names the failure of malloc in two ways, depending on where it happened. */
static bool is_out_of_memory(int error)
{
    return error == PCRE2_ERROR_NOMEMORY || error == PCRE2_ERROR_HEAP_FAILED;
}

enum parse regex_new(
        struct bytes source, bool match_case, enum status *status, struct regex **out)
{
    struct regex *r = calloc(1, sizeof(*r));
    int error = 0;

    *status = STATUS_NOMEM;
    if (r == NULL)
        return PARSE_BAD;
    r->limits = pcre2_match_context_create(NULL);
    if (r->limits == NULL)
        goto failed;
    (void)pcre2_set_match_limit(r->limits, REGEX_STEPS);
    (void)pcre2_set_depth_limit(r->limits, REGEX_DEPTH);
    (void)pcre2_set_heap_limit(r->limits, REGEX_HEAP_KIB);
    r->code = compile(source, match_case, &error);
    if (r->code == NULL) {
        *status = is_out_of_memory(error) ? STATUS_NOMEM : STATUS_OK;
        goto failed;
    }
    /* Without JIT (another architecture, hardened kernels) the interpreter does the same. */
    (void)pcre2_jit_compile(r->code, PCRE2_JIT_COMPLETE);
    *status = STATUS_OK;
    *out = r;
    return PARSE_DONE;
failed:
    regex_free(r);
    return PARSE_BAD;
}

void regex_free(struct regex *r)
{
    if (r == NULL)
        return;
    pcre2_code_free(r->code);
    pcre2_match_context_free(r->limits);
    free(r);
}

enum regex_answer regex_matches(const struct regex *r, struct bytes subject)
{
    pcre2_match_data *found = pcre2_match_data_create(1, NULL);
    int answer;

    if (found == NULL)
        return REGEX_GAVE_UP;
    answer = pcre2_match(r->code, subject.n == 0 ? (const uint8_t *)"" : subject.p, subject.n,
            0, 0, found, r->limits);
    pcre2_match_data_free(found);
    if (answer >= 0)
        return REGEX_YES;
    return answer == PCRE2_ERROR_NOMATCH ? REGEX_NO : REGEX_GAVE_UP;
}
