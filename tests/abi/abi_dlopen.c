// SPDX-License-Identifier: MIT
//
// A foreign binding in C: declares nothing from our headers, loads the library with dlopen, fills the
// structures by byte offset, mounts a volume with one file and reads it through the kernel. usage: abi_dlopen
// LIBRARY

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <uchar.h>
#include <unistd.h>

enum { SKIP = 77 };

// Statuses, offsets and slots as Dokany 2.3.1 has them.
#define STATUS_OBJECT_NAME_NOT_FOUND ((int32_t)0xC0000034)
#define STATUS_NOT_A_DIRECTORY       ((int32_t)0xC0000103)
#define STATUS_ACCESS_DENIED         ((int32_t)0xC0000022)

enum {
    OPTIONS_SIZE = 16432,
    OPTIONS_VERSION = 0,
    OPTIONS_OPTIONS = 4,
    OPTIONS_CONTEXT = 8,
    OPTIONS_MOUNT_POINT = 16
};
enum { OPTIONS_TIMEOUT = 32, SECURITY_ACCESS = 64 };
enum {
    INFO_CONTEXT = 0,
    INFO_OPTIONS = 16,
    INFO_PROCESS = 32,
    INFO_IS_DIRECTORY = 36,
    INFO_DELETE_PENDING = 37
};
enum { SLOT_CREATE, SLOT_CLEANUP, SLOT_CLOSE, SLOT_READ, SLOT_GET_INFORMATION = 6, SLOT_FIND_FILES = 7 };
enum { SLOT_MOUNTED = 20, SLOT_UNMOUNTED = 21, SLOTS = 25 };
enum { FIND_SIZE = 592, FIND_SIZE_LOW = 32, FIND_NAME = 44, BY_HANDLE_SIZE_LOW = 36, BY_HANDLE_LINKS = 40 };
enum { DISPOSITION_OPEN = 1, DISPOSITION_OPEN_IF = 3, OPTION_DIRECTORY = 1, FILE_ATTRIBUTE_DIRECTORY = 0x10 };

static const char content[] = "Hello from raw offsets.\n";
static const uint64_t context_value = 0x1122334455667788;
static _Atomic int creates, cleanups, closes, reads, mounted, unmounted, wrong;

static void put(void *at, size_t offset, const void *value, size_t size)
{
    memcpy((char *)at + offset, value, size);
}

static void put32(void *at, size_t offset, uint32_t value)
{
    put(at, offset, &value, sizeof(value));
}

static uint64_t get64(const void *at, size_t offset)
{
    uint64_t value;

    memcpy(&value, (const char *)at + offset, sizeof(value));
    return value;
}

static uint32_t get32(const void *at, size_t offset)
{
    uint32_t value;

    memcpy(&value, (const char *)at + offset, sizeof(value));
    return value;
}

static unsigned char get8(const void *at, size_t offset)
{
    return ((const unsigned char *)at)[offset];
}

