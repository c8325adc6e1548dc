# SPDX-License-Identifier: MIT
"""What pyproject.toml cannot say: xdokan.pth lies beside the package, where Python reads it at its start."""

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildPy(build_py):
    """build_py, and the .pth file."""

    def run(self) -> None:
        super().run()
        self.copy_file("xdokan.pth", self.build_lib)


setup(cmdclass={"build_py": BuildPy})
