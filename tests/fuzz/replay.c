// SPDX-License-Identifier: MIT
/*
 * Replays a folder of inputs through a target: each as it is, then cut off at up to 16 places. Stands in for
 * libFuzzer's main in every normal test run.
 */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { INPUT_MAX = 1 << 20, CUTS = 16 };

/* An allocation of exactly that size, so that a sanitizer sees a read behind the end. */
static void run(const uint8_t *data, size_t size)
{
    uint8_t *exact = malloc(size ? size : 1);
    if (!exact)
        abort();
    memcpy(exact, data, size);
    LLVMFuzzerTestOneInput(exact, size);
    free(exact);
}

static bool replay(const char *folder, const char *name)
{
    char path[4096];
    static uint8_t data[INPUT_MAX];
    struct stat st;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (stat(path, &st) || !S_ISREG(st.st_mode))
        return false;
    FILE *in = fopen(path, "rb");
    if (!in) {
        perror(path);
        exit(1);
    }
    size_t size = fread(data, 1, sizeof data, in);
    fclose(in);
    run(data, size);
    for (size_t i = 0; i < CUTS; i++)
        run(data, size * i / CUTS);
    return true;
}

int main(int argc, char **argv)
{
    int count = 0;
    DIR *dir = argc == 2 ? opendir(argv[1]) : NULL;
    if (!dir) {
        fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    for (struct dirent *entry; (entry = readdir(dir));)
        count += replay(argv[1], entry->d_name);
    closedir(dir);
    printf("%d inputs\n", count);
    return count ? 0 : 1;
}
