"""Copies this Python, its packages and the libraries they need into an empty folder.

What is in the folder afterwards runs without an operating system around it: there is no shell, no
package manager and no other program in it.
"""

import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

LEFT_OUT = ("test", "idlelib", "tkinter", "turtledemo", "ensurepip", "config-*", "site-packages")
"""Parts of the standard library's folder that a service has no use for."""


def pack(root: Path) -> None:
    """Fill the folder `root` with this environment, and with all that it needs to run."""
    standard, environment = Path(sysconfig.get_path("stdlib")), Path(sys.prefix)
    copy_folder(standard, root, LEFT_OUT)
    copy_folder(environment, root, ())
    python = Path(sys.executable)
    while python.is_symlink():
        python = python.parent / python.readlink()
        copy(python, root)
    for binary in [python, *standard.rglob("*.so"), *environment.rglob("*.so")]:
        for library in libraries(binary):
            copy(library, root)
    copy(Path("/etc/ld.so.cache"), root)  # where the loader looks libraries up


def libraries(binary: Path) -> list[Path]:
    """The shared libraries that a program or an extension module loads, and the loader."""
    asked = subprocess.run(["ldd", binary], capture_output=True, text=True, check=False)
    return [Path(found) for found in re.findall(r"(/\S+) \(0x", asked.stdout)]


def copy(path: Path, root: Path) -> None:
    """Copy a file to the same place below `root`; a link stays one if it leads to a program."""
    target = root / path.relative_to("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists():
        shutil.copy2(path, target, follow_symlinks=".so" in path.name)


def copy_folder(folder: Path, root: Path, left_out: tuple[str, ...]) -> None:
    """Copy a folder, but for what is left out, to the same place below `root`."""
    target = root / folder.relative_to("/")
    shutil.copytree(folder, target, symlinks=True, ignore=shutil.ignore_patterns(*left_out))


if __name__ == "__main__":
    pack(Path(sys.argv[1]))
    # A named volume takes its owner from the folder it is mounted over.
    data = Path(sys.argv[1]) / "data"
    data.mkdir()
    shutil.chown(data, 10001, 10001)
