# SPDX-License-Identifier: MIT
"""What is particular to kinds of objects: directories, archives, wrappers, objects that cannot do
everything."""

import errno
import os
import stat
import subprocess
import tarfile
import tempfile
import unittest
from ctypes import sizeof
from typing import Any

from fs.info import Info
from fs.memoryfs import MemoryFS
from fs.mountfs import MountFS
from fs.osfs import OSFS
from fs.tarfs import TarFS
from fs.tempfs import TempFS
from fs.wrap import cache_directory, read_only
from fs.zipfs import ZipFS

from fsclient import Client
from xdokan import _facts, fsapi

NEW = os.O_CREAT | os.O_EXCL | os.O_RDWR


class Layout(unittest.TestCase):
    def test_structures(self) -> None:
        """The compiler's word on every size and offset."""
        kinds = {
            "fs_error": fsapi.Error,
            "fs_info": fsapi.Info,
            "fs_space": fsapi.Space,
            "fs_entry": fsapi.Entry,
            "fs_call": fsapi.Call,
            "mount_process": fsapi.MountProcess,
            "fs_mount_options": fsapi.MountOptions,
            "fs_table": fsapi.Table,
        }
        lines = [f'printf("%zu\\n", sizeof(struct {name}));' for name in kinds]
        wanted = [sizeof(kind) for kind in kinds.values()]
        for name, kind in kinds.items():
            for field, *_ in kind._fields_:
                lines.append(f'printf("%zu\\n", offsetof(struct {name}, {field}));')
                wanted.append(getattr(kind, field).offset)
        include = os.path.join(os.path.dirname(__file__), "..", "..", "include")
        with tempfile.TemporaryDirectory() as folder:
            source, program = os.path.join(folder, "x.c"), os.path.join(folder, "x")
            with open(source, "w", encoding="ascii") as file:
                file.write(
                    "#include <dokan/fs.h>\nint main(void)\n{\n" + "\n".join(lines) + "\nreturn 0;\n}\n"
                )
            subprocess.run(["cc", "-I", include, "-o", program, source], check=True)
            told = subprocess.run([program], check=True, stdout=subprocess.PIPE).stdout.split()
        self.assertEqual([int(line) for line in told], wanted)
        self.assertEqual((sizeof(fsapi.Info), sizeof(fsapi.Entry)), (_facts.INFO_BYTES, _facts.ENTRY_BYTES))


