// SPDX-License-Identifier: MIT
/*
 * Attributes, times, the volume and its security folder.
 */
#include "fs/mount/expose_testing.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READ = FILE_READ_DATA, FACTS = FILE_READ_ATTRIBUTES };

#define OK STATUS_SUCCESS

/* ---- attributes and times -------------------------------------------------------------------------- */

static BY_HANDLE_FILE_INFORMATION info_of(const WCHAR *name)
{
    struct opened h;
    BY_HANDLE_FILE_INFORMATION out = {0};
    must_create(&h, name, FACTS, FILE_OPEN, 0);
    assert_int_equal(bed.ops->GetFileInformation(name, &out, &h.info), OK);
    end(&h, false);
    return out;
}

static NTSTATUS set_attributes(const WCHAR *name, DWORD attributes)
{
    struct opened h;
    must_create(&h, name, FACTS, FILE_OPEN, 0);
    NTSTATUS status = bed.ops->SetFileAttributes(name, attributes, &h.info);
    end(&h, false);
    return status;
}

static void test_attributes(void **state)
{
    (void)state;
    struct toy_node *f = toy_add(bed.toy, "/.f", FS_TYPE_FILE, "x");
    toy_add(bed.toy, "/fifo", FS_TYPE_FIFO, NULL);
    f->info.mode = 0644;
    f->info.attributes = FILE_ATTRIBUTE_HIDDEN;
    f->info.links = 3;
    BY_HANDLE_FILE_INFORMATION out = info_of(u"\\.f");
    assert_int_equal(out.dwFileAttributes, FILE_ATTRIBUTE_NORMAL); /* the object says nothing of attributes */
    assert_int_equal(out.nNumberOfLinks, 3);
    assert_int_equal(out.nFileIndexLow, f->info.id);
    assert_int_equal(set_attributes(u"\\.f", FILE_ATTRIBUTE_READONLY), OK);
    assert_int_equal(f->info.mode, 0444);
    assert_int_equal(info_of(u"\\.f").dwFileAttributes, FILE_ATTRIBUTE_READONLY);
    assert_int_equal(set_attributes(u"\\.f", FILE_ATTRIBUTE_NORMAL), OK);
    assert_int_equal(f->info.mode, 0644);
    unsigned calls = bed.toy->setinfos;
    assert_int_equal(set_attributes(u"\\.f", 0), OK);
    assert_int_equal(set_attributes(u"\\.f", FILE_ATTRIBUTE_NORMAL), OK);
    assert_int_equal(bed.toy->setinfos, calls);
    bed.toy->valid |= FS_INFO_ATTRIBUTES;
    assert_int_equal(info_of(u"\\.f").dwFileAttributes, FILE_ATTRIBUTE_HIDDEN);
    assert_int_equal(set_attributes(u"\\.f", FILE_ATTRIBUTE_SYSTEM | FILE_ATTRIBUTE_COMPRESSED), OK);
    assert_int_equal(info_of(u"\\.f").dwFileAttributes, FILE_ATTRIBUTE_SYSTEM);
    bed.toy->valid &= ~(uint32_t)(FS_INFO_MODE | FS_INFO_ATTRIBUTES | FS_INFO_ID | FS_INFO_LINKS);
    assert_int_equal(set_attributes(u"\\.f", FILE_ATTRIBUTE_READONLY), STATUS_NOT_SUPPORTED);
    assert_int_equal(set_attributes(u"\\.f", FILE_ATTRIBUTE_NORMAL), OK);
    assert_int_equal(info_of(u"\\.f").nFileIndexLow, 0);
    assert_int_equal(info_of(u"\\.f").nNumberOfLinks, 1);
    assert_int_equal(info_of(u"\\fifo").dwFileAttributes, FILE_ATTRIBUTE_SYSTEM);
    assert_int_equal(probe(u"\\fifo", READ, FILE_OPEN, 0), STATUS_ACCESS_DENIED);
    bed_remake(FS_READ_ONLY, true, NULL);
    assert_int_equal(info_of(u"\\.f").dwFileAttributes, FILE_ATTRIBUTE_READONLY);
    assert_int_equal(info_of(u"\\").dwFileAttributes, FILE_ATTRIBUTE_DIRECTORY);
}

static FILETIME filetime(int64_t value)
{
    return (FILETIME){.dwLowDateTime = (DWORD)value, .dwHighDateTime = (DWORD)((uint64_t)value >> 32)};
}

/* Bug 7: 0, -1 and -2 leave a time; times out of range become the nearest one. */
static void test_times(void **state)
{
    static const struct {
        int64_t filetime, ns;
    } rows[] = {
        {116444736000000000, 0}, {116444736000000001, 100}, {116444735999999999, -100},
        {1, INT64_MIN},          {INT64_MAX, INT64_MAX},
    };
    struct opened h;
    const FILETIME leave[] = {filetime(0), filetime(-1), filetime(-2)};
    (void)state;
    toy_add(bed.toy, "/f", FS_TYPE_FILE, "x");
    must_create(&h, u"\\f", FACTS, FILE_OPEN, 0);
    assert_int_equal(bed.ops->SetFileTime(h.name, &leave[0], &leave[1], &leave[2], &h.info), OK);
    assert_int_equal(bed.toy->setinfos, 0);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        FILETIME time = filetime(rows[i].filetime);
        assert_int_equal(bed.ops->SetFileTime(h.name, &leave[0], &leave[0], &time, &h.info), OK);
        assert_int_equal(bed.toy->set.valid, FS_INFO_MTIME);
        assert_true(bed.toy->set.mtime == rows[i].ns);
    }
    bed.toy->valid &= ~(uint32_t)FS_INFO_BTIME;
    FILETIME time = filetime(116444736000000000);
    assert_int_equal(bed.ops->SetFileTime(h.name, &time, &leave[0], &time, &h.info), OK);
    assert_int_equal(bed.toy->set.valid, FS_INFO_MTIME); /* the second try, without the birth */
    end(&h, false);
    for (int64_t ns = -250; ns <= 250; ns += 50) { /* rounded down */
        const struct fs_info info = {.valid = FS_INFO_MTIME, .mtime = ns};
        FILETIME shown = filetime_of(&info, FS_INFO_MTIME);
        int64_t value = (int64_t)((uint64_t)shown.dwHighDateTime << 32 | shown.dwLowDateTime);
        int64_t back = (value - 116444736000000000) * 100;
        assert_true(back <= ns && ns - back < 100);
    }
    assert_int_equal(filetime_of(&(struct fs_info){0}, FS_INFO_ATIME).dwLowDateTime, 0);
}

