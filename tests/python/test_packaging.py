# SPDX-License-Identifier: MIT
"""What gets installed, the finder of `fs.expose`, and how sources and options are read from the command line.

Nothing here mounts, and nothing needs PyFilesystem: where a test needs an `fs`, it makes one.
"""

import os
import re
import subprocess
import sys
import tempfile
import textwrap
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PACKAGE = os.path.join(TOP, "python")
sys.path.insert(0, PACKAGE)

import xdokan  # noqa: E402
from xdokan import __main__ as program  # noqa: E402
from xdokan import finder, sources  # noqa: E402


def text(*names: str) -> str:
    with open(os.path.join(TOP, *names), encoding="utf-8") as file:
        return file.read()


def run(code: str, *flags: str, path: str = "", cwd: str = "/") -> "subprocess.CompletedProcess[str]":
    """A fresh interpreter that knows nothing but the standard library and `path`."""
    env = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": path}
    return subprocess.run([sys.executable, "-S", *flags, "-c", textwrap.dedent(code)], env=env, cwd=cwd, text=True,
                          capture_output=True, check=False)


class Texts(unittest.TestCase):
    """What is written in more than one place says the same."""

    def test_one_version(self):
        version = re.search(r"^\s*version: '([^']+)'", text("meson.build"), re.M)[1]
        self.assertEqual(re.search(r'^version = "([^"]+)"', text("python", "pyproject.toml"), re.M)[1], version)
        self.assertEqual(re.match(r"xdokan \(([^)]+)\)", text("packaging", "debian", "changelog"))[1], version)
        self.assertEqual(xdokan.__version__, version)

    def test_every_package_is_in_the_wheel(self):
        listed = re.search(r"^packages = \[(.*?)\]", text("python", "pyproject.toml"), re.M | re.S)[1]
        found = {os.path.relpath(folder, PACKAGE).replace(os.sep, ".")
                 for folder, _, files in os.walk(os.path.join(PACKAGE, "xdokan")) if "__init__.py" in files}
        self.assertEqual(set(re.findall(r'"([^"]+)"', listed)), found)

    def test_build_depends(self):
        """The Debian packages need what scripts/packages.sh installs for a build."""
        script = re.search(r"^BUILD_PACKAGES='([^']+)'", text("scripts", "packages.sh"), re.M)[1].split()
        field = re.search(r"^Build-Depends: (.*?)^\S", text("packaging", "debian", "control"), re.M | re.S)[1]
        control = set(re.findall(r"(?:^|,)\s*([a-z0-9.+-]+)", field))
        implied = {"gcc", "libc6-dev"}  # essential for building
        self.assertEqual(set(script) - implied - {"fuse3"}, control - {"debhelper-compat", "dh-python"})

    def test_typed(self):
        self.assertTrue(os.path.exists(os.path.join(PACKAGE, "xdokan", "py.typed")))


class SiteFolder(unittest.TestCase):
    """site_folder.py names folders in which this interpreter looks."""

    def folder(self, prefix):
        script = os.path.join(PACKAGE, "site_folder.py")
        return subprocess.run([sys.executable, script, prefix], capture_output=True, text=True, check=True).stdout.strip()

    def test_below_the_prefix(self):
        for prefix in ("/usr", "/usr/local", "/opt/xdokan"):
            self.assertTrue(self.folder(prefix).startswith(prefix + "/lib/python3"), prefix)

    @unittest.skipUnless(sys.prefix == "/usr" and os.path.exists("/etc/debian_version"), "needs Debian's own Python")
    def test_debian(self):
        self.assertEqual(self.folder("/usr"), "/usr/lib/python3/dist-packages")
        version = "%d.%d" % sys.version_info[:2]
        self.assertEqual(self.folder("/usr/local"), f"/usr/local/lib/python{version}/dist-packages")
        self.assertIn(self.folder("/usr/local"), sys.path)


