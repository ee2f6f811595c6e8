/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/signal.h"

#include <string.h>

#include "classify/value.h"

enum {
    NAME_MOST = 32,   /* of a name without what is no letter or digit */
    TEXT_LEAST = 6,   /* of a string by a driver */
    DIGEST_BITS = 28, /* nominal, of what is said to be a digest of attributes */
    IMAGE_LEAST = 64, /* of a picture in base64 */
    SUM_LEAST = 10,
    FONT_MOST = 40,
    FONTS_TEXT_MOST = 64 << 10,
    ZONE_MINUTES_MOST = 840, /* UTC+14, Kiritimati */
};

struct signal_word {
    const char *en, *zh;
};

static const struct signal_word words[SIGNALS] = {
        [SIGNAL_NONE] = {"none", "无"},
        [SIGNAL_USER_AGENT] = {"user-agent", "用户代理"},
        [SIGNAL_LANGUAGE] = {"language", "语言"},
        [SIGNAL_SCREEN] = {"screen", "屏幕"},
        [SIGNAL_VIEWPORT] = {"viewport", "视口"},
        [SIGNAL_COLOUR_DEPTH] = {"colour-depth", "色深"},
        [SIGNAL_PLATFORM] = {"platform", "平台"},
        [SIGNAL_TIME_ZONE] = {"time-zone", "时区"},
        [SIGNAL_PIXEL_RATIO] = {"pixel-ratio", "像素比"},
        [SIGNAL_PROCESSORS] = {"processors", "处理器核数"},
        [SIGNAL_MEMORY] = {"memory", "内存"},
        [SIGNAL_HARDWARE] = {"hardware", "硬件"},
        [SIGNAL_TOUCH] = {"touch", "触摸"},
        [SIGNAL_PLUGINS] = {"plugins", "插件"},
        [SIGNAL_NETWORK] = {"network", "网络类型"},
        [SIGNAL_BATTERY] = {"battery", "电池"},
        [SIGNAL_STORAGE] = {"storage", "存储配额"},
        [SIGNAL_MEDIA_DEVICES] = {"media-devices", "媒体设备"},
        [SIGNAL_VOICES] = {"voices", "语音"},
        [SIGNAL_CLIENT_HINTS] = {"client-hints", "高熵客户端提示"},
        [SIGNAL_FONTS] = {"fonts", "字体"},
        [SIGNAL_CANVAS] = {"canvas", "Canvas 绘图"},
        [SIGNAL_AUDIO] = {"audio", "音频"},
        [SIGNAL_WEBGL] = {"webgl", "WebGL"},
        [SIGNAL_FINGERPRINT] = {"fingerprint", "指纹摘要"},
};

const char *signal_name(enum signal s)
{
    return (unsigned)s < SIGNALS ? words[s].en : words[SIGNAL_NONE].en;
}

const char *signal_name_zh(enum signal s)
{
    return (unsigned)s < SIGNALS ? words[s].zh : words[SIGNAL_NONE].zh;
}

bool signal_usual(enum signal s)
{
    return s >= SIGNAL_USER_AGENT && s <= SIGNAL_PLATFORM;
}

bool signal_strong(enum signal s)
{
    return s >= SIGNAL_FONTS && s <= SIGNAL_FINGERPRINT;
}

static enum signal find_key(struct bytes name)
{
    size_t low = 0, high = signal_key_count, n = 0;
    char plain[NAME_MOST + 1];

    for (size_t i = 0; i < name.n; i++) {
        if (!ascii_is_alnum(name.p[i]))
            continue;
        if (n == NAME_MOST)
            return SIGNAL_NONE;
        plain[n++] = (char)ascii_lower(name.p[i]);
    }
    plain[n] = '\0';
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(signal_keys[middle].name, plain);

        if (order == 0)
            return signal_keys[middle].is;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return SIGNAL_NONE;
}

static bool one_of(struct bytes text, const char *const *all, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (bytes_is_nocase(text, all[i]))
            return true;
    }
    return false;
}

static bool starts_one_of(struct bytes text, const char *const *all, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (bytes_starts(text, bytes_text(all[i])))
            return true;
    }
    return false;
}

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* What scripts write where a browser gave no answer. */
static bool no_answer(struct bytes text)
{
    static const char *const nothing[] = {"undefined", "null", "unknown", "none", "nan", "n/a",
            "-", "not available", "unsupported", "not supported", "error", "[]", "{}", "unkown",
            "[object object]"};

    return text.n == 0 || one_of(text, nothing, COUNT(nothing));
}

