/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/key_name.h"

#include <string.h>

enum { WORD_MOST = 24 };

/* Each a word, or all the words of a name together; between spaces. */
static const char *const words[KEY_SENSES] = {
        [KEY_NAME] = " name names xm xingming username realname truename fullname nickname "
                     "firstname lastname fn ln uname nick contact contacts consignee receiver "
                     "recipient customer patient passenger owner author mz ",
        [KEY_SEARCH] = " wd word words q query querystring keyword keywords kw kwd key keys "
                       "title tt search searchword searchkey term terms text p s sw topic "
                       "subject content tag tags oq bs rsv gjc ",
        [KEY_PHONE] = " phone phones phonenumber phoneno mobile mobiles mobilephone tel tele "
                      "telephone sj shouji shoujihao msisdn cell cellphone ph pn contact "
                      "contactway lxdh dh dianhua ",
        [KEY_ID_NUMBER] = " idcard idcardno idno idnum idnumber identity identityno certno "
                          "certid certificate sfz sfzh sfzhm shenfenzheng zjhm cardno cardid "
                          "idcode citizenid ",
        [KEY_CARD] = " card cardno cardnum cardnumber bankcard bankcardno pan account accno "
                     "acctno yhk kahao ",
        [KEY_EMAIL] = " email emails mail mails em mailbox useremail youxiang yx ",
        [KEY_DEVICE] = " imei imeis imsi meid mac macaddr macaddress wifimac oaid vaid aaid "
                       "idfa idfv gaid adid androidid udid deviceid device did serial sn utdid "
                       "openudid ",
        [KEY_ACCOUNT] = " account accounts uid uin userid user users login loginname loginid "
                        "username account_name acct qq wechat weixin wx openid unionid mid "
                        "member memberid pin sub pt customerid id ",
        [KEY_ADDRESS] = " address addr addrs dz dizhi street location loc city district "
                        "province area region place poi shipping delivery home ",
        [KEY_LATITUDE] = " lat latitude weidu lati ",
        [KEY_LONGITUDE] = " lng lon long longitude jingdu longi ",
};

static bool listed(enum key_sense sense, const char *word, size_t n)
{
    char entry[KEY_NAME_MOST + 3];

    if (n == 0)
        return false;
    entry[0] = ' ';
    memcpy(entry + 1, word, n);
    entry[n + 1] = ' ';
    entry[n + 2] = '\0';
    return strstr(words[sense], entry) != NULL;
}

/* Bytes of the sign at `at`, an escaped one among them; 0: it is a letter or a digit. */
static size_t sign_at(struct bytes key, size_t at)
{
    if (ascii_is_alnum(key.p[at]))
        return 0;
    if (key.p[at] == '%' && at + 2 < key.n && ascii_hex_value(key.p[at + 1]) >= 0 &&
            ascii_hex_value(key.p[at + 2]) >= 0)
        return 3;
    return 1;
}

bool key_name_says(struct bytes key, enum key_sense sense)
{
    char all[KEY_NAME_MOST], word[WORD_MOST];
    size_t all_n = 0, word_n = 0, sign;

    if (key.n > KEY_NAME_MOST)
        key = bytes_slice(key, key.n - KEY_NAME_MOST, key.n);
    for (size_t i = 0; i < key.n; i += sign == 0 ? 1 : sign) {
        uint8_t c = key.p[i];
        bool begins = i != 0 && c >= 'A' && c <= 'Z' && ascii_is_alnum(key.p[i - 1]) &&
                      !(key.p[i - 1] >= 'A' && key.p[i - 1] <= 'Z');

        sign = sign_at(key, i);
        if (sign != 0 || begins) {
            if (listed(sense, word, word_n))
                return true;
            word_n = 0;
        }
        if (sign != 0)
            continue;
        all[all_n++] = (char)ascii_lower(c);
        if (word_n < WORD_MOST)
            word[word_n++] = (char)ascii_lower(c);
    }
    return listed(sense, word, word_n) || listed(sense, all, all_n);
}

static bool is_name(uint8_t c)
{
    return ascii_is_alnum(c) || c == '_' || c == '-' || c == '.' || c == '$' || c == '[' ||
           c == ']' || c == '%' || c >= 0x80;
}

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t';
}

/* The name that ends in front of `end`, maybe in quotes. */
static struct bytes name_ending(struct bytes text, size_t end, bool *quoted)
{
    size_t begin;

    while (end != 0 && is_space(text.p[end - 1]))
        end--;
    *quoted = end != 0 && (text.p[end - 1] == '"' || text.p[end - 1] == '\'');
    if (*quoted)
        end--;
    /* In JSON inside JSON the quotes are escaped. */
    while (*quoted && end != 0 && text.p[end - 1] == '\\')
        end--;
    for (begin = end; begin != 0 && end - begin < KEY_NAME_MOST && is_name(text.p[begin - 1]);)
        begin--;
    return bytes_slice(text, begin, end);
}

/* "<phone>138" or "<td class=x>138": the element's name. */
static struct bytes element_before(struct bytes text, size_t at)
{
    size_t begin = at, end;

    while (begin != 0 && at - begin < KEY_NAME_MOST && text.p[begin - 1] != '<')
        begin--;
    if (begin == 0 || text.p[begin - 1] != '<')
        return bytes_of(NULL, 0);
    for (end = begin; end < at && is_name(text.p[end]);)
        end++;
    return bytes_slice(text, begin, end);
}

struct bytes key_name_before(struct bytes text, size_t at)
{
    size_t least = at > KEY_BACK_MOST ? at - KEY_BACK_MOST : 0;
    struct bytes name;
    bool quoted;

    for (; at > least; at--) {
        switch (text.p[at - 1]) {
        case '=':
            return name_ending(text, at - 1, &quoted);
        case ':':
            name = name_ending(text, at - 1, &quoted);
            /* That of "https://" is part of a value. */
            if (quoted || (name.n != 0 && !bytes_starts(bytes_slice(text, at, text.n),
                                                  BYTES_LITERAL("//"))))
                return name;
            break;
        case '>':
            return element_before(text, at - 1);
        case '&':
        case '?':
        case ';':
        case '{':
        case '}':
        case '<':
        case '\n':
        case '\r':
            return bytes_of(NULL, 0);
        default:
            break;
        }
    }
    return bytes_of(NULL, 0);
}
