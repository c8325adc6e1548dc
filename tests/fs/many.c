// SPDX-License-Identifier: MIT
/*
 * many: one process that mounts often, or much at once, or forks while it has a volume. Every volume is the
 * same: a root with one file `hello` that reads "hello\n". It uses the public headers alone.
 *
 * usage: many cycles N DIR    N times: mount at DIR, read the file, unmount
 *        many volumes N DIR   N volumes at once at DIR/0 .. DIR/N-1
 *        many fork DIR        a child of fork() calls the library; the parent's volume must not notice
 *
 * After a warm-up it remembers how many descriptors and threads it has and how large it is; at the end these
 * must not have grown.
 */
#include <dokan/dokan.h>
#include <dokan/dokan_ex.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATH_BYTES = 1024, WARM_UP = 10, MAX_VOLUMES = 256, CLOSE_MS = 20000 };

/* A sanitizer's own tables grow with every stack it has seen; it reports our leaks itself. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { GROWTH_KIB = 65536 };
#else
enum { GROWTH_KIB = 2048 };
#endif

static const char contents[] = "hello\n";

struct use {
    int descriptors, threads;
    long resident_kib;
};

struct volume {
    char path[PATH_BYTES];
    WCHAR point[PATH_BYTES];
    DOKAN_OPTIONS options;
    DOKAN_HANDLE handle;
};

static struct volume volumes[MAX_VOLUMES];

/* ---- the file system ---- */

static bool is_root(LPCWSTR name)
{
    return name[0] == '\\' && !name[1];
}

static bool is_hello(LPCWSTR name)
{
    char path[PATH_BYTES] = "";

    DokanUtf16ToUtf8(name, DOKAN_TERMINATED, path, PATH_BYTES);
    return !strcmp(path, "\\hello");
}

static NTSTATUS open_file(LPCWSTR name, PDOKAN_IO_SECURITY_CONTEXT context, ACCESS_MASK access,
                          ULONG attributes, ULONG share, ULONG disposition, ULONG options,
                          PDOKAN_FILE_INFO info)
{
    if (!is_root(name) && !is_hello(name))
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (is_root(name) && (options & FILE_NON_DIRECTORY_FILE))
        return STATUS_FILE_IS_A_DIRECTORY;
    info->IsDirectory = is_root(name);
    return disposition == FILE_CREATE ? STATUS_OBJECT_NAME_COLLISION : STATUS_SUCCESS;
}

static void nothing(LPCWSTR name, PDOKAN_FILE_INFO info)
{
}

static NTSTATUS read_file(LPCWSTR name, LPVOID buffer, DWORD length, LPDWORD done, LONGLONG offset,
                          PDOKAN_FILE_INFO info)
{
    DWORD size = sizeof(contents) - 1;

    *done = offset >= size ? 0 : size - (DWORD)offset;
    if (*done > length)
        *done = length;
    memcpy(buffer, contents + (offset >= size ? 0 : offset), *done);
    return STATUS_SUCCESS;
}

static NTSTATUS file_info(LPCWSTR name, LPBY_HANDLE_FILE_INFORMATION out, PDOKAN_FILE_INFO info)
{
    memset(out, 0, sizeof(*out));
    out->dwFileAttributes = is_root(name) ? FILE_ATTRIBUTE_DIRECTORY : FILE_ATTRIBUTE_NORMAL;
    out->nFileSizeLow = is_root(name) ? 0 : sizeof(contents) - 1;
    out->nNumberOfLinks = 1;
    return STATUS_SUCCESS;
}

static NTSTATUS list(LPCWSTR name, PFillFindData fill, PDOKAN_FILE_INFO info)
{
    WIN32_FIND_DATAW found = {.dwFileAttributes = FILE_ATTRIBUTE_NORMAL,
                              .nFileSizeLow = sizeof(contents) - 1};

    memcpy(found.cFileName, u"hello", sizeof(u"hello"));
    fill(&found, info);
    return STATUS_SUCCESS;
}

static DOKAN_OPERATIONS operations = {
    .ZwCreateFile = open_file,
    .Cleanup = nothing,
    .CloseFile = nothing,
    .ReadFile = read_file,
    .GetFileInformation = file_info,
    .FindFiles = list,
};

/* ---- counting ---- */

static int entries(const char *folder)
{
    DIR *dir = opendir(folder);
    int count = 0;

    if (!dir)
        return -1;
    while (readdir(dir))
        count++;
    closedir(dir);
    return count;
}

static struct use use_now(void)
{
    struct use use = {entries("/proc/self/fd"), entries("/proc/self/task"), 0};
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");

    if (file && fscanf(file, "%*d %ld", &pages) == 1)
        use.resident_kib = pages * (sysconf(_SC_PAGESIZE) / 1024);
    if (file)
        fclose(file);
    return use;
}

/* Threads end a moment after they were joined or told to: the table of tasks gets a second to show it. */
static bool not_grown(struct use before)
{
    struct use now = use_now();

    for (int i = 0; i < 50 && now.threads > before.threads; i++, now = use_now())
        usleep(20000);
    printf("descriptors %d -> %d, threads %d -> %d, resident KiB %ld -> %ld\n", before.descriptors,
           now.descriptors, before.threads, now.threads, before.resident_kib, now.resident_kib);
    return now.descriptors <= before.descriptors && now.threads <= before.threads &&
           now.resident_kib <= before.resident_kib + GROWTH_KIB;
}

