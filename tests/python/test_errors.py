# SPDX-License-Identifier: MIT
"""Exceptions as numbers: the table, its order, and what is no number."""

import errno
import io
import logging
import unittest
from typing import Any, Dict, Tuple

from fs import errors as fserrors

from xdokan import errors

OLD: Dict[str, Tuple[str, int, int]] = {
    "ResourceNotFoundError": ("ResourceError", errno.ENOENT, 0xC0000034),
    "ParentDirectoryMissingError": ("ResourceError", errno.ENOENT, 0xC000003A),
    "ResourceInvalidError": ("ResourceError", errno.EINVAL, 0xC000000D),
    "PermissionDeniedError": ("OperationFailedError", errno.EACCES, 0xC0000022),
    "ResourceLockedError": ("ResourceError", errno.EBUSY, 0xC0000043),
    "DirectoryNotEmptyError": ("ResourceError", errno.ENOTEMPTY, 0xC0000101),
    "DestinationExistsError": ("ResourceError", errno.EEXIST, 0xC0000035),
    "StorageSpaceError": ("OperationFailedError", errno.ENOSPC, 0xC000007F),
    "RemoteConnectionError": ("OperationFailedError", errno.ENETDOWN, 0xC000020C),
    "UnsupportedError": ("OperationFailedError", errno.EOPNOTSUPP, 0xC00000BB),
    "OperationTimeoutError": ("OperationFailedError", errno.ETIMEDOUT, 0xC00000B5),
    "FSClosedError": ("FSError", errno.ESHUTDOWN, 0xC0000128),
    "InvalidPathError": ("PathError", errno.EINVAL, 0xC0000033),
}


def old_error(name: str, base: str) -> Any:
    """A class as PyFilesystem 0.5 had it."""
    root = type("FSError", (Exception,), {})
    parent = root if base == "FSError" else type(base, (root,), {})
    return type(name, (parent,), {})


