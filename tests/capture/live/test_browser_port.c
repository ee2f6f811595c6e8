/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
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
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture/live/browser_parts.h"
#include "capture/live/devtools.h"
#include "capture/live/devtools_socket.h"
#include "capture/live/isolation_parts.h"
#include "tests/capture/live/browser_place.h"
#include "tests/capture/live/loopback_world.h"

#define XVFB "/usr/bin/Xvfb"

enum {
    TEXT_MOST = 4096,
    BAR_LEAST = 110, /* pixels of a window that are not its page's: tabs and address take 87 */
};

static struct isolation inside = {.user = -1, .mount = -1, .network = -1};
static pid_t display;

/* --- a server inside ------------------------------------------------------------------- */

/* It tries what a page could, knowing all that it would have to guess, and tells. */
static const char page[] =
        "<!doctype html><title>t</title><body>hello<script>(async()=>{"
        "let n=location.search.slice(1),v=await(await fetch('/version?'+n)).json(),o={};"
        "let t=async(k,f)=>{try{o[k]='DONE '+await f()}catch(e){o[k]='refused'}};"
        "let ws=u=>new Promise((y,x)=>{let w=new WebSocket(u);w.onopen=()=>y('');w.onerror=x});"
        "let text=async(u,m)=>(await fetch(u,{method:m})).text();"
        "o.known=v.webSocketDebuggerUrl.startsWith('ws://127.0.0.1:'+n+'/');"
        "for(let h of['127.0.0.1','localhost','a.localhost']){let b='http://'+h+':'+n+'/json/';"
        "await t(h+' version',()=>text(b+'version','GET'));"
        "await t(h+' list',()=>text(b+'list','GET'));"
        "await t(h+' new',()=>text(b+'new?http://a.localhost:8080/made','PUT'));"
        "for(let m of['GET','POST'])try{await fetch(b+'new?http://a.localhost:8080/made',"
        "{mode:'no-cors',method:m})}catch(e){}"
        "await t(h+' socket',()=>ws(v.webSocketDebuggerUrl.replace('127.0.0.1',h)))}"
        "o.webdriver=navigator.webdriver;o.bars=outerHeight-innerHeight;"
        "fetch('/end',{method:'POST',body:JSON.stringify(o)})})()</script>";

static struct {
    pthread_mutex_t lock;
    char end[TEXT_MOST];
    bool made, other_host_refused;
} world = {.lock = PTHREAD_MUTEX_INITIALIZER};

static int join(unsigned port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&to, sizeof(to)) != 0) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

/* The body of /json/version; "" for none. */
static void ask_version(unsigned port, const char *host, char out[TEXT_MOST])
{
    const struct timeval patience = {.tv_sec = 1}; /* a refusal leaves the connection open */
    int fd = join(port);
    const char *body;
    char text[TEXT_MOST];
    size_t n = 0;

    out[0] = '\0';
    (void)snprintf(text, sizeof(text), "GET /json/version HTTP/1.1\r\nHost: %s:%u\r\n\r\n",
            host, port);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) != 0 ||
            send(fd, text, strlen(text), MSG_NOSIGNAL) != (ssize_t)strlen(text))
        return;
    memset(text, 0, sizeof(text));
    do {
        ssize_t got = read(fd, text + n, sizeof(text) - 1 - n);

        if (got <= 0)
            break;
        n += (size_t)got;
        body = strstr(text, "\r\n\r\n");
    } while (body == NULL || strchr(body, '}') == NULL);
    (void)close(fd);
    body = strstr(text, "\r\n\r\n");
    (void)snprintf(out, TEXT_MOST, "%s", body == NULL ? "" : body + 4);
}

static void answer(const char *request, const char *body, char *out, size_t size)
{
    char text[TEXT_MOST] = "x";
    unsigned port = 0;

    if (strncmp(request, "GET /?", 6) == 0) {
        (void)snprintf(text, sizeof(text), "%s", page);
    } else if (sscanf(request, "GET /version?%u", &port) == 1) {
        ask_version(port, "a.test", text);
        world.other_host_refused =
                *text != '\0' && strstr(text, "webSocketDebuggerUrl") == NULL;
        ask_version(port, "127.0.0.1", text);
    }
    pthread_mutex_lock(&world.lock);
    if (strncmp(request, "POST /end", 9) == 0)
        (void)snprintf(world.end, sizeof(world.end), "%s", body);
    world.made |= strstr(request, " /made") != NULL;
    pthread_mutex_unlock(&world.lock);
    (void)snprintf(out, size,
            "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"
            "Content-Length: %zu\r\nConnection: close\r\n\r\n%s",
            strlen(text), text);
}