class Directory(unittest.TestCase):
    def setUp(self) -> None:
        self.fs = TempFS()
        self.root = self.fs.getsyspath("/").rstrip("/")
        self.c = Client(self.fs)

    def tearDown(self) -> None:
        self.assertEqual(self.c.release(), 0)
        self.assertFalse(os.path.exists(self.root))

    def test_facts_are_those_of_the_system(self) -> None:
        self.c.write_new(b"/f", b"12345")
        os.utime(self.root + "/f", ns=(10**18 + 1, 10**18 + 7))
        st = os.stat(self.root + "/f")
        for info in (self.c.getinfo(b"/f")[1], self.c.scan()[1][0][1]):
            self.assertEqual(
                (info.size, info.mtime, info.atime, info.ctime),
                (5, 10**18 + 7, 10**18 + 1, st.st_ctime_ns),
            )
            self.assertEqual(
                (info.mode, info.uid, info.gid, info.id, info.links, info.allocated),
                (stat.S_IMODE(st.st_mode), st.st_uid, st.st_gid, st.st_ino, 1, st.st_blocks * 512),
            )

    def test_open_file_tells_its_facts(self) -> None:
        file = self.c.opened(b"/f", NEW)
        self.assertEqual(self.c.pwrite(file, b"123", 4), 3)
        rc, info = self.c.f_getinfo(file)
        self.assertEqual((rc, info.type, info.size), (0, fsapi.TYPE_FILE, 7))
        self.assertEqual(self.c.getinfo(b"/f")[1].size, 7)
        self.assertEqual(self.c.remove(b"/f"), 0)
        self.assertEqual(self.c.f_getinfo(file)[1].links, 0)
        self.assertEqual(self.c.f_close(file), 0)

    def test_links(self) -> None:
        c = self.c
        self.assertEqual(c.symlink(b"nowhere", b"/link"), 0)
        self.assertEqual(c.readlink(b"/link"), (0, b"nowhere"))
        self.assertEqual(c.readlink(b"/link", 3)[0], -errno.ERANGE)
        self.assertEqual(c.getinfo(b"/link")[1].type, fsapi.TYPE_SYMLINK)
        self.assertEqual(c.scan()[1][0][1].type, fsapi.TYPE_SYMLINK)
        self.assertEqual(c.open(b"/link", os.O_RDONLY)[0], -errno.ELOOP)
        self.assertEqual(c.symlink(b"x", b"/link"), -errno.EEXIST)
        c.write_new(b"/f", b"1")
        self.assertEqual(c.link(b"/f", b"/g"), 0)
        self.assertEqual(c.getinfo(b"/f")[1].links, 2)
        self.assertEqual(c.getinfo(b"/f")[1].id, c.getinfo(b"/g")[1].id)
        self.assertEqual(c.remove(b"/link"), 0)

    def test_renames_of_the_system(self) -> None:
        self.c.write_new(b"/a", b"a")
        self.c.write_new(b"/b", b"b")
        self.assertEqual(self.c.rename(b"/a", b"/b", fsapi.RENAME_NOREPLACE), -errno.EEXIST)
        self.assertEqual(self.c.rename(b"/a", b"/b", fsapi.RENAME_EXCHANGE), 0)
        self.assertEqual((self.c.read_all(b"/a"), self.c.read_all(b"/b")), (b"b", b"a"))
        self.assertTrue(self.c.flags() & fsapi.ATOMIC_RENAME)

    def test_modes_and_owners(self) -> None:
        self.c.write_new(b"/f", b"")
        self.assertEqual(self.c.setinfo(b"/f", mode=0o640), 0)
        self.assertEqual(os.stat(self.root + "/f").st_mode & 0o7777, 0o640)
        self.assertEqual(self.c.setinfo(b"/f", uid=os.getuid(), gid=os.getgid()), 0)
        self.assertEqual(self.c.f_close(self.c.opened(b"/ro", NEW, 0o444)), 0)
        self.assertEqual(os.stat(self.root + "/ro").st_mode & 0o7777, 0o444)
        self.assertEqual(self.c.setinfo(b"/f", mtime=123456789), 0)
        self.assertEqual(os.stat(self.root + "/f").st_mtime_ns, 123456789)

    def test_names_of_other_bytes(self) -> None:
        with open(os.fsencode(self.root) + b"/\xff\xfe", "wb"):
            pass
        self.assertEqual(self.c.names(), [b"\xff\xfe"])
        self.assertEqual(self.c.read_all(b"/\xff\xfe"), b"")
        self.assertEqual(self.c.remove(b"/\xff\xfe"), 0)

    def test_places_and_space(self) -> None:
        self.c.write_new(b"/f", b"")
        self.assertEqual(self.c.getospath(b"/f"), (0, os.fsencode(self.root) + b"/f"))
        space, st = self.c.statfs()[1], os.statvfs(self.root)
        self.assertEqual((space.total, space.block), (st.f_blocks * st.f_frsize, st.f_frsize))
        self.assertEqual(self.c.access(b"/nothing", os.R_OK), -errno.ENOENT)

    def test_closed_object(self) -> None:
        fs = OSFS(self.root)
        c = Client(fs)
        fs.close()
        self.assertEqual(c.rc_of(b"/"), -errno.ESHUTDOWN)
        self.assertEqual(c.release(), 0)


class Dangling(unittest.TestCase):
    def test_behind_a_wrapper(self) -> None:
        """PyFilesystem cannot list a directory with a link that leads nowhere."""
        with TempFS() as inner:
            os.symlink("nowhere", inner.getsyspath("link"))
            inner.writebytes("file", b"1")
            mounts = MountFS(auto_close=False)
            mounts.mount("/x", inner)
            c = Client(mounts)
            self.assertEqual(c.names(b"/x"), [b"file"])
            self.assertEqual(c.release(), 0)


