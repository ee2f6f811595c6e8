/* SPDX-License-Identifier: Apache-2.0 */
/* The live view in a real pseudo-terminal (pty(7)): a child records nothing, the test presses keys and
 * reads the screen, and looks at the terminal once the child is gone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <utmp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "cli/live_view.h"
#include "tests/support/vt.h"

enum { PATIENCE = 20000 }; /* milliseconds; a machine may be busy */

static struct vt vt;
static bool noisy; /* a sanitizer says something on the way out */

struct session {
    int master,
            slave; /* the slave stays open here, so that its settings can be read at the end */
    pid_t child;
    int said; /* a pipe: what the view told the child */
    struct termios before;
};

static const char *name_of(enum live_key key)
{
    static const char *const names[] = {[LIVE_NOTHING] = "nothing",
            [LIVE_MARK] = "mark",
            [LIVE_SCREENSHOT] = "screenshot",
            [LIVE_NOTE] = "note",
            [LIVE_STEP_DONE] = "step",
            [LIVE_QUIT] = "quit"};

    return names[key];
}

static void handled(int number)
{
    (void)number;
}

/* What `exhibit record` does with the view, in small. */
static void record(int said, const char *way)
{
    struct live_facts facts = {.url = "https://news.example/",
            .class_name = "ordinary",
            .proof_level = "L0",
            .step = strcmp(way, "guided") == 0 ? "Do it." : NULL,
            .step_number = 1,
            .step_count = 2};
    struct live_view *v = NULL;
    enum live_key key = LIVE_NOTHING;

    if (strcmp(way, "handles") == 0)
        (void)signal(SIGTERM, handled);
    if (live_view_new(0, 1, false,
                strcmp(way, "chinese") == 0 ? LANGUAGE_CHINESE : LANGUAGE_ENGLISH, &v,
                NULL) != STATUS_OK)
        _exit(3);
    for (int i = 0; key != LIVE_QUIT && i < 2000; i++) {
        struct pollfd p = {.fd = live_view_fd(v), .events = POLLIN};

        facts.elapsed_ns += 20000000;
        facts.packets++;
        live_view_draw(v, &facts);
        (void)poll(&p, 1, 20);
        while ((key = live_view_key(v)) != LIVE_NOTHING) {
            (void)dprintf(said, "%s", name_of(key));
            if (key == LIVE_MARK)
                (void)dprintf(said, " %s", mark_kind_name(live_mark_kind(v)));
            if (key == LIVE_MARK || key == LIVE_NOTE)
                (void)dprintf(said, " \"%s\" %d", live_text(v), live_time(v) > 0);
            (void)dprintf(said, "\n");
            if (key == LIVE_QUIT)
                break;
        }
        if (live_view_fd(v) == -1)
            _exit(7);
        if (strcmp(way, "abort") == 0 && i == 20)
            abort();
        if (strcmp(way, "exit") == 0 && i == 20)
            exit(5);
    }
    live_view_free(v);
    _exit(0);
}

/* As a shell: the recording is a job in front; when it stops, that is told, and it goes on
 * once we are asked to (SIGUSR1). */
static void lead_job(int said)
{
    sigset_t asked;
    int status = 0, number;
    pid_t job;

    (void)sigemptyset(&asked);
    (void)sigaddset(&asked, SIGUSR1);
    (void)sigprocmask(SIG_BLOCK, &asked, NULL);
    (void)signal(SIGTTOU, SIG_IGN);
    job = fork();
    if (job == 0) {
        (void)setpgid(0, 0);
        (void)tcsetpgrp(0, getpid());
        (void)signal(SIGTTOU, SIG_DFL);
        record(said, "ordinary");
    }
    (void)dprintf(said, "%d\n", (int)job);
    while (waitpid(job, &status, WUNTRACED) == job && WIFSTOPPED(status)) {
        (void)dprintf(said, "stopped\n");
        (void)sigwait(&asked, &number);
        (void)kill(job, SIGCONT);
    }
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 9);
}

static struct session begin(const char *way, unsigned short columns, unsigned short rows)
{
    struct winsize size = {.ws_col = columns, .ws_row = rows};
    struct session s = {.child = -1};
    int said[2];

