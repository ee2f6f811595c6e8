/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/session.h"

#include "base/file.h"
#include "base/json.h"

enum { SESSION_MOST = 16 << 20 };

static void write_isolation(struct json *j, const struct isolation_facts *f)
{
    if (f == NULL) {
        json_null(j, "isolation");
        return;
    }
    json_object(j, "isolation");
    json_string(j, "kind", isolation_kind_name(f->kind));
    json_string(j, "joined_by", f->joined_by[0] == '\0' ? NULL : f->joined_by);
    json_string(j, "interface", f->device);
    json_array(j, "addresses");
    for (size_t i = 0; i < f->address_count; i++)
        json_string(j, NULL, f->addresses[i]);
    json_end(j);
    json_string(j, "resolver", f->resolver[0] == '\0' ? NULL : f->resolver);
    json_string(j, "changed", f->changed[0] == '\0' ? NULL : f->changed);
    json_unsigned(j, "mtu", f->mtu);
    json_string(j, "meaning_en", isolation_meaning_en(f->kind));
    json_string(j, "meaning_zh", isolation_meaning_zh(f->kind));
    json_end(j);
}

static void write_browser(struct json *j, const struct session *s)
{
    static const char *const cookies[] = {
            [COOKIES_DEFAULT] = "default",
            [COOKIES_ALLOW] = "allow",
            [COOKIES_BLOCK] = "block",
    };
    static const char *const devtools[] = {
            [BROWSER_DEVTOOLS_NONE] = "none",
            [BROWSER_DEVTOOLS_PIPE] = "pipe",
            [BROWSER_DEVTOOLS_PORT] = "port",
    };
    const struct browser_facts *b = s->browser;

    if (b == NULL) {
        json_null(j, "browser");
        return;
    }
    json_object(j, "browser");
    json_string(j, "name", b->name);
    json_string(j, "path", b->path);
    json_string(j, "version", b->version);
    json_string(j, "sha256", b->sha256);
    json_string(j, "user", s->browser_user);
    json_string(j, "profile", b->profile_is_fresh ? "fresh" : "given");
    json_string(j, "profile_directory", b->profile);
    json_string(j, "key_log", "environment");
    json_string(j, "devtools", devtools[b->devtools]);
    json_string(j, "third_party_cookies", cookies[s->cookies]);
    json_array(j, "flags");
    for (size_t i = 0; i < b->flag_count; i++) {
        json_object(j, NULL);
        json_string(j, "flag", b->flags[i]);
        json_string(j, "why", b->reasons[i]);
        json_end(j);
    }
    json_end(j);
    json_array(j, "settings");
    for (size_t i = 0; i < b->setting_count; i++) {
        json_object(j, NULL);
        json_string(j, "setting", b->settings[i]);
        json_string(j, "why", b->setting_reasons[i]);
        json_end(j);
    }
    json_end(j);
    if (b->no_devtools != NULL)
        json_string(j, "no_devtools", b->no_devtools);
    json_end(j);
}

static void write_time(struct json *j, const char *key, int64_t ns)
{
    if (ns == 0)
        json_null(j, key);
    else
        json_time(j, key, ns);
}

void session_begin(struct json *j, const struct session *s)
{
    json_object(j, NULL);
    json_string(j, "schema", "exhibit/session/1");
    json_string(j, "state", s->state);
    json_string(j, "class", s->class_name);
    json_bool(j, "automated", s->automated);
    json_string(j, "url", s->url);
    write_time(j, "started", s->started_ns);
    write_time(j, "ended", s->ended_ns);
    json_string(j, "end", s->end);
    json_string(j, "tool", "exhibit " EXHIBIT_VERSION);
    json_array(j, "command_line");
    for (char *const *at = s->command_line; at != NULL && *at != NULL; at++)
        json_string(j, NULL, *at);
    json_end(j);
}

void session_interruption(struct json *j, int64_t time_ns, const char *what)
{
    json_object(j, NULL);
    json_time(j, "time", time_ns);
    json_string(j, "what", what);
    json_end(j);
}

static void write_session(struct json *j, const struct session *s)
{
    session_begin(j, s);
    write_isolation(j, s->isolation);
    write_browser(j, s);
    json_object(j, "capture");
    json_string(j, "interface", s->isolation == NULL ? NULL : s->isolation->device);
    json_unsigned(j, "link", s->link);
    json_unsigned(j, "snaplen", s->snaplen);
    json_unsigned(j, "ring_bytes", s->ring_bytes);
    json_end(j);
    json_array(j, "interruptions");
    for (size_t i = 0; i < s->interruption_count; i++)
        session_interruption(j, s->interruptions[i].time_ns, s->interruptions[i].what);
    json_end(j);
    json_end(j);
}

enum status session_write(int directory, const struct session *s, struct fault *fault)
{
    enum status status;
    struct buf text;
    struct json j;

    buf_init(&text, SESSION_MOST);
    json_init(&j, &text);
    j.pretty = true;
    write_session(&j, s);
    status = j.status == STATUS_OK ? buf_text(&text, "\n") : j.status;
    status = status == STATUS_OK
                     ? file_replace(directory, "session.json", buf_view(&text), fault)
                     : fault_set(fault, status, "out of memory");
    buf_clear(&text);
    return status;
}
