# SPDX-License-Identifier: MIT
"""The types of xdokan against the tree: the tables of tests/abi, the headers, the C compiler."""

import ctypes
import os
import re
import subprocess
import sys
import tempfile
import unittest
from typing import Any, Dict, Iterator, List, Tuple

from xdokan import constants, structs

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
HEADERS = ("dokan.h", "dokan_operations.h", "dokan_ex.h", "dokan_text.h", "public.h", "fileinfo.h",
           "winconst.h", "wintypes.h", "ntstatus.h")
OWN = {"REQ_GENERIC_READ", "REQ_GENERIC_WRITE", "MIN_FH", "FILETIME_UNIX_EPOCH"}
# What only the engine's own interface has: information classes and their structures.
CLASS_STRUCTURE = re.compile(r"FILE_\w+$")
CLASS_NUMBER = re.compile(r"File[A-Z]\w+$")


def text(*parts: str) -> str:
    with open(os.path.join(TOP, *parts), encoding="utf-8") as file:
        return file.read()


def header(name: str) -> str:
    return re.sub(r"/\*.*?\*/", "", text("include", "dokan", name), flags=re.S)


def defines(*more: str) -> Dict[str, str]:
    found: Dict[str, str] = {}
    for name in HEADERS + more:
        found.update(re.findall(r"^#define (\w+)\s+(\S.*?)\s*$", header(name), flags=re.M))
    return found


def value_of(expression: str, known: Dict[str, str]) -> int:
    """The value of a #define: numbers, other names, casts, shifts."""
    plain = re.sub(r"\((?:NTSTATUS|ULONG|DWORD)\)", "", expression)
    plain = re.sub(r"\b(0[xX][0-9a-fA-F]+|\d+)[uUlL]+\b", r"\1", plain)
    plain = re.sub(r"\b[A-Z]\w+\b", lambda name: str(value_of(known[name[0]], known)), plain)
    if not re.fullmatch(r"[\s0-9a-fA-FxX()<>|*+-]+", plain):
        raise ValueError(expression)
    return int(eval(plain))  # digits and operators only


def layout() -> Iterator[Tuple[str, List[int], Dict[str, Tuple[int, int]]]]:
    content = text("tests", "abi", "layout.def")
    for name, size, alignment in re.findall(r"^STRUCT\((\w+), (\d+), (\d+)\)", content, flags=re.M):
        fields = re.findall(rf"^FIELD\({name}, (\w+), (\d+), (\d+)\)", content, flags=re.M)
        yield name, [int(size), int(alignment)], {field: (int(at), int(room)) for field, at, room in fields}


def structures() -> Dict[str, Any]:
    return {name: kind for name, kind in vars(structs).items()
            if isinstance(kind, type) and issubclass(kind, (ctypes.Structure, ctypes.Union))
            and name[0] != "_" and kind.__module__ == structs.__name__}


