/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/json.h"
#include "capture/live/browser.h"
#include "capture/live/devtools.h"
#include "tests/capture/live/browser_place.h"
#include "tests/capture/live/loopback_world.h"

enum { HITS_MOST = 256 };

static bool network; /* a network of our own, with only a loopback */

/* --- a small server -------------------------------------------------------------------- */

static const char main_page[] =
        "<!doctype html><title>t</title><body style='margin:0'>"
        "<p style='font-size:13px'><a href='/policy'>Privacy policy</a> <a href='/x'>Other</a>"
        "<div "
        "style='height:3000px'></div><button>\xe9\x9a\x90\xe7\xa7\x81\xe6\x94\xbf\xe7\xad\x96"
        "</button><img src=/main.png>"
        "<iframe src='http://b.test:8080/frame?1'></iframe>"
        "<iframe src='http://c.test:8080/frame?2'></iframe>"
        "<script>localStorage.setItem('visitor','v-1');sessionStorage.setItem('s','"
        "\\u0000\\u00e9');"
        "document.cookie='jar=biscuit; max-age=86400';"
        "new Worker('/worker.js');"
        "setTimeout(()=>{let "
        "f=document.createElement('iframe');f.src='http://d.test:8080/frame?3';"
        "document.body.append(f)},300);"
        "setTimeout(()=>{fetch('/end?'+navigator.webdriver)},1200)</script>";
static const char frame_page[] =
        "<!doctype html>f<img src=/f.png><script>fetch('/inframe'+location.search);"
        "new Worker('/worker.js'+location.search)</script>";
static const char worker_script[] = "fetch('/inworker'+self.location.search)";

static struct {
    pthread_mutex_t lock;
    char url[HITS_MOST][200];
    size_t n;
} hits = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void note_hit(const char *head)
{
    char path[100] = "", host[64] = "";
    const char *at = strstr(head, "\r\nHost: ");

    if (sscanf(head, "%*s %99s", path) != 1 || at == NULL || sscanf(at + 8, "%63s", host) != 1)
        return;
    pthread_mutex_lock(&hits.lock);
    if (hits.n < HITS_MOST)
        (void)snprintf(hits.url[hits.n++], sizeof(hits.url[0]), "http://%s%s", host, path);
    pthread_mutex_unlock(&hits.lock);
}

static bool was_hit(const char *part)
{
    bool found = false;

    pthread_mutex_lock(&hits.lock);
    for (size_t i = 0; i < hits.n; i++)
        found |= strstr(hits.url[i], part) != NULL;
    pthread_mutex_unlock(&hits.lock);
    return found;
}

static void *serve_one(void *argument)
{
    int fd = *(int *)argument;
    char head[8192], answer[8192];
    const char *body = "x", *type = "text/plain";
    size_t n = 0;

    free(argument);
    while (n < sizeof(head) - 1) {
        ssize_t got = read(fd, head + n, sizeof(head) - 1 - n);

        if (got <= 0)
            break;
        n += (size_t)got;
        head[n] = '\0';
        if (strstr(head, "\r\n\r\n") == NULL)
            continue;
        note_hit(head);
        if (strncmp(head, "GET / ", 6) == 0)
            body = main_page, type = "text/html; charset=utf-8";
        else if (strncmp(head, "GET /frame", 10) == 0)
            body = frame_page, type = "text/html";
        else if (strncmp(head, "GET /worker.js", 14) == 0)
            body = worker_script, type = "text/javascript";
        (void)snprintf(answer, sizeof(answer),
                "HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
                "Connection: close\r\n\r\n%s",
                type, strlen(body), body);
        (void)!write(fd, answer, strlen(answer));
        break;
    }
    (void)close(fd);
    return NULL;
}

static struct loopback_server server = {.listener = -1, .serve_one = serve_one};

static bool begin_network(void)
{
    return unshare(CLONE_NEWNET) == 0 && loopback_up() && loopback_server_begin(&server);
}

/* --- a browser and its DevTools --------------------------------------------------------- */

struct run {
    struct browser *browser;
    struct devtools *devtools;
    int directory;
    size_t pages, loaded, requests, screenshots, missed, answers;
    bool storage_done, storage_ok, lost;
};

