// SPDX-License-Identifier: MIT
/*
 * dokanctl list
 */
#include "cli/list.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    unsigned bit;
    const char *name;
} option_names[] = {
    {DOKAN_EVENT_WRITE_PROTECT, "read-only"},       {DOKAN_EVENT_CASE_SENSITIVE, "case-sensitive"},
    {DOKAN_EVENT_ALTERNATIVE_STREAM_ON, "streams"}, {DOKAN_EVENT_REMOVABLE, "removable"},
    {DOKAN_EVENT_MOUNT_MANAGER, "mount-manager"},   {DOKAN_EVENT_CURRENT_SESSION, "session"},
    {DOKAN_EVENT_FILELOCK_USER_MODE, "user-locks"}, {DOKAN_EVENT_ENABLE_NETWORK_UNMOUNT, "network-unmount"},
};

bool next_mount(char **cursor, struct mount *mount)
{
    static const char *const nothing = "";
    char *key, *value;
    const struct {
        const char *key;
        const char **value;
    } fields[] = {
        {"path", &mount->path},       {"given", &mount->given}, {"unc", &mount->unc},
        {"device", &mount->device},   {"type", &mount->type},   {"session", &mount->session},
        {"pid", &mount->pid},         {"user", &mount->user},   {"volume", &mount->volume},
        {"options", &mount->options},
    };
    *mount = (struct mount){.drive = ""};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        *fields[i].value = nothing;
    while (reply_next(cursor, &key, &value) && *key) {
        if (strcmp(key, "drive") == 0)
            snprintf(mount->drive, sizeof mount->drive, "%c:", *value);
        for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
            if (strcmp(key, fields[i].key) == 0)
                *fields[i].value = value;
    }
    return *mount->path;
}

void json_mount(struct json *j, const struct mount *m)
{
    unsigned long bits = strtoul(m->options, NULL, 16);
    json_text(j, "drive", m->drive);
    json_text(j, "mount_point", m->path);
    json_text(j, "given", m->given);
    json_text(j, "unc", m->unc);
    json_text(j, "device", m->device);
    json_text(j, "type", m->type);
    if (*m->session)
        json_number(j, "session", m->session);
    json_number(j, "pid", m->pid);
    json_number(j, "user", m->user);
    json_number(j, "volume", m->volume);
    json_open(j, "options", '[');
    for (size_t i = 0; i < sizeof option_names / sizeof *option_names; i++)
        if (bits & option_names[i].bit)
            json_text(j, NULL, option_names[i].name);
    json_close(j, ']');
}

static void name_options(const char *options, char *out, size_t size)
{
    unsigned long bits = strtoul(options, NULL, 16);
    size_t n = 0;
    out[0] = 0;
    for (size_t i = 0; i < sizeof option_names / sizeof *option_names; i++)
        if (bits & option_names[i].bit && n < size)
            n += (size_t)snprintf(out + n, size - n, "%s%s", n ? "," : "", option_names[i].name);
}

static void add_row(struct table *table, const struct mount *m)
{
    char options[160];
    const struct passwd *user = getpwuid((uid_t)strtoul(m->user, NULL, 10));
    name_options(m->options, options, sizeof options);
    const char *cells[] = {
        *m->drive ? m->drive : "-", m->path, m->pid, user ? user->pw_name : m->user, *m->unc ? m->unc : "-",
        *options ? options : "-"};
    table_add(table, cells);
}

int run_list(const struct call *call)
{
    static const char *const heads[] = {"DRIVE", "MOUNT POINT", "PID", "USER", "UNC", "OPTIONS"};
    char *reply = NULL;
    int code = control(NULL, "list", &reply);
    if (code)
        return code;
    char *cursor = reply;
    struct mount mount;
    struct json j = {.out = stdout};
    struct table *table = call->json ? NULL : table_new(sizeof heads / sizeof *heads, heads);
    bool any = false;
    if (call->json)
        json_open(&j, NULL, '[');
    for (; next_mount(&cursor, &mount); any = true) {
        if (call->json) {
            json_open(&j, NULL, '{');
            json_mount(&j, &mount);
            json_close(&j, '}');
        } else {
            add_row(table, &mount);
        }
    }
    if (call->json) {
        json_close(&j, ']');
        json_end(&j);
    } else if (!any) {
        fputs("nothing is mounted\n", stderr);
    }
    table_print(table, any ? stdout : stderr, "");
    DokanFreeReply(reply);
    return EXIT_DONE;
}
