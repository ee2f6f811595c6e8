/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/locale.h"

#include <stdlib.h>
#include <string.h>

/* Of a category, such as LC_MESSAGES. An empty value counts as none. */
static const char *name_of(const char *category)
{
    const char *const variables[] = {"LC_ALL", category, "LANG"};

    for (size_t i = 0; i < sizeof(variables) / sizeof(*variables); i++) {
        const char *value = getenv(variables[i]);

        if (value != NULL && value[0] != '\0')
            return value;
    }
    return "";
}

enum language locale_language_of(const char *name)
{
    return strncmp(name, "zh", 2) == 0 ? LANGUAGE_CHINESE : LANGUAGE_ENGLISH;
}

enum language locale_language(void)
{
    return locale_language_of(name_of("LC_MESSAGES"));
}

bool locale_is_utf8(void)
{
    static const char *const names[] = {"UTF-8", "utf-8", "UTF8", "utf8"};
    const char *name = name_of("LC_CTYPE");

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (strstr(name, names[i]) != NULL)
            return true;
    }
    return false;
}

enum settings_result locale_take(
        const struct command *command, const char *argument, enum language *out)
{
    if (strcmp(argument, "en") != 0 && strcmp(argument, "zh") != 0) {
        (void)command_usage(command, "--lang takes en or zh, not \"%s\"", argument);
        return SETTINGS_BAD;
    }
    *out = locale_language_of(argument);
    return SETTINGS_TAKEN;
}
