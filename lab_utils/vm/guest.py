"""The tiny guest: Debian's kernel and busybox, packed without root, the same bytes each time."""

from __future__ import annotations

import hashlib
import json
import lzma
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from filelock import FileLock

from lab_utils.paths import CONTAINERS, STATE
from lab_utils.vm import cpio, debian
from lab_utils.vm.debian import Fetched
from lab_utils.vm.sources import sources

Say = Callable[[str], None]

FOLDER = CONTAINERS / "vm_guest"
CACHE = STATE / "vm"

MODULES = (
    "net/core/failover",
    "drivers/net/net_failover",
    "drivers/net/virtio_net",
    "drivers/block/virtio_blk",
    "fs/overlayfs/overlay",
)
"""What Debian's kernel has not built in and the guest needs, each after what it needs itself."""

BUSYBOX = "usr/bin/busybox"
PAGE = CONTAINERS / "tiny" / "www" / "index.html"
INGREDIENTS = (debian.LOCK, FOLDER / "init", PAGE, Path(__file__))
"""Files that decide what the guest is; one changes, and it is made anew."""


@dataclass(frozen=True)
class Guest:
    """A guest on disk.

    Attributes:
        folder: where its files are.
        release: of its kernel, as `uname -r` will say.
        packages: versions of the Debian packages it is made of, by name.
        locked: whether these are the ones that the lock file names.
    """

    folder: Path
    release: str
    packages: Mapping[str, str]
    locked: bool

    @property
    def kernel(self) -> Path:
        """The kernel, as the firmware or QEMU loads it."""
        return self.folder / "vmlinuz"

    @property
    def initrd(self) -> Path:
        """Its first and only file system."""
        return self.folder / "initrd"

    @property
    def busybox(self) -> Path:
        """The program all else in it is, statically linked; runs on any x86-64 Linux."""
        return self.folder / "busybox"

    @property
    def page(self) -> Path:
        """The folder with the page that the tiny server shows."""
        return self.folder / "www"

    @property
    def image_bytes(self) -> int:
        """Bytes that a guest is started from."""
        return self.kernel.stat().st_size + self.initrd.stat().st_size


def quiet(_line: str) -> None:
    """Tells nobody."""


def tiny(say: Say = quiet, cache: Path = CACHE) -> Guest:
    """The tiny guest; made at first use, which takes a download of 36 MB, and kept.

    Raises:
        LabError: its packages cannot be fetched.
    """
    folder = cache / f"guest-{_recipe()}"
    cache.mkdir(parents=True, exist_ok=True)
    with FileLock(cache / "making.lock"):
        if not (folder / "guest.json").exists():
            downloads = cache / "packages"
            downloads.mkdir(exist_ok=True)
            say("making the tiny guest from Debian packages (36 MB to fetch, once)")
            for stale in [*cache.glob("guest-*"), *cache.glob("warm-*")]:
                shutil.rmtree(stale) if stale.is_dir() else stale.unlink()
            build(debian.fetch(sources(say), downloads, say), folder)
    return _read(folder)


def known(cache: Path = CACHE) -> Guest | None:
    """The tiny guest if it was made already; nothing is made or fetched."""
    folder = cache / f"guest-{_recipe()}"
    return _read(folder) if (folder / "guest.json").exists() else None


def build(packages: tuple[Fetched, ...], folder: Path) -> Guest:
    """Make a guest of packages; the same packages are the same bytes, wherever and whenever.

    Args:
        packages: busybox and a kernel.
        folder: gets its files; `guest.json` comes last.
    """
    folder.mkdir(parents=True, exist_ok=True)
    content: dict[str, bytes] = {}
    for each in packages:
        content |= debian.files(each.path, _is_used)
    kernel = next(path for path in content if path.startswith("boot/vmlinuz-"))
    (folder / "vmlinuz").write_bytes(content[kernel])
    (folder / "busybox").write_bytes(content[BUSYBOX])
    (folder / "busybox").chmod(0o755)
    (folder / "www").mkdir(exist_ok=True)
    shutil.copyfile(PAGE, folder / "www" / "index.html")
    (folder / "initrd").write_bytes(cpio.pack(dict(_entries(content))))
    about = {
        "release": kernel.removeprefix("boot/vmlinuz-"),
        "packages": {each.name: each.version for each in packages},
        "locked": all(each.is_locked for each in packages),
    }
    (folder / "guest.json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
    return _read(folder)


def _entries(content: Mapping[str, bytes]) -> Iterator[tuple[str, cpio.Entry]]:
    for path in ("bin", "dev", "modules", "www"):
        yield path, cpio.folder()
    yield "dev/console", cpio.console()
    yield "bin/busybox", cpio.file(content[BUSYBOX], executable=True)
    yield "init", cpio.file((FOLDER / "init").read_bytes(), executable=True)
    yield "www/index.html", cpio.file(PAGE.read_bytes())
    for number, module in enumerate(MODULES):
        found = next(path for path in content if path.endswith(f"/kernel/{module}.ko.xz"))
        name = f"modules/{number}-{PurePosixPath(module).name}.ko"
        yield name, cpio.file(lzma.decompress(content[found]))


def _is_used(path: str) -> bool:
    is_module = any(path.endswith(f"/kernel/{module}.ko.xz") for module in MODULES)
    return path == BUSYBOX or path.startswith("boot/vmlinuz-") or is_module


def _recipe() -> str:
    """Names what a guest would be made of now."""
    digest = hashlib.sha256()
    for path in INGREDIENTS:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _read(folder: Path) -> Guest:
    return Guest(folder, **json.loads((folder / "guest.json").read_text("utf-8")))
