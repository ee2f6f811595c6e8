/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/guide_find.h"

#include <stdio.h>
#include <string.h>

enum phase {
    FIND_TREE,    /* frames of each session */
    FIND_WORLD,   /* an isolated world in each frame ... */
    FIND_ASK,     /* ... and the script in it */
    FIND_HOLD,    /* the best one, scrolled into view */
    FIND_COVERED, /* whether the mouse reaches it */
    FIND_QUADS,   /* where it is, in its session's viewport */
    FIND_OWNER,   /* the element that holds the frame of another site ... */
    FIND_BOX,     /* ... and where that is */
};

enum { PARAMS_MOST = 1 << 20 };

static const char hold_script[] =
        "(function(){const e=globalThis.exhibitFound;"
        "e.scrollIntoView({block:'center',inline:'center',behavior:'instant'});return e})()";
/* A label, or a part of the control, may be what the mouse meets. */
static const char covered_script[] =
        "function(){const b=this.getClientRects()[0];if(!b)return true;"
        "const t=this.getRootNode().elementFromPoint(b.left+b.width/2,b.top+b.height/2);"
        "return !t||!(t===this||this.contains(t)||t.contains(this)||"
        "(t.closest('label')&&t.closest('label').control===this))}";

static void copy_id(const char *text, char out[GUIDE_ID])
{
    (void)snprintf(out, GUIDE_ID, "%s", text == NULL ? "" : text);
}

void guide_find_begin(struct guide_find *f, enum guide_wanted wanted, const char *text,
        bool clicked, const struct devtools *devtools, const char *tab,
        guide_frame_session *frames)
{
    memset(f, 0, sizeof(*f));
    f->wanted = wanted;
    f->text = text;
    f->clicked = clicked;
    f->best_score = -1;
    copy_id(tab, f->sessions[f->session_count++]);
    for (size_t i = 0; frames != NULL && f->session_count < GUIDE_SESSIONS; i++) {
        const char *session = frames(devtools, tab, i);

        if (session == NULL)
            break;
        copy_id(session, f->sessions[f->session_count++]);
    }
}

/* The script's call as JavaScript: a JSON string is one of JavaScript too. */
static enum status write_question(const struct guide_find *f, struct buf *out)
{
    static const char *const names[] = {[WANTED_LABEL] = "label",
            [WANTED_SELECTOR] = "selector",
            [WANTED_SEARCH] = "search"};
    struct json j;
    enum status status = buf_text(out, guide_find_script);

    if (status == STATUS_OK)
        status = buf_print(out, "('%s',", names[f->wanted]);
    json_init(&j, out);
    json_text(&j, NULL, bytes_text(f->text == NULL ? "" : f->text));
    if (status == STATUS_OK)
        status = j.status;
    return status == STATUS_OK ? buf_text(out, ")") : status;
}

static void write_evaluate(const struct guide_find *f, struct json *j)
{
    const struct guide_frame *frame = &f->frames[f->phase == FIND_ASK ? f->at : f->best];
    struct buf question;
    enum status status = STATUS_OK;

    buf_init(&question, PARAMS_MOST);
    if (f->phase == FIND_ASK)
        status = write_question(f, &question);
    else
        status = buf_text(&question, hold_script);
    json_text(j, "expression", buf_view(&question));
    json_integer(j, "contextId", frame->context);
    json_bool(j, "returnByValue", f->phase == FIND_ASK);
    if (status != STATUS_OK && j->status == STATUS_OK)
        j->status = status;
    buf_clear(&question);
}

/* What this phase sends, and to whom. */
static enum status send(struct guide_find *f, struct guide_call *call,
        struct devtools *devtools, int64_t now_ns, struct fault *fault)
{
    size_t session = f->session;
    const char *method = "Page.getFrameTree";
    struct buf params;
    struct json j;

    buf_init(&params, PARAMS_MOST);
    json_init(&j, &params);
    json_object(&j, NULL);
    switch ((enum phase)f->phase) {
    case FIND_TREE:
        session = f->at;
        break;
    case FIND_WORLD:
        method = "Page.createIsolatedWorld";
        session = f->frames[f->at].session;
        json_string(&j, "frameId", f->frames[f->at].id);
        json_string(&j, "worldName", "exhibit");
        break;
    case FIND_ASK:
    case FIND_HOLD:
        method = "Runtime.evaluate";
        session = f->frames[f->phase == FIND_ASK ? f->at : f->best].session;
        write_evaluate(f, &j);
        break;
    case FIND_COVERED:
        method = "Runtime.callFunctionOn";
        json_string(&j, "objectId", f->object);
        json_string(&j, "functionDeclaration", covered_script);
        json_bool(&j, "returnByValue", true);
        break;
    case FIND_QUADS:
        method = "DOM.getContentQuads";
        json_string(&j, "objectId", f->object);
        break;
    case FIND_OWNER:
        method = "DOM.getFrameOwner";
        session = f->at;
        json_string(&j, "frameId", f->root);
        break;
    case FIND_BOX:
        method = "DOM.getBoxModel";
        session = f->at;
        json_integer(&j, "backendNodeId", f->node);
        break;
    }
    return guide_call_send(call, devtools, f->sessions[session], method, &j, now_ns, fault);
}

/* Takes the frames of a session's tree, level by level. */
static void take_tree(struct guide_find *f, const struct json_value *tree)
{
    const struct json_value *stack[GUIDE_FRAMES];
    size_t n = 0;
    bool root = true;

    if (tree != NULL)
        stack[n++] = tree;
    while (n != 0 && f->frame_count < GUIDE_FRAMES) {
        const struct json_value *at = stack[--n], *child;
        const char *id = json_string_of(json_member(json_member(at, "frame"), "id"));

        if (id != NULL) {
            struct guide_frame *frame = &f->frames[f->frame_count++];

            copy_id(id, frame->id);
            frame->session = f->at;
            frame->is_root = root;
        }
        root = false;
        child = json_first(json_member(at, "childFrames"));
        for (; child != NULL && n < GUIDE_FRAMES; child = json_next(child))
            stack[n++] = child;
    }
}

