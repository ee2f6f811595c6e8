/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CAPTURE_TLS_PLAY_H
#define TESTS_CAPTURE_TLS_PLAY_H

/* Plays a made-up conversation to a TLS stage: in order, in pieces, with bytes lost. */

#include "tests/capture/tls/listen.h"
#include "tests/capture/tls/talk.h"

enum { PLAY_LOSSES = 8 };

struct play {
    size_t piece;      /* most bytes in one packet; 0: a record each */
    bool client_first; /* all of the client's bytes before any of the server's */
    struct {
        enum direction dir;
        size_t begin, end;
    } lost[PLAY_LOSSES];
    size_t lost_n;
};

static inline void play_range(const struct play *p, const struct talk *t, struct listen *l,
        enum direction dir, size_t begin, size_t end)
{
    while (begin < end && l->status == STATUS_OK) {
        size_t stop = p->piece == 0 || end - begin < p->piece ? end : begin + p->piece;
        bool lost = false;

        for (size_t i = 0; i < p->lost_n; i++) {
            size_t from = p->lost[i].begin, to = p->lost[i].end;

            if (p->lost[i].dir != dir || to <= begin)
                continue;
            if (from <= begin) {
                lost = true;
                stop = end < to ? end : to;
            } else if (from < stop && !lost) {
                stop = from;
            }
        }
        if (lost)
            listen_lose(l, dir, stop - begin);
        else
            listen_bytes(l, dir, bytes_of(t->stream[dir].p + begin, stop - begin));
        begin = stop;
    }
}

static inline void play_on(const struct play *p, const struct talk *t, struct listen *l)
{
    size_t done[2] = {0, 0};

    for (int pass = 0; pass < (p->client_first ? 2 : 1); pass++) {
        for (size_t i = 0; i < t->mark_n; i++) {
            enum direction dir = t->marks[i].dir;
            size_t end = t->stream[dir].n;

            if (p->client_first && dir != (enum direction)pass)
                continue;
            for (size_t j = i + 1; j < t->mark_n; j++) {
                if (t->marks[j].dir == dir) {
                    end = t->marks[j].off;
                    break;
                }
            }
            play_range(p, t, l, dir, done[dir], end);
            done[dir] = end;
        }
    }
    listen_close(l);
}

/* Plays with the conversation's own key log; the caller clears `l`. */
static inline void play(const struct play *p, const struct talk *t, struct listen *l)
{
    listen_must(listen_init(l, buf_view(&t->log), NULL), "no memory");
    play_on(p, t, l);
}

#endif
