// SPDX-License-Identifier: MIT
/*
 * Asking the library, and reading its replies.
 */
#include "cli/cli.h"

#include <string.h>

static void undo_escapes(char *s)
{
    char *to = s;
    for (; *s; s++) {
        if (*s == '\\' && s[1])
            *to++ = *++s == 'n' ? '\n' : *s;
        else
            *to++ = *s;
    }
    *to = 0;
}

bool reply_next(char **cursor, char **key, char **value)
{
    char *line = *cursor;
    if (!line || !*line)
        return false;
    size_t len = strcspn(line, "\n");
    *cursor = line + len + (line[len] == '\n');
    line[len] = 0;
    size_t key_len = strcspn(line, " ");
    *key = line;
    *value = line + key_len + (line[key_len] == ' ');
    line[key_len] = 0;
    undo_escapes(*value);
    return true;
}

int control(const char *point, const char *command, char **reply)
{
    static const struct {
        DWORD error;
        int code;
        const char *says;
    } rows[] = {
        {ERROR_FILE_NOT_FOUND, EXIT_NOT_MOUNTED, "nothing is mounted there"},
        {ERROR_TIMEOUT, EXIT_NO_ANSWER, "the process that serves it does not answer"},
        {ERROR_ACCESS_DENIED, EXIT_FAILED, "no permission"},
        {ERROR_INVALID_PARAMETER, EXIT_FAILED, "no usable mount point"},
        {ERROR_BUSY, EXIT_FAILED, "another file system is mounted over it"},
    };
    if (DokanControl(point, command, reply))
        return EXIT_DONE;
    DWORD error = DokanWin32GetLastError();
    int code = EXIT_FAILED;
    const char *says = "failed";
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].error == error) {
            code = rows[i].code;
            says = rows[i].says;
        }
    }
    fputs("dokanctl: ", stderr);
    print_plain(stderr, point ? point : command);
    fprintf(stderr, ": %s\n", says);
    DokanFreeReply(*reply);
    *reply = NULL;
    return code;
}