class Finder(unittest.TestCase):
    """The entry in sys.meta_path."""

    def test_answers_for_its_own_only(self):
        for name in ("os", "fs", "fs.opener", "fs.exposed", "expose", "xdokan.expose", "fsexpose"):
            self.assertIsNone(finder.find_spec(name), name)
        for name, file in (("fs.expose", "expose/__init__.py"), ("fs.expose.dokan", "expose/dokan/__init__.py"),
                           ("fs.expose.dokan.libdokan", "expose/dokan/libdokan.py")):
            self.assertTrue(finder.find_spec(name).origin.endswith(file), name)
        self.assertIsNone(finder.find_spec("fs.expose.fuse"))

    def test_installed_once_and_last(self):
        done = run("""
            import sys
            import xdokan
            from xdokan import finder
            finder.install()
            print([getattr(entry, "xdokan", False) for entry in sys.meta_path].count(True), sys.meta_path[-1].__name__)
            print("fs" in sys.modules, "ctypes" in sys.modules)
            """, path=PACKAGE)
        self.assertEqual(done.stdout, "1 Finder\nFalse False\n", done.stderr)

    def test_without_fs(self):
        """The message names the package; whoever only probes for `fs` sees nothing new."""
        done = run("""
            import importlib.util, xdokan
            print(importlib.util.find_spec("fs"))
            for line in ("import fs", "import fs.opener", "from fs.expose import dokan", "import fs.expose.dokan"):
                try:
                    exec(line)
                except ModuleNotFoundError as error:
                    print(error.name, error)
            """, path=PACKAGE)
        missing = f"fs {finder.MISSING}\n"
        self.assertIn("python3-fs", missing)
        self.assertEqual(done.stdout, "None\nfs No module named 'fs'\nfs No module named 'fs'\n" + 2 * missing, done.stderr)

    def test_others_come_first(self):
        """A part of fs.expose that lies in PyFilesystem's own folder is not ours, and does not hide ours."""
        with tempfile.TemporaryDirectory() as folder:
            for name in ("fs", "fs/expose", "fs/expose/http"):
                os.mkdir(os.path.join(folder, name))
                open(os.path.join(folder, name, "__init__.py"), "w", encoding="ascii").close()
            done = run("""
                import xdokan, fs.expose.http, importlib.util
                print(fs.expose.__file__, importlib.util.find_spec("fs.expose.dokan").origin)
                """, path=folder + os.pathsep + PACKAGE)
        self.assertEqual(done.stdout, f"{folder}/fs/expose/__init__.py {PACKAGE}/xdokan/_fs/expose/dokan/__init__.py\n", done.stderr)


class StandIn(unittest.TestCase):
    """xdokan.pth, which every Python that has the wheel reads at its start."""

    def setUp(self):
        self.line = text("python", "xdokan.pth")

    def test_one_line_that_imports_nothing(self):
        self.assertRegex(self.line, r"\Aimport sys; [^\n]*\n\Z")
        done = run(f"""
            import sys
            before = set(sys.modules)
            exec({self.line!r})
            print(sorted(set(sys.modules) - before))
            import this_is_not_there
            """)
        self.assertEqual(done.stdout, "[]\n")
        self.assertIn("No module named 'this_is_not_there'", done.stderr)

    def test_loads_the_finder_when_asked(self):
        done = run(f"""
            import sys
            exec({self.line!r})
            last = sys.meta_path[-1].__name__
            import os, json
            print(last, "xdokan" in sys.modules)
            try:
                from fs.expose import dokan
            except ModuleNotFoundError as error:
                print(error)
            print(sys.meta_path[-1].__name__, len([e for e in sys.meta_path if getattr(e, "xdokan", False)]))
            """, path=PACKAGE)
        self.assertEqual(done.stdout, f"XdokanStandIn False\n{finder.MISSING}\nFinder 1\n", done.stderr)

    def test_cheap(self):
        """The time that it adds to the start of every Python, generously."""
        done = run(f"""
            import sys, time
            def once():
                start = time.perf_counter()
                exec({self.line!r})
                spent = time.perf_counter() - start
                sys.meta_path.pop()
                return spent
            print(sorted(once() for _ in range(21))[10])
            """)
        self.assertLess(float(done.stdout), 0.002, "seconds")


