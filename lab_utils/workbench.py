"""A folder of a student's own: copies of files of the lab, to be changed; nothing in it is lost."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from lab_utils.errors import LabError
from lab_utils.paths import CONTAINERS, RESULTS

FOLDER = Path(os.environ.get("LAB_WORKBENCH") or RESULTS / "workbench")
"""Checks of the lab have their own, so that they neither change a student's nor one another's."""


@dataclass(frozen=True)
class Workbench:
    """A student's copy of one of the lab's folders.

    Attributes:
        folder: the copy.
        source: the folder of the lab that it is a copy of.
    """

    folder: Path
    source: Path

    @property
    def kept(self) -> Path:
        """Where versions go that something else was written over."""
        return self.folder.with_name(f"{self.folder.name}-kept")

    def read(self, name: str) -> str:
        """The text of a file.

        Raises:
            LabError: there is no such file.
        """
        path = self._path(name)
        if not path.is_file():
            there = ", ".join(sorted(each.name for each in self.folder.iterdir()))
            raise LabError(
                f"reading {name}",
                f"there is no such file in {self._shown}; in it are {there}",
                "look for a slip of the pen in its name",
            )
        return path.read_text(encoding="utf-8")

    def write(self, name: str, text: str) -> None:
        """Write a file; a version of the student's that it replaces is copied to `kept` first."""
        path = self._path(name)
        if path.exists() and path.read_text(encoding="utf-8") != text:
            self._keep(path)
        path.write_text(text, encoding="utf-8")

    def bring(self, *names: str) -> None:
        """Copy files of the lab here; one that is here already stays as it is."""
        for name in names:
            if not self._path(name).exists():
                shutil.copy2(self.source / name, self._path(name))

    def restore(self, name: str) -> None:
        """Bring the lab's version of a file back; the student's is copied to `kept` first."""
        self.write(name, (self.source / name).read_text(encoding="utf-8"))

    @contextlib.contextmanager
    def touched(self, name: str) -> Iterator[None]:
        """Meanwhile a file ends with a comment, the time of now: a change that changes nothing."""
        path, before = self._path(name), self.read(name)
        now = f"{datetime.now().astimezone():%H:%M:%S.%f}"
        path.write_text(f"{before}\n# touched at {now}\n", encoding="utf-8")
        try:
            yield
        finally:
            path.write_text(before, encoding="utf-8")

    @property
    def _shown(self) -> str:
        return self.folder.relative_to(self.folder.parents[2]).as_posix()

    def _path(self, name: str) -> Path:
        path = (self.folder / name).resolve()
        if not path.is_relative_to(self.folder.resolve()):
            raise LabError(
                f"looking for {name}", f"it is not in {self._shown}", "name a file in that folder"
            )
        return path

    def _keep(self, path: Path) -> None:
        """Copy a file aside, unless it is the lab's own version or is there already."""
        ours = self.source / path.name
        known = [ours, *self.kept.glob(f"*-{path.name}")]
        if any(each.is_file() and each.read_bytes() == path.read_bytes() for each in known):
            return
        self.kept.mkdir(parents=True, exist_ok=True)
        stamp = f"{datetime.now().astimezone():%Y%m%d-%H%M%S-%f}"
        shutil.copy2(path, self.kept / f"{stamp}-{path.name}")


def of(name: str, files: Sequence[str], folder: Path = FOLDER) -> Workbench:
    """The workbench for a folder of `containers/`: made at first, kept as it is from then on.

    Args:
        name: of the folder in `containers/`.
        files: those of it to begin with.
        folder: where workbenches are.
    """
    bench = Workbench(folder / name, CONTAINERS / name)
    bench.folder.mkdir(parents=True, exist_ok=True)
    bench.bring(*files)
    return bench