/* To the next frame, or to the best one once all were asked. */
static enum guide_found next_frame(struct guide_find *f)
{
    f->at++;
    f->phase = FIND_WORLD;
    if (f->at < f->frame_count)
        return FOUND_SEARCHING;
    if (f->best_score < 0)
        return FOUND_NOTHING;
    f->phase = FIND_HOLD;
    f->session = f->frames[f->best].session;
    return FOUND_SEARCHING;
}

static bool centre_of(const struct json_value *quad, double *x, double *y, bool corner)
{
    const struct json_value *n = json_first(quad);
    double at[8];
    size_t i = 0;

    for (; n != NULL && i < 8; n = json_next(n), i++) {
        if (!json_number_of(n, &at[i]))
            return false;
    }
    if (i < 8)
        return false;
    *x += corner ? at[0] : (at[0] + at[2] + at[4] + at[6]) / 4;
    *y += corner ? at[1] : (at[1] + at[3] + at[5] + at[7]) / 4;
    return true;
}

/* The point is known in its session's viewport: done in the tab's own, else up to who holds it. */
static enum guide_found climb(struct guide_find *f, size_t session)
{
    f->session = f->up == 0 ? session : f->session;
    if (session == 0 || f->up++ >= GUIDE_SESSIONS)
        return session == 0 ? FOUND_IT : FOUND_NOTHING;
    for (size_t i = 0; i < f->frame_count; i++) {
        if (f->frames[i].session == session && f->frames[i].is_root)
            copy_id(f->frames[i].id, f->root);
    }
    f->at = 0;
    f->phase = FIND_OWNER;
    return FOUND_SEARCHING;
}

static enum guide_found take_score(struct guide_find *f, const struct json_value *answer)
{
    int64_t score;

    if (json_integer_of(json_member(json_member(answer, "result"), "value"), &score)) {
        f->refused_selector = f->refused_selector || score == -2;
        if (score >= 0 && (f->best_score < 0 || score < f->best_score)) {
            f->best_score = score;
            f->best = f->at;
        }
    }
    return next_frame(f);
}

static enum guide_found take_hold(struct guide_find *f, const struct json_value *answer)
{
    const char *object = json_string_of(json_member(json_member(answer, "result"), "objectId"));

    /* The page took it away in between. */
    if (object == NULL || strlen(object) >= GUIDE_ID)
        return FOUND_NOTHING;
    copy_id(object, f->object);
    f->phase = f->clicked ? FIND_COVERED : FIND_QUADS;
    return FOUND_SEARCHING;
}

static enum guide_found take_owner(struct guide_find *f, const struct json_value *answer)
{
    int64_t node;

    if (json_integer_of(json_member(answer, "backendNodeId"), &node)) {
        f->node = node;
        f->phase = FIND_BOX;
        return FOUND_SEARCHING;
    }
    /* Not this session's: the next one may hold it. */
    return ++f->at < f->session_count ? FOUND_SEARCHING : FOUND_NOTHING;
}

static enum guide_found take(struct guide_find *f, const struct json_value *answer)
{
    switch ((enum phase)f->phase) {
    case FIND_TREE:
        take_tree(f, json_member(answer, "frameTree"));
        if (++f->at < f->session_count)
            return FOUND_SEARCHING;
        f->at = 0;
        f->phase = FIND_WORLD;
        return f->frame_count == 0 ? FOUND_NOTHING : FOUND_SEARCHING;
    case FIND_WORLD:
        if (!json_integer_of(
                    json_member(answer, "executionContextId"), &f->frames[f->at].context))
            return next_frame(f);
        f->phase = FIND_ASK;
        return FOUND_SEARCHING;
    case FIND_ASK:
        return take_score(f, answer);
    case FIND_HOLD:
        return take_hold(f, answer);
    case FIND_COVERED:
        if (json_is_true(json_member(json_member(answer, "result"), "value")))
            return FOUND_COVERED;
        f->phase = FIND_QUADS;
        return FOUND_SEARCHING;
    case FIND_QUADS:
        f->x = f->y = 0;
        if (!centre_of(json_first(json_member(answer, "quads")), &f->x, &f->y, false))
            return FOUND_NOTHING;
        return climb(f, f->session);
    case FIND_OWNER:
        return take_owner(f, answer);
    case FIND_BOX:
        if (!centre_of(
                    json_member(json_member(answer, "model"), "content"), &f->x, &f->y, true))
            return FOUND_NOTHING;
        return climb(f, f->at);
    }
    return FOUND_NOTHING;
}

enum guide_found guide_find_step(struct guide_find *f, struct guide_call *call,
        struct devtools *devtools, int64_t now_ns, struct fault *fault)
{
    enum guide_found found;

    switch (guide_call_state(call, now_ns)) {
    case CALL_FREE:
        break;
    case CALL_WAITS:
        return FOUND_SEARCHING;
    case CALL_LATE:
        /* A frame that hangs must not keep the others from being searched. */
    case CALL_DONE:
    case CALL_REFUSED:
        found = take(f, call->ok ? call->answer : NULL);
        guide_call_clear(call);
        if (found != FOUND_SEARCHING)
            return found;
        break;
    }
    if (send(f, call, devtools, now_ns, fault) != STATUS_OK)
        return FOUND_FAILED;
    return FOUND_SEARCHING;
}