def has_compiler() -> bool:
    try:
        return subprocess.run(["cc", "--version"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


class Structures(unittest.TestCase):
    def test_table(self) -> None:
        seen, missing = 0, []
        for name, shape, fields in layout():
            kind = getattr(structs, name, None)
            if kind is None:
                missing.append(name)
                continue
            seen += 1
            with self.subTest(name):
                self.assertEqual([ctypes.sizeof(kind), ctypes.alignment(kind)], shape)
                ours = {field[0]: (getattr(kind, field[0]).offset, getattr(kind, field[0]).size)
                        for field in kind._fields_}
                self.assertEqual(ours, fields)
        self.assertGreaterEqual(seen, 11)
        self.assertEqual([name for name in missing if not CLASS_STRUCTURE.match(name)], [])

    @unittest.skipUnless(has_compiler(), "no C compiler")
    def test_compiler(self) -> None:
        """Also of those that the table has not, as dokan_ex.h's."""
        lines, ours = [], []
        for name, kind in structures().items():
            lines.append(f'printf("{name} %zu %zu\\n", sizeof({name}), _Alignof({name}));')
            ours.append(f"{name} {ctypes.sizeof(kind)} {ctypes.alignment(kind)}")
            for field, _ in kind._fields_:
                if field[0] == "_":
                    continue
                lines.append(f'printf("{name}.{field} %zu %zu\\n", offsetof({name}, {field}), '
                             f"sizeof((({name} *)0)->{field}));")
                at = getattr(kind, field)
                ours.append(f"{name}.{field} {at.offset} {at.size}")
        self.assertEqual(self.compiled("\n".join(lines)), ours)
        self.assertIn("DOKAN_MOUNT_OPTIONS_EX.ThreadStart 56 8", ours)

    def compiled(self, body: str) -> List[str]:
        with tempfile.TemporaryDirectory() as folder:
            source, program = os.path.join(folder, "a.c"), os.path.join(folder, "a")
            with open(source, "w", encoding="utf-8") as file:
                file.write("#include <dokan/dokan_ex.h>\n#include <stdio.h>\n"
                           f"int main(void)\n{{\n{body}\n}}\n")
            subprocess.run(["cc", "-I", os.path.join(TOP, "include"), "-o", program, source], check=True)
            return subprocess.run([program], capture_output=True, check=True, text=True).stdout.splitlines()

    def test_callbacks(self) -> None:
        """Every callback has the arguments that dokan_operations.h gives it, in its order."""
        found = re.findall(r"(NTSTATUS|void) \(DOKAN_CALLBACK \*(\w+)\)\(([^)]*)\)",
                           header("dokan_operations.h"))
        self.assertEqual([name for _, name, _ in found], list(structs.CALLBACK_TYPES))
        for result, name, arguments in found:
            with self.subTest(name):
                kind = structs.CALLBACK_TYPES[name]
                self.assertEqual(kind._restype_, structs.NTSTATUS if result == "NTSTATUS" else None)
                self.assertEqual(list(kind._argtypes_),
                                 [self.type_named(part) for part in arguments.split(",")])

    def test_prototypes(self) -> None:
        from xdokan import _api
        declared = {name: arguments for file in ("dokan.h", "dokan_ex.h", "wintypes.h")
                    for name, arguments in re.findall(r"DOKANAPI (\w+)\(([^)]*)\);", header(file))}
        for name, (_, arguments) in _api._PROTOTYPES.items():
            with self.subTest(name):
                parts = [part for part in declared[name].split(",") if part.strip() != "void"]
                self.assertEqual([ctypes.sizeof(argument) for argument in arguments],
                                 [ctypes.sizeof(self.type_named(part)) for part in parts])

    def type_named(self, argument: str) -> Any:
        """The ctypes type of a C parameter."""
        words = argument.replace("CONST", "").replace("const", "").split()
        if "*" in argument:
            pointed = getattr(structs, words[0], None)
            return ctypes.POINTER(pointed) if pointed else ctypes.c_void_p
        name = words[0]
        if name == "int":
            return ctypes.c_int
        if name.startswith("LPBY_"):
            name = name[1:]
        if hasattr(structs, name):
            return getattr(structs, name)
        return ctypes.POINTER(getattr(structs, name[1:])) if hasattr(structs, name[1:]) else ctypes.c_void_p

    def test_defaults(self) -> None:
        ex = structs.DOKAN_MOUNT_OPTIONS_EX(Flags=constants.DOKAN_EX_QUIET)
        self.assertEqual((ex.Size, ex.Flags, ex.Uid, ex.NegativeTimeoutMs, ex.TestTimeoutMs),
                         (ctypes.sizeof(ex), constants.DOKAN_EX_QUIET, 0xFFFFFFFF, 0xFFFFFFFF, 0))


class Constants(unittest.TestCase):
    def test_table(self) -> None:
        missing = []
        values = re.findall(r"^VALUE\((\w+), (.+)\)$", text("tests", "abi", "values.def"), flags=re.M)
        self.assertGreater(len(values), 100)
        for name, value in values:
            if not hasattr(constants, name):
                missing.append(name)
                continue
            with self.subTest(name):
                self.assertEqual(getattr(constants, name) & 0xFFFFFFFF, int(value, 0) & 0xFFFFFFFF)
        self.assertEqual([name for name in missing if not CLASS_NUMBER.match(name)], [])

    def test_headers(self) -> None:
        known = defines("ntcodes.gen.h")
        ours = {name: value for name, value in vars(constants).items()
                if isinstance(value, int) and name.isupper() and name not in OWN}
        self.assertGreater(len(ours), 400)
        for name, value in ours.items():
            with self.subTest(name):
                self.assertEqual(value, value_of(known[name], known))

    def test_all_that_a_file_system_needs(self) -> None:
        for name in defines():
            if re.match(r"(DOKAN_(OPTION|EVENT|EX)|STATUS|ERROR|FILE_ATTRIBUTE|FILE_SHARE)_\w*[A-Z0-9]$",
                        name):
                self.assertTrue(hasattr(constants, name), name)

    def test_old_names(self) -> None:
        """Names and values that fs.expose.dokan had, with the one that was wrong put right."""
        old = {"REQ_GENERIC_READ": 0x89, "REQ_GENERIC_WRITE": 0x116, "FILE_GENERIC_READ": 1179785,
               "MIN_FH": 100, "FILE_GENERIC_WRITE": 1179926, "ERROR_ALREADY_EXISTS": 183,
               "STATUS_NOT_LOCKED": 0xC000002A, "FILE_ATTRIBUTE_TEMPORARY": 0x100,
               "FILE_FLAG_OVERLAPPED": 0x40000000, "FILETIME_UNIX_EPOCH": 116444736000000000,
               "FILE_LIST_DIRECTORY": 1}
        self.assertEqual({name: getattr(constants, name) for name in old}, old)


class Text(unittest.TestCase):
    def test_both_ways(self) -> None:
        for sample in ("", "\\a", "ä€😀", "\udc80\ud800x", "a" * 40000):
            buffer = structs.to_wide(sample)
            self.assertEqual(structs.wide_at(ctypes.addressof(buffer)), sample)
        self.assertEqual(structs.wide_at(None), "")
        self.assertIsNone(structs.to_wide(None))
        with self.assertRaises(ValueError):
            structs.to_wide("a\0b")

    def test_arrays(self) -> None:
        entry = structs.WIN32_FIND_DATAW()
        structs.put_wide(entry.cFileName, "x" * 259)
        structs.put_wide(entry.cFileName, "ab😀")
        self.assertEqual(structs.wide_in(entry.cFileName), "ab😀")
        with self.assertRaises(ValueError):
            structs.put_wide(entry.cAlternateFileName, "x" * 14)


class Loading(unittest.TestCase):
    def python(self, code: str, **variables: str) -> subprocess.CompletedProcess:
        return subprocess.run([sys.executable, "-c", code], env={**os.environ, **variables},
                              capture_output=True, text=True, check=False)

    def refused(self, *words: str, code: str = "from xdokan import DokanMain", **variables: str) -> None:
        result = self.python(code, **variables)
        self.assertNotEqual(result.returncode, 0)
        last = result.stderr.splitlines()[-1]
        self.assertTrue(last.startswith("ImportError: "), result.stderr)
        for word in words:
            self.assertIn(word, last)

    def fake(self, folder: str, body: str) -> str:
        path = os.path.join(folder, "libfake.so")
        subprocess.run(["cc", "-shared", "-o", path, "-x", "c", "-"], input=body, text=True, check=True)
        return path

    def test_missing(self) -> None:
        self.refused("/nowhere/libdokan2.so.2", "DOKAN_LIBRARY", DOKAN_LIBRARY="/nowhere/libdokan2.so.2")
        self.refused("/nowhere/fs.so", "DOKAN_FS_LIBRARY", code="from xdokan._library import libdokanfs",
                     DOKAN_FS_LIBRARY="/nowhere/fs.so")

    def test_package_is_named(self) -> None:
        code = ("import ctypes\n"
                "def refuse(self, name, *more): raise OSError(f'{name}: cannot open shared object file')\n"
                "ctypes.CDLL.__init__ = refuse\nfrom xdokan._library import libdokan2")
        self.refused("libdokan2.so.2 cannot be loaded: cannot open", "apt-get install libdokan2-2",
                     "meson install -C build", code=code, DOKAN_LIBRARY="")

    @unittest.skipUnless(has_compiler(), "no C compiler")
    def test_wrong_version(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = self.fake(folder, "unsigned DokanVersion(void) { return 150; }")
            self.refused(path, "DokanVersion() is 150", "needed is 200", DOKAN_LIBRARY=path)
            path = self.fake(folder, "unsigned DokanVersion(void) { return 231; }")
            self.refused(path, "DokanCreateFileSystemEx", DOKAN_LIBRARY=path)
            path = self.fake(folder, "int other;")
            self.refused(path, "no function DokanVersion", DOKAN_LIBRARY=path)
            path = self.fake(folder, "unsigned fs_version(void) { return 0; }")
            self.refused(path, "fs_version() is 0", "needed is 1",
                         code="from xdokan._library import libdokanfs", DOKAN_FS_LIBRARY=path)

    def test_nothing_is_loaded_early(self) -> None:
        """`import xdokan` loads no library, the Dokan binding only libdokan2, nothing PyFilesystem."""
        code = ("import sys, xdokan, xdokan.structs\n"
                "maps = lambda: open('/proc/self/maps').read()\n"
                "assert 'libdokan' not in maps()\n"
                "import xdokan.dokan\n"
                "assert 'libdokan2' in maps() and 'libdokanfs' not in maps()\n"
                "assert 'fs' not in sys.modules")
        result = self.python(code)
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_one_copy(self) -> None:
        code = ("from xdokan._library import libdokanfs, libdokan2\n"
                "files = {line.split(None, 5)[5].strip() for line in open('/proc/self/maps')\n"
                "         if 'libdokan2' in line}\n"
                "print(*files)\nassert len(files) == 1")
        for variables in ({}, {"DOKAN_LIBRARY": os.path.dirname(os.environ["DOKAN_LIBRARY"])}):
            result = self.python(code, **variables)
            self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_two_copies_are_refused(self) -> None:
        """A libdokan2 of another name does not serve libdokanfs, which then loads its own."""
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "libdokanX.so.2")
            with open(os.environ["DOKAN_LIBRARY"], "rb") as source, open(path, "wb") as target:
                target.write(source.read().replace(b"libdokan2.so.2", b"libdokanX.so.2"))
            build = os.path.dirname(os.path.dirname(os.environ["DOKAN_LIBRARY"]))
            self.refused(path, "api/libdokan2.so.2", "files of one build", DOKAN_LIBRARY=path,
                         code="from xdokan._library import libdokanfs",
                         DOKAN_FS_LIBRARY=os.path.join(build, "fs", "libdokanfs.so.0"))


if __name__ == "__main__":
    unittest.main()