/* ---- the volume ------------------------------------------------------------------------------------ */

static void volume_info(DWORD room, WCHAR *label, WCHAR *kind, DWORD *serial, DWORD *flags)
{
    DWORD longest;
    DOKAN_FILE_INFO info = {.DokanOptions = &bed.options};
    label[room] = kind[room] = u'!';
    assert_int_equal(bed.ops->GetVolumeInformation(label, room, serial, &longest, flags, kind, room, &info),
                     OK);
    assert_int_equal(label[room], u'!');
    assert_int_equal(kind[room], u'!');
    assert_int_equal(longest, 255);
}

static void test_volume(void **state)
{
    WCHAR label[32], kind[32];
    DWORD serial, flags;
    ULONGLONG available, total, unused;
    DOKAN_FILE_INFO info = {.DokanOptions = &bed.options};
    struct expose_config config = {.fsname = "FAT", .volname = "ab\xf0\x9f\x98\x80"};
    struct fs_error error;
    (void)state;
    volume_info(20, label, kind, &serial, &flags);
    assert_int_equal(DokanWcscmp(label, u"Dokan Volume"), 0);
    assert_int_equal(DokanWcscmp(kind, u"NTFS"), 0);
    assert_int_equal(flags, FILE_CASE_SENSITIVE_SEARCH | FILE_CASE_PRESERVED_NAMES | FILE_UNICODE_ON_DISK);
    assert_int_not_equal(serial, 0);
    bed_remake(FS_READ_ONLY | FS_CASE_INSENSITIVE, true, &config);
    volume_info(4, label, kind, &serial, &flags);
    assert_int_equal(DokanWcscmp(label, u"ab"), 0); /* no half character */
    assert_int_equal(DokanWcscmp(kind, u"FAT"), 0);
    assert_int_equal(flags, FILE_READ_ONLY_VOLUME | FILE_CASE_PRESERVED_NAMES | FILE_UNICODE_ON_DISK);
    assert_int_equal(bed.ops->GetDiskFreeSpace(&available, &total, &unused, &info), OK);
    assert_true(total > 0 && available == 0);
    struct expose *none;
    config.fsname = "";
    assert_int_equal(expose_new(bed.ex->fs, &config, &none, &error), -EINVAL);
    config = (struct expose_config){.securityfolder = "/nonexistent/folder"};
    assert_int_equal(expose_new(bed.ex->fs, &config, &none, &error), -ENOENT);
    config = (struct expose_config){.securityfolder = "/dev/null"};
    assert_int_equal(expose_new(bed.ex->fs, &config, &none, &error), -ENOTDIR);
}

static void test_security(void **state)
{
    struct opened h;
    _Alignas(4) BYTE bytes[256];
    SECURITY_INFORMATION all = 7;
    ULONG needed = 0;
    struct stat st;
    char folder[] = "/tmp/fs-security.XXXXXX";
    const struct expose_config config = {.securityfolder = mkdtemp(folder)};
    (void)state;
    toy_add(bed.toy, "/f", FS_TYPE_FILE, "x");
    must_create(&h, u"\\", FACTS, FILE_OPEN, 0);
    assert_int_equal(bed.ops->GetFileSecurity(h.name, &all, bytes, 256, &needed, &h.info),
                     STATUS_NOT_IMPLEMENTED);
    end(&h, false);
    assert_int_equal(stat(folder, &st), 0);
    bed_remake(0, true, &config);
    rmdir(folder);
    must_create(&h, u"\\", FACTS, FILE_OPEN, 0);
    assert_int_equal(bed.ops->GetFileSecurity(h.name, &all, bytes, 10, &needed, &h.info),
                     STATUS_BUFFER_OVERFLOW);
    assert_in_range(needed, 20, 256);
    assert_int_equal(bed.ops->GetFileSecurity(h.name, &all, bytes, needed, &needed, &h.info), OK);
    const SECURITY_DESCRIPTOR_RELATIVE *head = (const void *)bytes;
    const DWORD *owner = (const void *)(bytes + head->Owner), *group = (const void *)(bytes + head->Group);
    assert_int_equal(owner[2], 1);
    assert_int_equal(owner[3], st.st_uid);
    assert_int_equal(group[2], 2);
    assert_int_equal(group[3], st.st_gid);
    assert_true(head->Dacl + ((const ACL *)(const void *)(bytes + head->Dacl))->AclSize <= needed);
    end(&h, false);
    must_create(&h, u"\\f", FACTS, FILE_OPEN, 0);
    assert_int_equal(bed.ops->GetFileSecurity(h.name, &all, bytes, 256, &needed, &h.info),
                     STATUS_NOT_IMPLEMENTED);
    end(&h, false);
    assert_int_equal(expose_folder_mode(bed.ex), 0700);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        EXPOSE_TEST(test_attributes),
        EXPOSE_TEST(test_times),
        EXPOSE_TEST(test_volume),
        EXPOSE_TEST(test_security),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