    assert_int_equal(pipe(said), 0);
    assert_int_equal(openpty(&s.master, &s.slave, NULL, NULL, &size), 0);
    assert_int_equal(tcgetattr(s.slave, &s.before), 0);
    s.said = said[0];
    s.child = fork();
    assert_true(s.child >= 0);
    if (s.child == 0) {
        (void)setenv("TERM", "xterm-256color", 1);
        (void)login_tty(s.slave);
        (void)close(s.master);
        if (strcmp(way, "job") == 0)
            lead_job(said[1]);
        record(said[1], way);
    }
    (void)close(said[1]);
    vt_init(&vt, columns, rows);
    return s;
}

static void feed(const struct session *s, int milliseconds)
{
    struct pollfd p = {.fd = s->master, .events = POLLIN};
    char data[65536];
    static char left[8];
    static size_t left_n;
    ssize_t n;
    size_t whole;

    if (poll(&p, 1, milliseconds) <= 0)
        return;
    memcpy(data, left, left_n);
    n = read(s->master, data + left_n, sizeof(data) - left_n);
    whole = left_n + (n > 0 ? (size_t)n : 0);
    left_n = 0;
    /* A read may cut a character in two. */
    while (left_n < 3 && left_n < whole && ((uint8_t)data[whole - 1 - left_n] & 0xc0) == 0x80)
        left_n++;
    if (left_n < whole && (uint8_t)data[whole - 1 - left_n] >= 0xc0) {
        uint8_t first = (uint8_t)data[whole - 1 - left_n];
        size_t needed = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;

        left_n = left_n + 1 < needed ? left_n + 1 : 0;
    } else {
        left_n = 0;
    }
    memcpy(left, data + whole - left_n, left_n);
    vt_write(&vt, data, whole - left_n);
}

static bool shows(const char *text)
{
    char *all = vt_text(&vt);
    bool there = strstr(all, text) != NULL;

    free(all);
    return there;
}

static void wait_for(const struct session *s, const char *text)
{
    for (int i = 0; i < PATIENCE / 10 && !(shows(text) && !vt.synchronized); i++)
        feed(s, 10);
    if (!shows(text))
        fail_msg("\"%s\" never came; the screen:\n%s", text, vt_text(&vt));
}

static void wait_gone(const struct session *s, const char *text)
{
    for (int i = 0; i < PATIENCE / 10 && shows(text); i++)
        feed(s, 10);
    assert_false(shows(text));
}

static void press(const struct session *s, const char *keys)
{
    assert_int_equal(write(s->master, keys, strlen(keys)), strlen(keys));
}

/* The next line that the child says. */
static void read_said(const struct session *s, char text[1024])
{
    size_t n = 0;

    for (int i = 0; i < PATIENCE / 10; i++) {
        struct pollfd p = {.fd = s->said, .events = POLLIN};

        feed(s, 0);
        if (poll(&p, 1, 10) <= 0)
            continue;
        if (n + 1 < 1024 && read(s->said, text + n, 1) == 1 && text[n] != '\n') {
            n++;
            continue;
        }
        break;
    }
    text[n] = '\0';
}

static void assert_says(const struct session *s, const char *line)
{
    char text[1024];

    read_said(s, text);
    assert_string_equal(text, line);
}

/* Waits for the child, and checks that the terminal is as it was. */
static int end(struct session *s)
{
    struct termios after;
    int status = -1;

    for (int i = 0; i < PATIENCE / 10 && waitpid(s->child, &status, WNOHANG) == 0; i++)
        feed(s, 10);
    for (int i = 0; i < 5; i++)
        feed(s, 10);
    assert_true(vt.strange == 0 || noisy);
    assert_false(vt.alternate);
    assert_true(vt.cursor_shown);
    assert_false(vt.paste);
    assert_false(vt.synchronized);
    assert_int_equal(tcgetattr(s->slave, &after), 0);
    assert_int_equal(after.c_lflag, s->before.c_lflag);
    assert_int_equal(after.c_iflag, s->before.c_iflag);
    (void)close(s->master);
    (void)close(s->slave);
    (void)close(s->said);
    return status;
}