class Options(unittest.TestCase):
    """-o of `python3 -m xdokan`."""

    def test_split(self):
        self.assertEqual(program.split_list(r"a=1,b\,c,,d\\,e=x\=y"), ["a=1", r"b\,c", r"d\\", r"e=x\=y"])

    def test_kinds(self):
        keywords, read_only = program.read_options([r"volname=a\,b,allow_other", "numthreads=1,ro,timeout=20"], "noexec")
        self.assertEqual(keywords, {"volname": "a,b", "numthreads": 1, "timeout": 20.0, "options": "noexec,allow_other"})
        self.assertTrue(read_only)

    def test_no_number(self):
        with self.assertRaisesRegex(OSError, "numthreads= needs a number, not 'many'"):
            program.read_options(["numthreads=many"])

    def test_escapes_of_settings(self):
        """What MountProcess hands to a fresh interpreter comes out as it went in."""
        try:
            from xdokan.settings import Settings
        except ImportError as error:
            self.skipTest(str(error))
        given = {"volname": "a,b\\c", "numthreads": 1, "options": "noexec,umask=022"}
        words = Settings(given).arguments()
        self.assertEqual(words[::2], ["-o"] * (len(words) // 2))
        keywords, _ = program.read_options(words[1::2])
        self.assertEqual({key: keywords[key] for key in given}, given)


class Sources(unittest.TestCase):
    """python:// URLs."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.file = os.path.join(self.folder.name, "shop_of_test.py")
        with open(self.file, "w", encoding="ascii") as file:
            file.write("class Tree:\n    def getinfo(self): pass\n    def scandir(self): pass\n"
                       "made = Tree()\n"
                       "def make(**given):\n    tree = Tree()\n    tree.given = given\n    return tree\n"
                       "def nothing():\n    pass\n"
                       "def broken():\n    raise RuntimeError('of the module')\n"
                       "class Inner:\n    make = Tree\n"
                       "number = 7\n")

    def open(self, rest):
        return sources.open_source(f"python://{self.file}{rest}")

    def test_callable_object_and_class(self):
        self.assertEqual(self.open(":make?a=1&b=x%20y&c=").given, {"a": "1", "b": "x y", "c": ""})
        for name in ("made", "Tree", "Inner.make", "make"):
            self.assertEqual(type(self.open(":" + name)).__name__, "Tree", name)

    def test_module(self):
        sys.path.insert(0, self.folder.name)
        self.addCleanup(sys.path.remove, self.folder.name)
        self.addCleanup(sys.modules.pop, "shop_of_test", None)
        self.assertEqual(sources.open_source("python://shop_of_test:make?a=1").given, {"a": "1"})

    def test_what_is_wrong_is_said(self):
        for rest, said in ((":nothing", "gave None"), (":number", "neither an FS object"), (":nix", "has no 'nix'"), ("", "needs a"),
                           (":make?a", "key=value")):
            with self.assertRaisesRegex(sources.SourceError, said):
                self.open(rest)
        with self.assertRaisesRegex(sources.SourceError, "no module .* PYTHONPATH"):
            sources.open_source("python://not.there.at.all:x")
        with self.assertRaisesRegex(sources.SourceError, "no file"):
            sources.open_source("python:///not/there.py:x")
        with self.assertRaisesRegex(RuntimeError, "of the module"):
            self.open(":broken")

    def test_current_folder_only_when_asked(self):
        """The start of dokanctl's: the folder that somebody else may write to is no place for modules."""
        start = re.search(r"program\[\] = (.*?);\n\n", text("src", "cli", "python.c"), re.S)[1]
        code = "".join(re.findall(r'"(.*?)\\n"', start)).replace("    ", "")
        self.assertLess(code.index("sys.path[:]"), code.index("import importlib"))
        lines = "\n".join(re.findall(r'"(.*?)\\n"', start)[:2])
        done = run(lines + "\ntry:\n    import shop_of_test\nexcept ImportError as error:\n    print(error)",
                   cwd=self.folder.name, path="")
        self.assertEqual(done.stdout, "No module named 'shop_of_test'\n", done.stderr)


class Exposed(unittest.TestCase):
    """fs.expose.dokan shows all of xdokan.expose."""

    def test_all_names(self):
        expose = text("python", "xdokan", "expose.py")
        shown = text("python", "xdokan", "_fs", "expose", "dokan", "__init__.py")
        names = [set(re.findall(r'"(\w+)"', re.search(r"^__all__ = \[(.*?)\]", source, re.M | re.S)[1]))
                 for source in (expose, shown)]
        self.assertEqual(names[0], names[1])


if __name__ == "__main__":
    unittest.main(verbosity=2)