static void *serve_one(void *argument)
{
    int fd = *(int *)argument;
    char request[2 * TEXT_MOST] = "", out[2 * TEXT_MOST];
    size_t n = 0;

    free(argument);
    while (n < sizeof(request) - 1) {
        ssize_t got = read(fd, request + n, sizeof(request) - 1 - n);
        const char *end, *length;

        if (got <= 0)
            break;
        n += (size_t)got;
        end = strstr(request, "\r\n\r\n");
        length = strstr(request, "Content-Length: ");
        if (end == NULL || (length != NULL && strlen(end + 4) < strtoul(length + 16, NULL, 10)))
            continue;
        answer(request, end + 4, out, sizeof(out));
        (void)send(fd, out, strlen(out), MSG_NOSIGNAL);
        break;
    }
    (void)close(fd);
    return NULL;
}

static struct loopback_server server = {.listener = -1, .serve_one = serve_one};

/* A network with the server, for the browser; then another one, with nothing, for ourselves. */
static bool begin_networks(void)
{
    if (unshare(CLONE_NEWNET) != 0)
        return false;
    inside.network = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
    return inside.network >= 0 && loopback_up() && loopback_server_begin(&server) &&
           unshare(CLONE_NEWNET) == 0;
}

/* --- a display --------------------------------------------------------------------------- */

static bool begin_display(void)
{
    char ready[16], name[24], word[16];
    bool is_ready = false;
    int fds[2];
    ssize_t n;

    if (getenv("DISPLAY") != NULL)
        return true;
    if (access(XVFB, X_OK) != 0 || pipe2(fds, O_CLOEXEC) != 0)
        return false;
    /* A number of our own: the server takes one for free that is taken in another network. */
    (void)snprintf(name, sizeof(name), ":%d", 100 + getpid() % 30000);
    display = fork();
    if (display == 0) {
        int null = open("/dev/null", O_RDWR);

        (void)snprintf(word, sizeof(word), "%d", fcntl(fds[1], F_DUPFD, 10));
        (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
        (void)dup2(null, 2);
        (void)execl(XVFB, XVFB, name, "-displayfd", word, "-screen", "0", "1280x1000x24", "-ac",
                "-nolisten", "tcp", (char *)NULL);
        _exit(127);
    }
    (void)close(fds[1]);
    /* It writes more than once: to the end, or it would be struck by a signal. */
    while ((n = read(fds[0], ready, sizeof(ready))) > 0)
        is_ready = true;
    (void)close(fds[0]);
    return display > 0 && is_ready && setenv("DISPLAY", name, 1) == 0;
}

/* --- tests ------------------------------------------------------------------------------- */

static bool usable(void)
{
    return browser_can_start(inside.network >= 0);
}

static bool told(void)
{
    bool is;

    pthread_mutex_lock(&world.lock);
    is = world.end[0] != '\0';
    pthread_mutex_unlock(&world.lock);
    return is;
}

static bool has_flag(const struct browser *b, const char *flag)
{
    const struct browser_facts *f = browser_facts(b);

    for (size_t i = 0; i < f->flag_count; i++)
        if (strncmp(f->flags[i], flag, strlen(flag)) == 0)
            return true;
    return false;
}

static void chooses_a_port_inside(void **state)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    int sockets[2] = {-1, -1};
    struct fault fault = {0};
    uint16_t port[2] = {0};

    (void)state;
    if (inside.network < 0) {
        printf("skip: networks are made by root only\n");
        return;
    }
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    at.sin_port = htons(PORT);
    for (unsigned i = 0; i < 2; i++) {
        if (browser_port_choose(&inside, &port[i], sockets, &fault) != STATUS_OK)
            fail_msg("%s", fault.text);
        assert_in_range(port[i], 10000, 32767);
        assert_int_equal(fcntl(sockets[0], F_GETFL) & O_NONBLOCK, O_NONBLOCK);
        assert_int_equal(fcntl(sockets[1], F_GETFD), FD_CLOEXEC);
        /* It reaches the server that only the inside has. */
        assert_true(connect(sockets[0], (const struct sockaddr *)&at, sizeof(at)) == 0 ||
                    errno == EINPROGRESS);
        assert_int_equal(poll(&(struct pollfd){sockets[0], POLLOUT, 0}, 1, 2000), 1);
        assert_int_equal(send(sockets[0], "x", 1, MSG_NOSIGNAL), 1);
        (void)close(sockets[0]);
        (void)close(sockets[1]);
    }
    assert_int_not_equal(port[0], port[1]);
    assert_int_equal(join(PORT), -1); /* we do not */
    assert_int_equal(waitpid(-1, NULL, WNOHANG), display > 0 ? 0 : -1);
}