class Numbers(unittest.TestCase):
    def check(self, exc: BaseException, code: int, status: int) -> None:
        with self.subTest(exc=repr(exc)):
            self.assertEqual(errors.errno_of(exc), code)
            self.assertEqual(hex(errors.status_of(exc)), hex(status))

    def test_today(self) -> None:
        e = fserrors
        for exc, code, status in (
            (e.ResourceNotFound("x"), errno.ENOENT, 0xC0000034),
            (e.FileExpected("x"), errno.EISDIR, 0xC00000BA),
            (e.DirectoryExpected("x"), errno.ENOTDIR, 0xC0000103),
            (e.ResourceInvalid("x"), errno.EINVAL, 0xC000000D),
            (e.FileExists("x"), errno.EEXIST, 0xC0000035),
            (e.DirectoryExists("x"), errno.EEXIST, 0xC0000035),
            (e.DestinationExists("x"), errno.EEXIST, 0xC0000035),
            (e.DirectoryNotEmpty("x"), errno.ENOTEMPTY, 0xC0000101),
            (e.PermissionDenied(), errno.EACCES, 0xC0000022),
            (e.ResourceReadOnly("x"), errno.EROFS, 0xC00000A2),
            (e.ResourceLocked("x"), errno.EBUSY, 0xC0000043),
            (e.InsufficientStorage(), errno.ENOSPC, 0xC000007F),
            (e.RemoteConnectionError(), errno.ENETDOWN, 0xC000020C),
            (e.OperationTimeout(), errno.ETIMEDOUT, 0xC00000B5),
            (e.Unsupported(), errno.EOPNOTSUPP, 0xC00000BB),
            (e.FilesystemClosed(), errno.ESHUTDOWN, 0xC0000128),
            (e.RemoveRootError(), errno.EBUSY, 0xC0000121),
            (e.InvalidCharsInPath("x"), errno.EINVAL, 0xC0000033),
            (e.InvalidPath("x"), errno.EINVAL, 0xC0000033),
            (e.PathError("x"), errno.EINVAL, 0xC0000033),
            (e.IllegalBackReference("x"), errno.EINVAL, 0xC0000033),
        ):
            self.check(exc, code, status)
        for exc in (e.NoSysPath("x"), e.NoURL("x", "y"), e.MissingInfoNamespace("x")):
            self.assertEqual(errors.errno_of(exc), errno.ENODATA)

    def test_yesterday(self) -> None:
        for name, (base, code, status) in OLD.items():
            self.check(old_error(name, base)("x"), code, status)

    def test_subclasses(self) -> None:
        class Mine(fserrors.FileExpected):
            pass

        class FileExists(fserrors.ResourceLocked):
            """The most derived name counts."""

        self.check(Mine("x"), errno.EISDIR, 0xC00000BA)
        self.assertEqual(errors.errno_of(FileExists("x")), errno.EEXIST)

    def test_namesakes(self) -> None:
        """A name alone does not make an error of PyFilesystem."""
        exc = type("ResourceNotFound", (Exception,), {})()
        self.check(exc, errno.EIO, errors.STATUS_INTERNAL_ERROR)

    def test_numbers_inside(self) -> None:
        def inside(cls: Any, code: int) -> Any:
            return cls(path="x", exc=OSError(code, "inside"))

        self.assertEqual(errors.errno_of(inside(fserrors.OperationFailed, errno.EDQUOT)), errno.EDQUOT)
        self.assertEqual(errors.errno_of(inside(fserrors.OperationFailed, errno.ENOSYS)), errno.EOPNOTSUPP)
        self.assertEqual(errors.errno_of(inside(fserrors.PathError, errno.ENAMETOOLONG)), errno.ENAMETOOLONG)
        self.assertEqual(errors.errno_of(inside(fserrors.PathError, errno.ENOENT)), errno.EINVAL)
        self.assertEqual(errors.errno_of(inside(fserrors.ResourceNotFound, errno.ESRCH)), errno.ENOENT)
        self.check(fserrors.OperationFailed(), errno.EIO, errors.STATUS_INTERNAL_ERROR)

    def test_python(self) -> None:
        for exc, code in (
            (OSError(errno.EDQUOT, "x"), errno.EDQUOT),
            (OSError(errno.ENOSYS, "x"), errno.EOPNOTSUPP),
            (FileNotFoundError(), errno.ENOENT),
            (PermissionError("x"), errno.EACCES),
            (TimeoutError(), errno.ETIMEDOUT),
            (MemoryError(), errno.ENOMEM),
            (ConnectionResetError(), errno.ENETDOWN),
            (io.UnsupportedOperation("x"), errno.EOPNOTSUPP),
            (OSError("no number"), errno.EIO),
            (OSError(0, "x"), errno.EIO),
            (OSError(-5, "x"), errno.EIO),
            (OSError(99999, "x"), errno.EIO),
        ):
            with self.subTest(exc=repr(exc)):
                self.assertEqual(errors.errno_of(exc), code)
                self.assertGreaterEqual(errors.status_of(exc), 0xC0000000)

    def test_everything_else(self) -> None:
        for exc in (
            ValueError(),
            NotImplementedError(),
            KeyboardInterrupt(),
            SystemExit(0),
            RecursionError(),
            KeyError(),
            StopIteration(),
            AssertionError(),
        ):
            self.check(exc, errno.EIO, errors.STATUS_INTERNAL_ERROR)
            self.assertIsNone(errors.known_errno(exc))

    def test_never_success(self) -> None:
        """Every class there is."""
        for name in dir(fserrors):
            cls = getattr(fserrors, name)
            if isinstance(cls, type) and issubclass(cls, BaseException):
                exc = cls.__new__(cls)
                self.assertTrue(0 < errors.errno_of(exc) < 4096, name)
                self.assertTrue(0xC0000000 <= errors.status_of(exc) < 1 << 32, name)

    def test_attributes_that_raise(self) -> None:
        class Odd(fserrors.OperationFailed):
            @property
            def exc(self) -> Any:
                raise RuntimeError("no")

            @exc.setter
            def exc(self, value: Any) -> None:
                pass

        self.assertEqual(errors.errno_of(Odd()), errno.EIO)


class Log(unittest.TestCase):
    def test_one_line_with_a_traceback(self) -> None:
        errors._lines.clear()
        with self.assertLogs("fs.expose.dokan", logging.ERROR) as log:
            try:
                raise ValueError("what happened")
            except ValueError as exc:
                errors.log_unexpected(exc, "reading of X")
        self.assertEqual(len(log.records), 1)
        self.assertIn("reading of X raised ValueError", log.output[0])
        self.assertIn("test_one_line_with_a_traceback", log.output[0])

    def test_text(self) -> None:
        self.assertEqual(errors.text_of(ValueError("two\nlines")), "ValueError: two lines")
        self.assertEqual(errors.text_of(KeyboardInterrupt()), "KeyboardInterrupt")


if __name__ == "__main__":
    unittest.main()