static void a_person_marks_notes_and_ends(void **state)
{
    struct session s = begin("ordinary", 80, 24);

    (void)state;
    wait_for(&s, "https://news.example/");
    assert_true(vt.alternate && vt.paste && !vt.cursor_shown);
    press(&s, "s");
    assert_says(&s, "screenshot");
    press(&s, "m");
    wait_for(&s, "3  I refused");
    press(&s, "3");
    wait_for(&s, "A word about it");
    press(&s, "\xe5\x87\x8f");
    press(&s, "\xe8");
    press(&s, "\x82\xa5");
    wait_for(&s, "\xe5\x87\x8f\xe8\x82\xa5");
    assert_true(vt.cursor_shown);
    press(&s, "\r");
    assert_says(&s, "mark consent-refused \"\xe5\x87\x8f\xe8\x82\xa5\" 1");
    press(&s, "nHello\r");
    assert_says(&s, "note \"Hello\" 1");
    press(&s, "m");
    wait_for(&s, "3  I refused");
    press(&s, "\033"); /* alone: it acts once time has passed */
    wait_gone(&s, "3  I refused");
    press(&s, "q");
    wait_for(&s, "End the recording?");
    press(&s, "y");
    assert_says(&s, "quit");
    assert_int_equal(end(&s), 0);
}

static void the_screen_follows_the_size_of_its_window(void **state)
{
    struct session s = begin("chinese", 80, 24);
    struct winsize size = {.ws_col = 40, .ws_row = 12};
    const char *last = "q \xe7\xbb\x93\xe6\x9d\x9f";
    char row[1024] = "";

    (void)state;
    wait_for(&s, "https://news.example/");
    for (int i = 0; i < 20; i++)
        feed(&s, 5);
    vt_init(&vt, 40, 12);
    vt.alternate = vt.paste = true;
    assert_int_equal(ioctl(s.master, TIOCSWINSZ, &size), 0);
    /* A frame that was under way may still be of the old size. */
    for (int i = 0; i < PATIENCE / 10 && strstr(row, last) == NULL; i++) {
        feed(&s, 10);
        vt_row(&vt, 11, row, sizeof(row));
    }
    assert_non_null(strstr(row, last));
    vt.strange = 0;
    press(&s, "\x03\x03");
    assert_says(&s, "quit");
    assert_int_equal(end(&s), 0);
}

static void enter_ends_a_step_of_a_guide(void **state)
{
    struct session s = begin("guided", 80, 24);

    (void)state;
    wait_for(&s, "Do it. Then press Enter.");
    press(&s, "\r");
    assert_says(&s, "step");
    press(&s, "qy");
    assert_says(&s, "quit");
    assert_int_equal(end(&s), 0);
}

static void signals_that_end_it_put_the_terminal_back(void **state)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGSEGV};

    (void)state;
    for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
        struct session s = begin("ordinary", 80, 24);
        int status;

        wait_for(&s, "https://news.example/");
        assert_int_equal(kill(s.child, numbers[i]), 0);
        noisy = numbers[i] == SIGSEGV;
        status = end(&s);
        noisy = false;
        /* The sanitizer's own handler, which was there before, exits for a SIGSEGV. */
        if (numbers[i] != SIGSEGV)
            assert_true(WIFSIGNALED(status) && WTERMSIG(status) == numbers[i]);
        assert_int_not_equal(status, 0);
    }
}

static void abort_and_exit_put_it_back_too(void **state)
{
    struct session s = begin("exit", 80, 24);
    int status;

    (void)state;
    status = end(&s);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 5);
    s = begin("abort", 80, 24);
    assert_int_not_equal(end(&s), 0);
}

static void a_handler_that_was_there_is_called_and_the_screen_stays(void **state)
{
    struct session s = begin("handles", 80, 24);

    (void)state;
    wait_for(&s, "https://news.example/");
    assert_int_equal(kill(s.child, SIGTERM), 0);
    press(&s, "s");
    assert_says(&s, "screenshot");
    assert_true(vt.alternate);
    press(&s, "qy");
    assert_says(&s, "quit");
    assert_int_equal(end(&s), 0);
}

static void a_job_that_is_stopped_gives_the_terminal_back(void **state)
{
    struct session s = begin("job", 80, 24);
    struct termios now;
    char job[1024];

    (void)state;
    read_said(&s, job);
    wait_for(&s, "https://news.example/");
    assert_int_equal(kill((pid_t)atoi(job), SIGTSTP), 0);
    assert_says(&s, "stopped");
    for (int i = 0; i < 5; i++)
        feed(&s, 10);
    assert_false(vt.alternate);
    assert_true(vt.cursor_shown);
    assert_int_equal(tcgetattr(s.slave, &now), 0);
    assert_int_equal(now.c_lflag, s.before.c_lflag);
    assert_int_equal(kill(s.child, SIGUSR1), 0);
    wait_for(&s, "https://news.example/");
    assert_true(vt.alternate);
    press(&s, "qy");
    assert_says(&s, "quit");
    assert_int_equal(end(&s), 0);
}