/* A decimal number, maybe with a sign and a fraction; the part before the fraction in `*whole`. */
static bool is_number(struct bytes text, int64_t *whole)
{
    struct bytes rest = text, digits;
    bool minus = rest.n != 0 && (rest.p[0] == '-' || rest.p[0] == '+');
    uint64_t n;

    minus = minus && rest.p[0] == '-';
    if (rest.n != 0 && (rest.p[0] == '-' || rest.p[0] == '+'))
        rest = bytes_slice(rest, 1, rest.n);
    if (bytes_take_until(&rest, '.', &digits)) {
        for (size_t i = 0; i < rest.n; i++) {
            if (!ascii_is_digit(rest.p[i]))
                return false;
        }
    } else {
        digits = rest;
    }
    if (!bytes_decimal(digits, &n) || n > INT32_MAX)
        return false;
    *whole = minus ? -(int64_t)n : (int64_t)n;
    return true;
}

static bool number_in(struct bytes text, int64_t low, int64_t high)
{
    int64_t n;

    return is_number(text, &n) && n >= low && n <= high;
}

static bool is_flag(struct bytes text)
{
    static const char *const flags[] = {"true", "false", "yes", "no"};

    return one_of(text, flags, COUNT(flags));
}

/* A name of the IANA time zone database: area and place. */
static bool is_zone_name(struct bytes text)
{
    static const char *const areas[] = {"Africa/", "America/", "Antarctica/", "Arctic/",
            "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/", "Etc/"};

    if (text.n > NAME_MOST || !starts_one_of(text, areas, COUNT(areas)) ||
            text.p[text.n - 1] == '/')
        return false;
    for (size_t i = 0; i < text.n; i++) {
        if (!ascii_is_alnum(text.p[i]) && !bytes_has(BYTES_LITERAL("/_-+"), text.p[i]))
            return false;
    }
    return true;
}

static bool is_zone(struct bytes text)
{
    static const char *const begins[] = {"UTC", "GMT"};

    return is_zone_name(text) || number_in(text, -ZONE_MINUTES_MOST, ZONE_MINUTES_MOST) ||
           (text.n <= NAME_MOST && starts_one_of(text, begins, COUNT(begins))) ||
           (text.n == 6 && (text.p[0] == '+' || text.p[0] == '-') && text.p[3] == ':');
}

/* 1920x1080, 1920*1080, 1920,1080 and the like, maybe with a depth behind. */
static bool is_size(struct bytes text)
{
    size_t i = 0, digits[2] = {0, 0};

    for (size_t part = 0; part < 2; part++) {
        while (i < text.n && ascii_is_digit(text.p[i])) {
            digits[part]++;
            i++;
        }
        if (part == 0 && (i == text.n || !bytes_has(BYTES_LITERAL("xX*,"), text.p[i++])))
            return false;
    }
    return digits[0] >= 3 && digits[0] <= 5 && digits[1] >= 3 && digits[1] <= 5 &&
           (i == text.n || (text.n - i <= 4 && bytes_has(BYTES_LITERAL("xX*,"), text.p[i])));
}

static bool is_digest(struct bytes text)
{
    bool digit = false;

    if (text.n < 8 || text.n > 128)
        return false;
    for (size_t i = 0; i < text.n; i++) {
        if (!ascii_is_alnum(text.p[i]) && !bytes_has(BYTES_LITERAL("-_=+/"), text.p[i]))
            return false;
        digit |= ascii_is_digit(text.p[i]);
    }
    return digit && leaf_bits(text) >= DIGEST_BITS;
}

static bool is_picture(struct bytes text)
{
    static const char *const begins[] = {"data:image/png;base64,", "data:image/webp;base64,",
            "data:image/jpeg;base64,", "iVBORw0KGgo"};

    return text.n >= IMAGE_LEAST && starts_one_of(text, begins, COUNT(begins));
}

/* What drivers call themselves in UNMASKED_RENDERER_WEBGL and UNMASKED_VENDOR_WEBGL. */
static bool is_renderer(struct bytes text)
{
    static const char *const begins[] = {"ANGLE (", "Adreno (TM) ", "Mali-", "PowerVR ",
            "Mesa ", "Mesa DRI", "llvmpipe", "Google SwiftShader", "GeForce ", "NVIDIA GeForce",
            "AMD Radeon", "Radeon ", "Intel(R) ", "Intel Iris", "Apple GPU", "Apple M",
            "Google Inc. (", "Maleoon", "WebKit WebGL", "VMware SVGA"};

    return text.n >= TEXT_LEAST && text.n <= 256 && starts_one_of(text, begins, COUNT(begins));
}