/* ---- mounting ---- */

static bool readable(const char *folder)
{
    char path[PATH_BYTES + 8], text[sizeof(contents)] = "";
    int fd;
    ssize_t got;

    snprintf(path, sizeof(path), "%s/hello", folder);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        fprintf(stderr, "many: %s: %s\n", path, strerror(errno));
        return false;
    }
    got = read(fd, text, sizeof(text));
    close(fd);
    return got == sizeof(contents) - 1 && !memcmp(text, contents, sizeof(contents));
}

static bool mount_one(struct volume *volume, const char *path)
{
    int result;

    snprintf(volume->path, sizeof(volume->path), "%s", path);
    DokanUtf8ToUtf16(path, DOKAN_TERMINATED, volume->point, PATH_BYTES);
    volume->options = (DOKAN_OPTIONS){
        .Version = DOKAN_VERSION, .Options = DOKAN_OPTION_CASE_SENSITIVE, .MountPoint = volume->point};
    result = DokanCreateFileSystem(&volume->options, &operations, &volume->handle);
    if (result != DOKAN_SUCCESS)
        fprintf(stderr, "many: mount at %s: %d\n", path, result);
    return result == DOKAN_SUCCESS;
}

static bool unmount_one(struct volume *volume)
{
    bool fine = DokanRemoveMountPoint(volume->point);

    fine = DokanWaitForFileSystemClosed(volume->handle, CLOSE_MS) == WAIT_OBJECT_0 && fine;
    DokanCloseHandle(volume->handle);
    if (!fine)
        fprintf(stderr, "many: unmount of %s failed\n", volume->path);
    return fine;
}

static bool cycle(const char *path)
{
    bool fine = mount_one(&volumes[0], path);

    if (!fine)
        return false;
    fine = readable(path);
    return unmount_one(&volumes[0]) && fine;
}

static int run_cycles(int count, const char *path)
{
    struct use before = {0};

    for (int i = 0; i < count; i++) {
        if (i == WARM_UP)
            before = use_now();
        if (!cycle(path)) {
            fprintf(stderr, "many: cycle %d failed\n", i);
            return 1;
        }
    }
    printf("%d cycles\n", count);
    return count > WARM_UP && not_grown(before) ? 0 : 1;
}

static bool together(int count, const char *folder)
{
    char path[PATH_BYTES];
    int mounted = 0;
    bool fine = true;

    for (; mounted < count && fine; mounted++) {
        snprintf(path, sizeof(path), "%s/%d", folder, mounted);
        fine = mount_one(&volumes[mounted], path);
    }
    if (!fine)
        mounted--;
    for (int i = 0; i < mounted; i++)
        fine = readable(volumes[i].path) && fine;
    printf("%d volumes mounted\n", mounted);
    for (int i = 0; i < mounted; i++)
        fine = unmount_one(&volumes[i]) && fine;
    return fine;
}

static int run_volumes(int count, const char *folder)
{
    struct use before;

    if (count > MAX_VOLUMES || !together(count, folder))
        return 1;
    before = use_now();
    return together(count, folder) && not_grown(before) ? 0 : 1;
}

/* What a child may see of its parent's volumes: nothing that works, and nothing that hangs or crashes. */
static int in_child(const char *other)
{
    struct volume *volume = &volumes[1];
    bool started;

    alarm(20);
    started = mount_one(volume, other);
    if (started)
        fprintf(stderr, "many: the child could mount\n");
    DokanIsFileSystemRunning(volumes[0].handle);
    DokanCloseHandle(volumes[0].handle);
    DokanShutdown();
    return started ? 1 : 0;
}

static int run_fork(const char *folder)
{
    char first[PATH_BYTES], second[PATH_BYTES];
    int status = 0;
    pid_t pid;
    bool fine;

    snprintf(first, sizeof(first), "%s/0", folder);
    snprintf(second, sizeof(second), "%s/1", folder);
    if (!mount_one(&volumes[0], first))
        return 1;
    pid = fork();
    if (pid == 0)
        _exit(in_child(second));
    fine = pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    printf("child ended with status 0x%x\n", (unsigned)status);
    fine = readable(first) && fine;
    return unmount_one(&volumes[0]) && fine ? 0 : 1;
}

int main(int argc, char **argv)
{
    int result = 2;

    DokanInit();
    if (argc == 4 && !strcmp(argv[1], "cycles"))
        result = run_cycles(atoi(argv[2]), argv[3]);
    else if (argc == 4 && !strcmp(argv[1], "volumes"))
        result = run_volumes(atoi(argv[2]), argv[3]);
    else if (argc == 3 && !strcmp(argv[1], "fork"))
        result = run_fork(argv[2]);
    else
        fprintf(stderr, "usage: many cycles N DIR | volumes N DIR | fork DIR\n");
    DokanShutdown();
    return result;
}