static void says_when_the_network_cannot_be_entered(void **state)
{
    struct isolation nowhere = {.user = -1, .mount = -1};
    int sockets[2] = {-1, -1};
    struct fault fault = {0};
    uint16_t port = 0;

    (void)state;
    nowhere.network = open("/dev/null", O_RDONLY | O_CLOEXEC);
    assert_int_equal(browser_port_choose(&nowhere, &port, sockets, &fault), STATUS_IO);
    assert_non_null(strstr(fault.text, "Invalid argument"));
    assert_int_equal(port, 0);
    assert_int_equal(sockets[0], -1);
    (void)close(nowhere.network);
}

static struct devtools *listen_to(struct browser *b, int directory, const char *url)
{
    struct devtools_setup tools = {.directory = directory, .url = url, .screens = false};
    struct devtools *d = NULL;
    struct fault fault = {0};

    tools.in = browser_devtools_in(b);
    tools.out = browser_devtools_out(b);
    assert_true(tools.in >= 0 && tools.in == tools.out);
    if (devtools_new(&tools, &d, &fault) != STATUS_OK)
        fail_msg("%s", fault.text);
    return d;
}

/* Until the page has told, or, `to_end`, until the browser is gone. */
static unsigned run(struct browser *b, struct devtools *d, bool to_end)
{
    int64_t end = now_ms() + 40000;
    bool lost = false;
    unsigned requests = 0;

    while (now_ms() < end && !lost && (to_end || !told())) {
        struct pollfd at = {.fd = browser_devtools_in(b), .events = POLLIN};
        struct devtools_event event;
        struct fault fault = {0};

        (void)poll(&at, 1, 50);
        if (devtools_step(d, &fault) != STATUS_OK)
            fail_msg("%s", fault.text);
        while (devtools_next(d, &event)) {
            lost |= event.kind == DEVTOOLS_LOST;
            requests += event.kind == DEVTOOLS_REQUEST;
        }
    }
    assert_int_equal(lost, to_end);
    return requests;
}

static void assert_refused(void)
{
    static const char *const hosts[] = {"127.0.0.1", "localhost", "a.localhost"};
    static const char *const what[] = {"version", "list", "new", "socket"};
    char part[80];

    for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
        for (size_t k = 0; k < sizeof(what) / sizeof(what[0]); k++) {
            (void)snprintf(part, sizeof(part), "\"%s %s\":\"refused\"", hosts[i], what[k]);
            if (strstr(world.end, part) == NULL)
                fail_msg("no %s in %s", part, world.end);
        }
    assert_null(strstr(world.end, "DONE"));
    assert_non_null(strstr(world.end, "\"known\":true")); /* it knew the socket's address */
    assert_true(world.other_host_refused);
    assert_false(world.made);
}