static int same(const char16_t *a, const char16_t *b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

static int is_file(const char16_t *name)
{
    return same(name, u"\\hello.txt");
}

static void expect(int truth, const char *what)
{
    if (!truth) {
        fprintf(stderr, "wrong: %s\n", what);
        wrong++;
    }
}

static int32_t create(const char16_t *name, void *security, uint32_t access, uint32_t attributes,
                      uint32_t share, uint32_t disposition, uint32_t options, void *info)
{
    int root = same(name, u"\\");

    (void)attributes;
    (void)share;
    expect(get64(info, INFO_OPTIONS) != 0, "options in a create");
    expect(security && get32(security, SECURITY_ACCESS) == access, "access in the security context");
    if (!root && !is_file(name))
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (disposition != DISPOSITION_OPEN && disposition != DISPOSITION_OPEN_IF)
        return STATUS_ACCESS_DENIED;
    if (!root && (options & OPTION_DIRECTORY))
        return STATUS_NOT_A_DIRECTORY;
    creates++;
    put(info, INFO_CONTEXT, &context_value, sizeof(context_value));
    ((char *)info)[INFO_IS_DIRECTORY] = (char)root;
    return 0;
}

static void cleanup(const char16_t *name, void *info)
{
    (void)name;
    cleanups++;
    expect(get64(info, INFO_CONTEXT) == context_value, "context at Cleanup");
    expect(get8(info, INFO_DELETE_PENDING) == 0, "DeletePending at Cleanup");
}

static void close_file(const char16_t *name, void *info)
{
    (void)name;
    closes++;
    expect(get64(info, INFO_CONTEXT) == context_value, "context at CloseFile");
}

static int32_t read_file(const char16_t *name, void *buffer, uint32_t length, uint32_t *done, int64_t offset,
                         void *info)
{
    size_t size = sizeof(content) - 1, left = offset < (int64_t)size ? size - (size_t)offset : 0;

    expect(is_file(name) && !get8(info, INFO_IS_DIRECTORY), "name at ReadFile");
    reads++;
    *done = length < left ? length : (uint32_t)left;
    memcpy(buffer, content + offset, *done);
    return 0;
}

static int32_t get_information(const char16_t *name, void *out, void *info)
{
    put32(out, 0, is_file(name) ? 0x21 : FILE_ATTRIBUTE_DIRECTORY);
    put32(out, BY_HANDLE_SIZE_LOW, is_file(name) ? sizeof(content) - 1 : 0);
    put32(out, BY_HANDLE_LINKS, 1);
    expect(get8(info, INFO_IS_DIRECTORY) == !is_file(name), "IsDirectory at GetFileInformation");
    return 0;
}

static int32_t find_files(const char16_t *name, int (*fill)(void *entry, void *info), void *info)
{
    static const char16_t file[] = u"hello.txt";
    char entry[FIND_SIZE] = {0};

    (void)name;
    put32(entry, 0, 0x21);
    put32(entry, FIND_SIZE_LOW, sizeof(content) - 1);
    put(entry, FIND_NAME, file, sizeof(file));
    expect(fill(entry, info) == 0, "FillFindData returns 0");
    return 0;
}

static int32_t on_mounted(const char16_t *where, void *info)
{
    (void)info;
    expect(where && *where, "mount point given to Mounted");
    mounted++;
    return 0;
}

static int32_t on_unmounted(void *info)
{
    (void)info;
    unmounted++;
    return 0;
}

static void set_slot(char *operations, int slot, void (*callback)(void))
{
    put(operations, (size_t)slot * 8, &callback, sizeof(callback));
}

#define SLOT(operations, slot, callback) set_slot(operations, slot, (void (*)(void))(callback))

static void fill_operations(char *operations)
{
    SLOT(operations, SLOT_CREATE, create);
    SLOT(operations, SLOT_CLEANUP, cleanup);
    SLOT(operations, SLOT_CLOSE, close_file);
    SLOT(operations, SLOT_READ, read_file);
    SLOT(operations, SLOT_GET_INFORMATION, get_information);
    SLOT(operations, SLOT_FIND_FILES, find_files);
    SLOT(operations, SLOT_MOUNTED, on_mounted);
    SLOT(operations, SLOT_UNMOUNTED, on_unmounted);
}

static void fill_options(char *options, const char16_t *mount_point)
{
    uint16_t version = 231;
    uint64_t global = 42;

    put(options, OPTIONS_VERSION, &version, sizeof(version));
    put32(options, OPTIONS_OPTIONS, 1u << 9); // case-sensitive
    put(options, OPTIONS_CONTEXT, &global, sizeof(global));
    put(options, OPTIONS_MOUNT_POINT, &mount_point, sizeof(mount_point));
    put32(options, OPTIONS_TIMEOUT, 20000);
}

static void *find(void *library, const char *name)
{
    void *symbol = dlsym(library, name);

    if (!symbol) {
        fprintf(stderr, "%s\n", dlerror());
        exit(1);
    }
    return symbol;
}

// The file through the kernel: by stat, by read, and a name that is not there.
static void use_mount(const char *folder)
{
    char path[256], text[sizeof(content) + 16] = {0};
    struct stat st;
    int fd;

    snprintf(path, sizeof(path), "%s/hello.txt", folder);
    expect(stat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == (off_t)sizeof(content) - 1, "stat");
    fd = open(path, O_RDONLY | O_CLOEXEC);
    expect(fd >= 0 && read(fd, text, sizeof(text)) == (ssize_t)sizeof(content) - 1, "read");
    expect(strcmp(text, content) == 0, "what was read");
    if (fd >= 0)
        close(fd);
    snprintf(path, sizeof(path), "%s/missing", folder);
    expect(stat(path, &st) < 0 && errno == ENOENT, "stat of a missing file");
    expect(stat(folder, &st) == 0 && S_ISDIR(st.st_mode), "stat of the root");
}

static int run(void *library, const char *folder)
{
    static char options[OPTIONS_SIZE], operations[SLOTS * 8];
    char16_t mount_point[256] = {0};
    void *volume = NULL;
    int result;

    for (size_t i = 0; folder[i]; i++)
        mount_point[i] = (unsigned char)folder[i];
    fill_options(options, mount_point);
    fill_operations(operations);
    ((void (*)(void))find(library, "DokanInit"))();
    result = ((int (*)(void *, void *, void **))find(library, "DokanCreateFileSystem"))(options, operations,
                                                                                        &volume);
    expect(result == 0 && volume, "DokanCreateFileSystem");
    if (result == 0) {
        expect(((int (*)(void *))find(library, "DokanIsFileSystemRunning"))(volume) == 1, "running");
        use_mount(folder);
        ((void (*)(void *))find(library, "DokanCloseHandle"))(volume);
        expect(mounted == 1 && unmounted == 1, "Mounted and Unmounted came once");
        expect(creates > 0 && cleanups == creates && closes == creates,
               "every create was cleaned up and closed");
        expect(reads > 0, "ReadFile came");
        expect(*(uint64_t *)(options + OPTIONS_CONTEXT) == 42, "GlobalContext untouched");
    }
    ((void (*)(void))find(library, "DokanShutdown"))();
    return wrong != 0;
}

int main(int argc, char **argv)
{
    char folder[] = "/tmp/dokan-abi.XXXXXX";
    void *library = argc == 2 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : NULL;
    int fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC), status;

    if (!library) {
        fprintf(stderr, "cannot load the library: %s\n", argc == 2 ? dlerror() : "no argument");
        return 1;
    }
    expect(((uint32_t(*)(void))find(library, "DokanVersion"))() == 231, "DokanVersion");
    if (fuse < 0) {
        printf("no usable /dev/fuse: %s\n", strerror(errno));
        return wrong ? 1 : SKIP;
    }
    close(fuse);
    if (!mkdtemp(folder)) {
        perror(folder);
        return 1;
    }
    status = run(library, folder);
    rmdir(folder);
    return status;
}