static bool usable(void)
{
    return browser_can_start(network);
}

static void step(struct run *r)
{
    struct pollfd waits[2] = {{.fd = browser_devtools_in(r->browser), .events = POLLIN},
            {.fd = browser_fd(r->browser), .events = POLLIN}};
    struct devtools_event event;
    struct fault fault = {0};
    enum status status;

    (void)poll(waits, 2, 50);
    status = devtools_step(r->devtools, &fault);
    if (status != STATUS_OK)
        fail_msg("%s", fault.text);
    while (devtools_next(r->devtools, &event)) {
        r->pages += event.kind == DEVTOOLS_PAGE;
        r->loaded += event.kind == DEVTOOLS_LOADED;
        r->requests += event.kind == DEVTOOLS_REQUEST;
        r->lost |= event.kind == DEVTOOLS_LOST;
        r->screenshots += event.kind == DEVTOOLS_SCREENSHOT && event.ok;
        r->missed += event.kind == DEVTOOLS_SCREENSHOT && !event.ok;
        if (event.kind == DEVTOOLS_ANSWER && event.number == 0) {
            r->storage_done = true;
            r->storage_ok = event.ok;
        } else {
            r->answers += event.kind == DEVTOOLS_ANSWER;
        }
    }
}

/* A home in our place, of the user it returns. */
static uid_t make_home(const char *name)
{
    const struct passwd *nobody = getpwnam("nobody");

    assert_int_equal(mkdir(path_of(name), 0755), 0);
    assert_int_equal(chown(path_of(name), nobody->pw_uid, nobody->pw_gid), 0);
    return nobody->pw_uid;
}