static bool is_plugin(struct bytes text)
{
    static const char *const names[] = {"PDF Viewer", "Chrome PDF Viewer",
            "Chromium PDF Viewer", "Microsoft Edge PDF Viewer", "WebKit built-in PDF",
            "Chrome PDF Plugin", "Native Client", "internal-pdf-viewer", "Shockwave Flash"};

    return starts_one_of(text, names, COUNT(names));
}

/* Sums of a compressed oscillator as browsers compute them; see signal.h, Laperdrix 2020. */
static bool is_oscillator(struct bytes text)
{
    static const char *const begins[] = {"124.04", "124.08", "35.7383", "35.7490", "35.10893"};
    int64_t n;

    return text.n >= 12 && starts_one_of(text, begins, COUNT(begins)) && is_number(text, &n);
}

/* Any such sum: a fraction as long as floating point makes it. */
static bool is_sum(struct bytes text)
{
    int64_t n;

    return text.n >= SUM_LEAST && bytes_has(text, '.') && is_number(text, &n);
}

bool signal_is_font(struct bytes text)
{
    size_t low = 0, high = signal_font_count, n = 0;
    char plain[FONT_MOST + 1];

    if (text.n > FONT_MOST)
        return false;
    for (; n < text.n; n++)
        plain[n] = (char)ascii_lower(text.p[n]);
    plain[n] = '\0';
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(signal_fonts[middle], plain);

        if (order == 0)
            return true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

static bool is_font_list(struct bytes text)
{
    size_t begin = 0, fonts = 0;

    if (text.n > FONTS_TEXT_MOST)
        return false;
    for (size_t i = 0; i <= text.n && fonts < SIGNAL_FONTS_LEAST; i++) {
        struct bytes font;

        if (i < text.n && !bytes_has(BYTES_LITERAL(",;|"), text.p[i]))
            continue;
        font = bytes_trim(bytes_slice(text, begin, i));
        if (font.n > 2 && (font.p[0] == '"' || font.p[0] == '\''))
            font = bytes_slice(font, 1, font.n - 1);
        fonts += signal_is_font(font);
        begin = i + 1;
    }
    return fonts == SIGNAL_FONTS_LEAST;
}

static enum signal by_form(struct bytes text)
{
    if (text.n < 5)
        return SIGNAL_NONE;
    if (is_zone_name(text))
        return SIGNAL_TIME_ZONE;
    if (is_picture(text))
        return SIGNAL_CANVAS;
    if (is_renderer(text))
        return SIGNAL_WEBGL;
    if (is_plugin(text))
        return SIGNAL_PLUGINS;
    if (is_oscillator(text))
        return SIGNAL_AUDIO;
    if (is_font_list(text))
        return SIGNAL_FONTS;
    return is_size(text) ? SIGNAL_SCREEN : SIGNAL_NONE;
}

static bool is_network(struct bytes text)
{
    static const char *const types[] = {"slow-2g", "2g", "3g", "4g", "5g", "wifi", "cellular",
            "ethernet", "bluetooth", "wimax"};

    return one_of(text, types, COUNT(types));
}

/* What stands under the name can be that attribute. */
static bool fits(enum signal s, struct bytes text)
{
    switch (s) {
    case SIGNAL_TIME_ZONE:
        return is_zone(text);
    case SIGNAL_PIXEL_RATIO:
        return number_in(text, 0, 8);
    case SIGNAL_PROCESSORS:
        return number_in(text, 1, 512);
    case SIGNAL_MEMORY:
        return number_in(text, 0, 1024);
    case SIGNAL_TOUCH:
        return is_flag(text) || number_in(text, 0, 256);
    case SIGNAL_BATTERY:
        return is_flag(text) || number_in(text, 0, 1000000);
    case SIGNAL_STORAGE:
        return text.n >= TEXT_LEAST && text.n < 24 && ascii_is_digit(text.p[0]);
    case SIGNAL_NETWORK:
        return is_network(text);
    case SIGNAL_CANVAS:
        return is_picture(text) || is_digest(text);
    case SIGNAL_AUDIO:
        return is_digest(text) || is_sum(text);
    case SIGNAL_FINGERPRINT:
        return is_digest(text);
    case SIGNAL_WEBGL:
    case SIGNAL_FONTS:
    case SIGNAL_CLIENT_HINTS:
        return text.n >= 2 && !is_flag(text);
    case SIGNAL_PLUGINS:
    case SIGNAL_VOICES:
    case SIGNAL_MEDIA_DEVICES:
    case SIGNAL_HARDWARE:
        return !is_flag(text);
    case SIGNAL_USER_AGENT:
    case SIGNAL_LANGUAGE:
    case SIGNAL_SCREEN:
    case SIGNAL_VIEWPORT:
    case SIGNAL_COLOUR_DEPTH:
    case SIGNAL_PLATFORM:
        return true;
    case SIGNAL_NONE:
    case SIGNALS:
        break;
    }
    return false;
}

/* What the table of vendors calls a field, as an attribute. */
static enum signal by_property(enum property p)
{
    switch (p) {
    case PROPERTY_SCREEN:
        return SIGNAL_SCREEN;
    case PROPERTY_VIEWPORT:
        return SIGNAL_VIEWPORT;
    case PROPERTY_COLOUR_DEPTH:
        return SIGNAL_COLOUR_DEPTH;
    case PROPERTY_LANGUAGE:
        return SIGNAL_LANGUAGE;
    case PROPERTY_TIME_ZONE:
        return SIGNAL_TIME_ZONE;
    case PROPERTY_USER_AGENT:
        return SIGNAL_USER_AGENT;
    case PROPERTY_PLATFORM:
        return SIGNAL_PLATFORM;
    case PROPERTY_HARDWARE:
        return SIGNAL_HARDWARE;
    case PROPERTY_FONTS:
        return SIGNAL_FONTS;
    case PROPERTY_PLUGINS:
        return SIGNAL_PLUGINS;
    case PROPERTY_CANVAS:
        return SIGNAL_CANVAS;
    case PROPERTY_AUDIO:
        return SIGNAL_AUDIO;
    case PROPERTY_WEBGL:
        return SIGNAL_WEBGL;
    case PROPERTY_FINGERPRINT:
        return SIGNAL_FINGERPRINT;
    case PROPERTY_TOUCH:
        return SIGNAL_TOUCH;
    case PROPERTY_NETWORK:
        return SIGNAL_NETWORK;
    case PROPERTY_BATTERY:
        return SIGNAL_BATTERY;
    case PROPERTY_PAGE:
    case PROPERTY_REFERRER:
    case PROPERTY_TITLE:
    case PROPERTY_BROWSER_ID:
    case PROPERTY_SESSION_ID:
    case PROPERTY_DEVICE_ID:
    case PROPERTY_ACCOUNT:
    case PROPERTY_EMAIL_DIGEST:
    case PROPERTY_PHONE_DIGEST:
    case PROPERTY_CONSENT:
    case PROPERTY_EVENT:
    case PROPERTY_SITE_KEY:
    case PROPERTY_LOCATION:
    case PROPERTY_RECORDING:
    case PROPERTIES:
        break;
    }
    return SIGNAL_NONE;
}

enum signal signal_of(
        const struct vendor *v, struct bytes name, struct bytes text, enum signal_by *by)
{
    const struct vendor_field *field = v == NULL ? NULL : vendor_field_find(v, name);
    enum signal s;

    if (no_answer(text))
        return SIGNAL_NONE;
    if (field != NULL) {
        *by = SIGNAL_BY_VENDOR;
        return by_property(field->property);
    }
    s = by_form(text);
    if (s != SIGNAL_NONE) {
        *by = SIGNAL_BY_FORM;
        return s;
    }
    s = find_key(name);
    *by = SIGNAL_BY_NAME;
    return s != SIGNAL_NONE && fits(s, text) ? s : SIGNAL_NONE;
}

enum signal signal_of_header(struct bytes name, struct bytes value)
{
    static const char *const hints[] = {"sec-ch-ua-arch", "sec-ch-ua-bitness",
            "sec-ch-ua-full-version", "sec-ch-ua-full-version-list", "sec-ch-ua-model",
            "sec-ch-ua-platform-version", "sec-ch-ua-wow64", "sec-ch-ua-form-factors"};
    static const char *const memory[] = {"device-memory", "sec-ch-device-memory"};
    static const char *const ratio[] = {"dpr", "sec-ch-dpr"};
    static const char *const network[] = {"ect", "rtt", "downlink"};
    static const char *const width[] = {
            "viewport-width", "sec-ch-viewport-width", "sec-ch-viewport-height", "width"};

    if (value.n == 0 || bytes_is(value, "\"\""))
        return SIGNAL_NONE;
    if (one_of(name, hints, COUNT(hints)))
        return SIGNAL_CLIENT_HINTS;
    if (one_of(name, memory, COUNT(memory)))
        return SIGNAL_MEMORY;
    if (one_of(name, ratio, COUNT(ratio)))
        return SIGNAL_PIXEL_RATIO;
    if (one_of(name, network, COUNT(network)))
        return SIGNAL_NETWORK;
    return one_of(name, width, COUNT(width)) ? SIGNAL_VIEWPORT : SIGNAL_NONE;
}