static void after_a_stop_that_nobody_can_catch_all_is_drawn_anew(void **state)
{
    struct session s = begin("ordinary", 80, 24);
    struct termios now;

    (void)state;
    wait_for(&s, "https://news.example/");
    assert_int_equal(kill(s.child, SIGSTOP), 0);
    assert_int_equal(tcsetattr(s.slave, TCSANOW, &s.before), 0);
    vt_write(&vt, "\033[?1049l", 8);
    assert_int_equal(kill(s.child, SIGCONT), 0);
    wait_for(&s, "https://news.example/");
    assert_true(vt.alternate);
    assert_int_equal(tcgetattr(s.slave, &now), 0);
    assert_int_equal(now.c_lflag & (tcflag_t)(ICANON | ECHO | ISIG), 0);
    press(&s, "qy");
    assert_says(&s, "quit");
    assert_int_equal(end(&s), 0);
}

static void a_terminal_that_is_gone_ends_the_keys(void **state)
{
    struct session s = begin("handles", 80, 24);
    int status = -1;

    (void)state;
    wait_for(&s, "https://news.example/");
    (void)close(s.slave);
    (void)kill(s.child, SIGSTOP);
    (void)close(s.master);
    (void)kill(s.child, SIGCONT);
    assert_int_equal(waitpid(s.child, &status, 0), s.child);
    /* Either SIGHUP came first or the read that fails. */
    assert_true((WIFEXITED(status) && WEXITSTATUS(status) == 7) ||
                (WIFSIGNALED(status) && WTERMSIG(status) == SIGHUP));
    (void)close(s.said);
}

static char *plain(bool quiet, bool chinese)
{
    struct live_facts facts = {.url = "https://news.example/",
            .identifiers = {true, 2},
            .tls_connections = 4,
            .tls_decrypted = 4,
            .packets = 1000,
            .warning = "Odd\033[2J",
            .proof_level = "L0"};
    struct live_view *v = NULL;
    char *text = calloc(1, 8192);
    int ends[2];

    assert_int_equal(pipe(ends), 0);
    assert_int_equal(live_view_new(ends[0], ends[1], quiet,
                             chinese ? LANGUAGE_CHINESE : LANGUAGE_ENGLISH, &v, NULL),
            STATUS_OK);
    assert_false(live_view_is_screen(v));
    assert_int_equal(live_view_fd(v), -1);
    assert_int_equal(live_view_key(v), LIVE_NOTHING);
    live_view_event(v, INT64_C(1767362601000000000), "page https://x/\033[31m\n2");
    live_view_draw(v, &facts);
    live_view_draw(v, &facts); /* within five seconds: nothing more */
    live_view_free(v);
    (void)close(ends[1]);
    assert_true(read(ends[0], text, 8191) >= 0);
    (void)close(ends[0]);
    return text;
}

static void without_a_terminal_there_are_plain_lines(void **state)
{
    char *text = plain(false, false);

    (void)state;
    assert_string_equal(text,
            "14:03:21  page https://x/\\x1b[31m\\n2\n"
            "! Odd\\x1b[2J\n"
            "0:00:00  decrypting: yes 100 %; pages 0, third parties 0, requests to them 0; "
            "identifiers out: 2; packets 1,000, 0 B, drops not counted by the device; disk: 0 "
            "B "
            "free\n");
    free(text);
    text = plain(false, true);
    assert_non_null(strstr(text, "\xe8\xa7\xa3\xe5\xaf\x86"));
    free(text);
    text = plain(true, false);
    assert_string_equal(text, "");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_person_marks_notes_and_ends),
            cmocka_unit_test(the_screen_follows_the_size_of_its_window),
            cmocka_unit_test(enter_ends_a_step_of_a_guide),
            cmocka_unit_test(signals_that_end_it_put_the_terminal_back),
            cmocka_unit_test(abort_and_exit_put_it_back_too),
            cmocka_unit_test(a_handler_that_was_there_is_called_and_the_screen_stays),
            cmocka_unit_test(a_job_that_is_stopped_gives_the_terminal_back),
            cmocka_unit_test(after_a_stop_that_nobody_can_catch_all_is_drawn_anew),
            cmocka_unit_test(a_terminal_that_is_gone_ends_the_keys),
            cmocka_unit_test(without_a_terminal_there_are_plain_lines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