static void begin_run(struct run *r, const char *name, struct browser_setup *setup)
{
    static const char *const extra[] = {
            "--host-resolver-rules=MAP *.test 127.0.0.1", "--ozone-platform=headless"};
    /* A window where there is no display draws nothing that could be photographed. */
    struct devtools_setup tools = {.url = "http://a.test:8080/"};
    struct fault fault = {0};
    char home[256];

    memset(r, 0, sizeof(*r));
    hits.n = 0;
    (void)snprintf(home, sizeof(home), "%s", path_of(name));
    setup->program = CHROMIUM;
    setup->user = make_home(name);
    setup->home = home;
    setup->devtools = true;
    setup->profile_fresh = strcat(strcpy((char[320]){0}, home), "/profile");
    setup->key_log = strcat(strcpy((char[320]){0}, home), "/keys.log");
    setup->log = strcat(strcpy((char[320]){0}, home), "/browser.log");
    setup->extra = extra;
    setup->extra_count = setup->headless || getenv("DISPLAY") != NULL ? 1 : 2;
    tools.screens = setup->extra_count == 1;
    if (browser_start(setup, NULL, &r->browser, &fault) != STATUS_OK)
        fail_msg("%s", fault.text);
    r->directory = open(home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(r->directory >= 0);
    tools.in = browser_devtools_in(r->browser);
    tools.out = browser_devtools_out(r->browser);
    tools.directory = r->directory;
    tools.command_line = browser_facts(r->browser)->flags;
    if (devtools_new(&tools, &r->devtools, &fault) != STATUS_OK)
        fail_msg("%s", fault.text);
}

static void close_run(struct run *r)
{
    int64_t end = now_ms() + 10000;
    uint64_t number;

    assert_int_equal(
            devtools_call(r->devtools, "", "Browser.close", "{}", &number, NULL), STATUS_OK);
    while (!r->lost && now_ms() < end)
        step(r);
    assert_true(r->lost);
    devtools_free(r->devtools);
    browser_end(r->browser, 5000);
    assert_int_equal(browser_result(r->browser), 0);
    browser_free(r->browser);
    (void)close(r->directory);
    /* Nothing of it is left, not even unwaited for. */
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

/* Every line is JSON by itself; returns how many. */
static size_t check_lines(const struct buf *text)
{
    struct bytes rest = bytes_slice(buf_view(text), 0, text->n - 1), line;
    size_t n = 0;

    while (bytes_take_line(&rest, &line)) {
        struct json_value *v = json_parse(line, NULL);

        if (v == NULL)
            fail_msg("line %zu is no JSON: %.200s", n + 1, (const char *)line.p);
        json_free(v);
        n++;
    }
    assert_int_equal(rest.n, 0);
    return n;
}

static void tells_of_every_request_in_ordinary_use(void **state)
{
    struct browser_setup setup = {0};
    int64_t end = now_ms() + 30000;
    struct buf text;
    struct run r;
    char needle[300];

    (void)state;
    if (!usable())
        return;
    begin_run(&r, "ordinary", &setup);
    /* The server may know of a request a moment before we are told. */
    while (now_ms() < end &&
            !(was_hit("/end?") && was_hit("d.test:8080/inworker?3") &&
                    devtools_open_requests(r.devtools) == 0 && r.requests >= hits.n))
        step(&r);
    assert_true(was_hit("/end?false")); /* navigator.webdriver */
    assert_true(r.screenshots >= 1 || getenv("DISPLAY") == NULL);
    assert_string_equal(
            devtools_url(r.devtools, devtools_front(r.devtools)), "http://a.test:8080/");
    assert_true(r.requests >= hits.n);
    close_run(&r);
    read_text(path_of("ordinary/browser.jsonl"), &text);
    assert_true(check_lines(&text) > 50);
    for (size_t i = 0; i < hits.n; i++) {
        (void)snprintf(needle, sizeof(needle), "\"url\":\"%s\"", hits.url[i]);
        if (strstr((const char *)text.p, needle) == NULL)
            fail_msg("the browser did not tell of %s", hits.url[i]);
    }
    assert_non_null(strstr((const char *)text.p, "\"method\":\"exhibit.browser\""));
    assert_non_null(strstr((const char *)text.p, "Network.requestWillBeSentExtraInfo"));
    /* Nothing was put into a page. */
    assert_null(strstr((const char *)text.p, "\"method\":\"Runtime.evaluate\""));
    assert_null(strstr((const char *)text.p, "addScriptToEvaluateOnNewDocument"));
    buf_clear(&text);
}

static void keeps_screenshots_notice_and_storage(void **state)
{
    struct browser_setup setup = {.headless = true, .cookies = COOKIES_ALLOW};
    int64_t end = now_ms() + 30000;
    struct fault fault = {0};
    struct buf text;
    struct run r;

    (void)state;
    if (!usable())
        return;
    begin_run(&r, "driven", &setup);
    while (now_ms() < end && !(was_hit("/end?") && r.screenshots >= 1))
        step(&r);
    assert_true(was_hit("/end?true")); /* a driven browser says so */
    assert_int_equal(devtools_screenshot(r.devtools, "asked", 0, &fault), STATUS_OK);
    assert_int_equal(devtools_notice(r.devtools, 7, &fault), STATUS_OK);
    end = now_ms() + 30000;
    while (now_ms() < end && r.screenshots < 3)
        step(&r);
    assert_int_equal(r.missed, 0);
    assert_int_equal(devtools_storage(r.devtools, &fault), STATUS_OK);
    while (now_ms() < end && !r.storage_done)
        step(&r);
    if (!r.storage_ok)
        print_error("storage was not complete: %s\n", path_of("driven/storage.json"));
    assert_true(r.storage_ok);
    close_run(&r);
    read_text(path_of("driven/screens.jsonl"), &text);
    assert_int_equal(check_lines(&text), 3);
    if (getenv("SHOW") != NULL)
        printf("%s\n", (const char *)text.p);
    assert_non_null(strstr((const char *)text.p, "\"why\":\"load\",\"mark\":0"));
    assert_non_null(strstr((const char *)text.p, "\"why\":\"mark\",\"mark\":7"));
    assert_non_null(
            strstr((const char *)text.p, "\"text\":\"Privacy policy\",\"url\":\"/policy\""));
    assert_non_null(
            strstr((const char *)text.p, "\"font_size\":\"13px\",\"in_viewport\":true"));
    assert_non_null(strstr((const char *)text.p, "\"in_viewport\":false"));
    assert_null(strstr((const char *)text.p, "Other"));
    buf_clear(&text);
    read_text(path_of("driven/storage.json"), &text);
    assert_int_equal(check_lines(&text), 1);
    if (getenv("SHOW") != NULL)
        printf("%s\n", (const char *)text.p);
    assert_non_null(strstr((const char *)text.p, "\"name\":\"jar\""));
    assert_non_null(strstr((const char *)text.p, "\"value\":\"biscuit\""));
    /* printf v-1 | sha256sum, and of the bytes 00 c3 a9 */
    assert_non_null(strstr((const char *)text.p,
            "\"name\":\"visitor\",\"bytes\":3,\"sha256\":"
            "\"5beaf05be853dd384371173590d908df67a61be78e800ac951e932e652ca3e79\""));
    assert_non_null(strstr((const char *)text.p,
            "\"name\":\"s\",\"bytes\":3,\"sha256\":"
            "\"7e8d20ac6fc3f5fff436df1f54b0ee0e0b387d4ed998b32231e796d689ceff3b\""));
    buf_clear(&text);
}

static void starts_without_devtools_and_is_ended(void **state)
{
    struct browser_setup setup = {.program = CHROMIUM, .headless = true};
    struct fault fault = {0};
    struct browser *b = NULL;
    struct pollfd waits = {.events = POLLIN};
    uid_t user;

    (void)state;
    if (!usable())
        return;
    user = make_home("plain");
    setup.profile_fresh = setup.home = path_of("plain/profile");
    setup.log = path_of("plain/log");
    setup.user = (uid_t)-1;
    assert_int_equal(browser_start(&setup, NULL, &b, &fault), STATUS_USAGE);
    assert_non_null(strstr(fault.text, "does not run as root"));
    assert_null(b);
    setup.user = user;
    if (browser_start(&setup, NULL, &b, &fault) != STATUS_OK)
        fail_msg("%s", fault.text);
    assert_int_equal(browser_devtools_in(b), -1);
    waits.fd = browser_fd(b);
    assert_int_equal(poll(&waits, 1, 1000), 0);
    browser_end(b, 10000);
    /* It ended by itself, when asked. */
    assert_int_equal(browser_result(b), 0);
    browser_free(b);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

/* Starts a browser in a process of its own, which then ends without a word. */
static pid_t start_and_leave(const struct browser_setup *setup)
{
    int pipe_[2], state;
    pid_t pid, browser = 0;

    assert_int_equal(pipe2(pipe_, O_CLOEXEC), 0);
    pid = fork();
    if (pid == 0) {
        struct browser *b;

        if (browser_start(setup, NULL, &b, NULL) == STATUS_OK)
            browser = browser_pid(b);
        (void)!write(pipe_[1], &browser, sizeof(browser));
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &state, 0), pid);
    assert_int_equal(read(pipe_[0], &browser, sizeof(browser)), sizeof(browser));
    close(pipe_[0]);
    close(pipe_[1]);
    return browser;
}

static void ends_with_the_process_that_started_it(void **state)
{
    struct browser_setup setup = {.program = CHROMIUM, .headless = true};
    int64_t end = now_ms() + 15000;
    pid_t browser;

    (void)state;
    if (!usable())
        return;
    setup.user = make_home("left");
    setup.profile_fresh = setup.home = path_of("left/profile");
    /* What is left without a parent becomes our child, to be waited for here. */
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    browser = start_and_leave(&setup);
    assert_true(browser > 0);
    while (now_ms() < end && kill(browser, 0) == 0) {
        while (waitpid(-1, NULL, WNOHANG) > 0)
            continue;
        (void)poll(NULL, 0, 50);
    }
    assert_int_equal(kill(browser, 0), -1);
    while (now_ms() < end && waitpid(-1, NULL, WNOHANG) >= 0)
        (void)poll(NULL, 0, 50);
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0), 0);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(starts_without_devtools_and_is_ended),
            cmocka_unit_test(ends_with_the_process_that_started_it),
            cmocka_unit_test(tells_of_every_request_in_ordinary_use),
            cmocka_unit_test(keeps_screenshots_notice_and_storage),
    };

    network = begin_network();
    return cmocka_run_group_tests(tests, make_place, remove_place);
}
