// SPDX-License-Identifier: MIT
//
// Every name of exports.txt is found in the library by dlsym, and the names a Windows program would take for
// the system's own are not. usage: abi_exports LIBRARY EXPORTS.TXT

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

static const char *const windows_names[] = {
    "GetLastError",   "SetLastError",        "CloseHandle",      "GetSystemTimeAsFileTime",
    "Sleep",          "CreateFileW",         "DeleteFileW",      "MoveFileW",
    "ReadFile",       "WriteFile",           "LockFile",         "FindFirstFileW",

    "RaiseException", "WaitForSingleObject", "OpenProcessToken", "NtCreateFile",
    "ZwCreateFile",
};

static int check_list(void *library, FILE *list, unsigned *found)
{
    char line[128];
    int missing = 0;

    while (fgets(line, sizeof(line), list)) {
        line[strcspn(line, "\n")] = 0;
        if (!*line || *line == '#')
            continue;
        if (dlsym(library, line)) {
            ++*found;
            continue;
        }
        printf("not exported: %s\n", line);
        missing++;
    }
    return missing;
}

int main(int argc, char **argv)
{
    void *library = argc == 3 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : NULL;
    FILE *list = argc == 3 ? fopen(argv[2], "r") : NULL;
    unsigned found = 0;
    int wrong;

    if (!library || !list) {
        printf("cannot open: %s\n", library ? argv[2] : dlerror());
        return 1;
    }
    wrong = check_list(library, list, &found);
    for (size_t i = 0; i < sizeof(windows_names) / sizeof(windows_names[0]); i++)
        if (dlsym(library, windows_names[i])) {
            printf("exported under a Windows name: %s\n", windows_names[i]);
            wrong++;
        }
    fclose(list);
    dlclose(library);
    printf("%u names found\n", found);
    return wrong || found < 32;
}