static void person_is_no_robot_and_pages_do_not_reach_the_port(void **state)
{
    static const char *const extra[] = {"--ozone-platform=headless"};
    struct browser_setup setup = {.program = CHROMIUM, .devtools = true, .extra = extra};
    const struct passwd *nobody = getpwnam("nobody");
    struct browser *b = NULL;
    struct devtools *d;
    struct fault fault = {0};
    char profile[64], log[64], url[64];
    const char *bars;
    int directory;
    uint64_t number;
    bool seen = begin_display();

    (void)state;
    if (!usable())
        return;
    assert_int_equal(chown(place, nobody->pw_uid, nobody->pw_gid), 0);
    (void)snprintf(profile, sizeof(profile), "%s/profile", place);
    (void)snprintf(log, sizeof(log), "%s/browser.log", place);
    setup.user = nobody->pw_uid;
    setup.profile_fresh = profile;
    setup.home = place;
    setup.log = log;
    setup.extra_count = seen ? 0 : 1; /* flags of ours could bring a bar of their own */
    if (browser_start(&setup, &inside, &b, &fault) != STATUS_OK)
        fail_msg("%s", fault.text);
    assert_int_equal(browser_facts(b)->devtools, BROWSER_DEVTOOLS_PORT);
    assert_true(has_flag(b, "--remote-debugging-port="));
    assert_false(has_flag(b, "--remote-debugging-pipe"));
    assert_false(has_flag(b, "--disable-blink-features"));
    assert_false(has_flag(b, "--remote-allow-origins"));
    directory = open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    (void)snprintf(url, sizeof(url), "http://a.localhost:8080/?%u", (unsigned)b->port);
    d = listen_to(b, directory, url);
    assert_true(run(b, d, false) >= 10);
    assert_true(told());
    if (getenv("SHOW") != NULL) {
        printf("%s\n", world.end);
        (void)poll(NULL, 0, 3000);
    }
    assert_refused();
    assert_non_null(strstr(world.end, "\"webdriver\":false"));
    bars = strstr(world.end, "\"bars\":");
    assert_non_null(bars);
    if (seen)
        assert_in_range(atoi(bars + 7), 1, BAR_LEAST);
    else
        printf("skip: no display and no Xvfb: the window's bars were not measured\n");
    assert_int_equal(join(b->port), -1); /* from outside */
    assert_int_equal(devtools_call(d, "", "Browser.close", "{}", &number, NULL), STATUS_OK);
    (void)run(b, d, true);
    devtools_free(d);
    browser_end(b, 10000);
    assert_int_equal(browser_result(b), 0);
    /* Nothing of it is left, when those it had started have been waited for by init. */
    for (unsigned i = 0; i < 100 && kill(-browser_pid(b), 0) == 0; i++)
        (void)poll(NULL, 0, 50);
    assert_int_equal(kill(-browser_pid(b), 0), -1);
    browser_free(b);
    (void)close(directory);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), display > 0 ? 0 : -1);
}

static void says_when_the_browser_ends_before_it_listens(void **state)
{
    static const char *const extra[] = {"--ozone-platform=nothing"};
    struct browser_setup setup = {
            .program = CHROMIUM, .devtools = true, .extra = extra, .extra_count = 1};
    const struct passwd *nobody = getpwnam("nobody");
    struct browser *b = NULL;
    struct fault fault = {0};
    char profile[64];

    (void)state;
    if (!usable())
        return;
    assert_int_equal(chown(place, nobody->pw_uid, nobody->pw_gid), 0);
    (void)snprintf(profile, sizeof(profile), "%s/ended", place);
    setup.user = nobody->pw_uid;
    setup.profile_fresh = profile;
    setup.home = place;
    assert_int_equal(browser_start(&setup, &inside, &b, &fault), STATUS_IO);
    assert_non_null(strstr(fault.text, "ended before it opened its DevTools port"));
    assert_null(b);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), display > 0 ? 0 : -1);
}

static int end_display(void **state)
{
    if (display > 0) {
        (void)kill(display, SIGTERM);
        (void)waitpid(display, NULL, 0);
    }
    return remove_place(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(chooses_a_port_inside),
            cmocka_unit_test(says_when_the_network_cannot_be_entered),
            cmocka_unit_test(person_is_no_robot_and_pages_do_not_reach_the_port),
            cmocka_unit_test(says_when_the_browser_ends_before_it_listens),
    };

    if (!begin_networks() && inside.network >= 0) {
        (void)close(inside.network);
        inside.network = -1;
    }
    return cmocka_run_group_tests(tests, make_place, end_display);
}