class Archives(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def fill(self, fs: Any) -> None:
        with fs:
            fs.makedirs("a/b")
            fs.writebytes("a/b/deep", b"deep text")
            fs.writebytes("top", bytes(range(256)) * 1000)

    def check(self, fs: Any) -> None:
        c = Client(fs)
        self.assertTrue(c.flags() & fsapi.READ_ONLY)
        self.assertFalse(c.flags() & fsapi.CASE_INSENSITIVE)
        self.assertEqual((c.names(), c.names(b"/a"), c.names(b"/a/b")), ([b"a", b"top"], [b"b"], [b"deep"]))
        self.assertEqual(c.read_all(b"/a/b/deep"), b"deep text")
        file = c.opened(b"/top", os.O_RDONLY)
        for offset in (100000, 5, 200000, 0):
            self.assertEqual(c.pread(file, 10, offset)[1], (bytes(range(256)) * 1000)[offset : offset + 10])
        self.assertEqual(c.f_close(file), 0)
        self.assertEqual(c.getinfo(b"/top")[1].size, 256000)
        self.assertEqual(c.open(b"/top", os.O_RDWR)[0], -errno.EROFS)
        self.assertEqual(c.makedir(b"/new"), -errno.EROFS)
        self.assertEqual(c.remove(b"/top"), -errno.EROFS)
        self.assertEqual(c.rc_of(b"/no"), -errno.ENOENT)
        self.assertEqual(c.release(), 0)

    def test_zip(self) -> None:
        path = self.folder.name + "/x.zip"
        self.fill(ZipFS(path, write=True))
        self.check(ZipFS(path))

    def test_tar(self) -> None:
        for name in ("/x.tar", "/x.tgz"):
            self.fill(TarFS(self.folder.name + name, write=True))
            self.check(TarFS(self.folder.name + name))

    def test_written_through_us(self) -> None:
        for cls, name in ((ZipFS, "/w.zip"), (TarFS, "/w.tar")):
            c = Client(cls(self.folder.name + name, write=True))
            c.write_new(b"/file", b"text")
            self.assertEqual(c.release(), 0)
            with cls(self.folder.name + name) as fs:
                self.assertEqual(fs.readbytes("file"), b"text")

    def test_links_in_a_tar(self) -> None:
        kinds = {
            "d": tarfile.DIRTYPE,
            "d/file": tarfile.REGTYPE,
            "d/soft": tarfile.SYMTYPE,
            "d/hard": tarfile.LNKTYPE,
        }
        targets = {"d/soft": "file", "d/hard": "d/file"}
        with tarfile.open(self.folder.name + "/l.tar", "w") as tar:
            for name, kind in kinds.items():
                info = tarfile.TarInfo(name)
                info.type, info.linkname = kind, targets.get(name, "")
                tar.addfile(info)
        c = Client(TarFS(self.folder.name + "/l.tar"))
        for name in (b"/d/soft", b"/d/hard"):
            self.assertEqual((c.getinfo(name)[1].type, c.readlink(name)), (fsapi.TYPE_SYMLINK, (0, b"file")))
        self.assertEqual([info.type for _, info, _ in c.scan(b"/d")[1]], [2, 7, 7])
        self.assertEqual(c.release(), 0)

    def test_links_without_a_target(self) -> None:
        value = Info({"basic": {"name": "x", "is_dir": False}, "details": {"type": 7, "size": 1}})

        class Links(MemoryFS):
            def getinfo(self, path: str, namespaces: Any = None) -> Any:
                return value if path != "/" else super().getinfo(path, namespaces)

            def scandir(self, path: str, namespaces: Any = None, page: Any = None) -> Any:
                return iter([value])

        c = Client(Links())
        self.assertEqual(
            (c.getinfo(b"/x")[1].type, c.scan()[1][0][1].type), (fsapi.TYPE_FILE, fsapi.TYPE_FILE)
        )
        self.assertEqual(c.readlink(b"/x")[0], -errno.EINVAL)
        self.assertEqual(c.release(), 0)

    def test_wrapped(self) -> None:
        self.fill(ZipFS(self.folder.name + "/y.zip", write=True))
        self.check(read_only(ZipFS(self.folder.name + "/y.zip")))
        memory = MemoryFS()
        memory.writetext("x", "1")
        c = Client(cache_directory(read_only(memory)))
        self.assertEqual((c.names(), c.read_all(b"/x")), ([b"x"], b"1"))
        self.assertEqual(c.open(b"/x", NEW)[0], -errno.EROFS)
        self.assertEqual(c.release(), 0)


class Flags(unittest.TestCase):
    def flags(self, **meta: Any) -> int:
        fs = MemoryFS()
        fs._meta = meta
        c = Client(fs)
        flags = c.flags()
        self.assertEqual(c.release(), 0)
        return flags

    def test_meta(self) -> None:
        own = fsapi.CACHEABLE
        remote = fsapi.READ_ONLY | fsapi.NETWORK | fsapi.WRITE_ON_CLOSE
        self.assertEqual(self.flags(), own)
        self.assertEqual(self.flags(thread_safe=True), own | fsapi.THREAD_SAFE)
        self.assertEqual(self.flags(read_only=True, network=True), own | remote)
        self.assertEqual(self.flags(case_insensitive=True), own | fsapi.CASE_INSENSITIVE)
        self.assertEqual(self.flags(thread_safe="yes", read_only=None), own)

    def test_others_may_change_it(self) -> None:
        """What is not known to be closed to others must be asked each time."""
        for fs in (TempFS(), read_only(MemoryFS()), type("MemoryFS", (MemoryFS,), {})()):
            c = Client(fs)
            self.assertFalse(c.flags() & fsapi.CACHEABLE)
            self.assertEqual(c.release(), 0)

    def test_space_of_meta(self) -> None:
        fs = MemoryFS()
        fs._meta.update(free_space=1000, total_space=3000)
        c = Client(fs)
        space = c.statfs()[1]
        self.assertEqual((space.total, space.free, space.available), (3000, 1000, 1000))
        self.assertEqual(c.release(), 0)


if __name__ == "__main__":
    unittest.main()
