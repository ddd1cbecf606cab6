"""Pictures of what images are made of, and of what a build takes from the cache."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.patches import Patch
from matplotlib.ticker import StrMethodFormatter

from lab_utils.build_log import CA, Build, Step, in_words
from lab_utils.docker_engine import ImageFacts
from lab_utils.plots.look import FAINT, INK, Picture, canvas, label

MB = 1_000_000
"""Docker counts in powers of ten."""


SHOWN = 60
"""Characters of an instruction that a picture has room for."""

LONGEST = 88
"""Characters of an instruction that a line of `history` shows."""


@dataclass(frozen=True)
class Kind:
    """What a layer holds, and how that is drawn: told apart in grey too."""

    name: str
    colour: str
    hatch: str


BASE = Kind("base image", "#d9d9d9", "")
TOOLS = Kind("system packages", "#8c8c8c", "xx")
PACKAGES = Kind("Python packages", "#5b9bc8", "//")
PYTHON = Kind("Python and its libraries, packed", "#0b5c94", "")
APP = Kind("the app and the rest", "#e08a00", "")
KINDS = (BASE, TOOLS, PACKAGES, PYTHON, APP)

_SIGNS = (
    (re.compile(r"\bapt-get\b"), TOOLS),
    (re.compile(r"\bpip\b|\bvenv\b"), PACKAGES),
    (re.compile(r"/packed\b"), PYTHON),
)
"""The first whose words are in an instruction says what its layer holds."""


def by_kind(image: ImageFacts, base: ImageFacts) -> dict[Kind, int]:
    """Bytes of an image by what they are for.

    Args:
        image: the image.
        base: what it may be built on; recognised by the history that both have in common.
    """
    below = len(base.layers)
    shared = image.layers[:below] == base.layers
    sizes = dict.fromkeys(KINDS, 0)
    sizes[BASE] = sum(layer.size for layer in image.layers[:below]) if shared else 0
    for layer in image.layers[below:] if shared else image.layers:
        sizes[_kind(layer.made_by)] += layer.size
    return sizes


def _kind(made_by: str) -> Kind:
    return next((kind for sign, kind in _SIGNS if sign.search(made_by)), APP)


def sizes(found: Mapping[str, ImageFacts], base: ImageFacts, recorded: str = "") -> Picture:
    """How large images are, and with what.

    Args:
        found: images by the words they are shown with, the largest first.
        base: the image that they may be built on.
        recorded: the day it was recorded, where it is not so now.
    """
    with canvas(height=1.9 + 0.8 * len(found)) as figure:
        axes = figure.subplots()
        parts = {name: by_kind(image, base) for name, image in found.items()}
        for row, name in enumerate(found):
            _draw_image(axes, row, parts[name])
            label(axes, _megabytes(found[name].size), (found[name].size / MB, row))
        axes.set_yticks(range(len(found)), list(found))
        axes.invert_yaxis()
        axes.tick_params(axis="y", length=0)
        axes.set_xlim(0, 1.18 * max(image.size for image in found.values()) / MB)
        axes.set_xlabel("MB, unpacked")
        axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
        used = [kind for kind in KINDS if any(each[kind] > MB for each in parts.values())]
        axes.legend(
            handles=[_patch(kind) for kind in used], frameon=False, loc="lower right", fontsize=13
        )
        axes.set_title("What an image weighs, and why" + _when(recorded))
    first, *_, last = found.values()
    caption = "; ".join(f"{name}: {_megabytes(image.size)}" for name, image in found.items())
    caption += f"; the first is {first.size / last.size:.0f} times the last{_when(recorded)}"
    alt = "Stacked bars: the size of each image by what its layers hold. " + "; ".join(
        f"{name}: " + ", ".join(f"{kind.name} {_megabytes(n)}" for kind, n in part.items() if n)
        for name, part in parts.items()
    )
    return Picture(figure, alt, caption)


def _draw_image(axes: Axes, row: int, part: Mapping[Kind, int]) -> None:
    left = 0.0
    for kind, size in part.items():
        axes.barh(
            *(row, size / MB, 0.6, left),
            color=kind.colour,
            hatch=kind.hatch,
            edgecolor="white",
        )
        left += size / MB


def _patch(kind: Kind) -> Patch:
    return Patch(facecolor=kind.colour, hatch=kind.hatch, edgecolor="white", label=kind.name)


def cache(builds: Mapping[str, Build]) -> Picture:
    """Which steps of some builds were in the cache, and how long the others took.

    Args:
        builds: by the words they are shown with; the first above.
    """
    when = _when(next((build.recorded for build in builds.values() if build.recorded), ""))
    rows = sum(len(build.steps) + 1.5 for build in builds.values())
    with canvas(height=1.2 + 0.45 * rows) as figure:
        axes = figure.subplots()
        at = 0.0
        for name, build in builds.items():
            axes.text(0, at, f"{name}: {in_words(build.seconds)}", weight="bold", va="center")
            for step in build.steps:
                at += 1
                _draw_step(axes, at, step)
            at += 1.5
        axes.set_xlim(-0.2, 12)
        axes.set_ylim(at - 0.8, -0.8)
        axes.axis("off")
        axes.set_title("Made anew (dark), or from the cache (white)" + when)
    caption = "; ".join(f"{name}: {_counted(build)}" for name, build in builds.items()) + when
    return Picture(figure, f"Each build as a list of its steps. {caption}.", caption)


def _draw_step(axes: Axes, at: float, step: Step) -> None:
    anew = step.state != "cached"
    axes.barh(at, 0.5, 0.62, color="#0b5c94" if anew else "white", edgecolor=INK if anew else FAINT)
    time = in_words(step.seconds) if anew else "cached"
    axes.text(0.75, at, time, va="center", color=INK if anew else FAINT)
    what = step.what if len(step.what) <= SHOWN else step.what[: SHOWN - 1] + "…"
    axes.text(2.6, at, what, va="center", family="DejaVu Sans Mono", fontsize=14)


def _counted(build: Build) -> str:
    cached = sum(step.state == "cached" for step in build.steps)
    return (
        f"{cached} of {len(build.steps)} steps from the cache, "
        f"{len(build.made_anew)} made anew in {in_words(build.seconds)}"
    )


def _when(recorded: str) -> str:
    return f" (recorded {recorded})" * bool(recorded)


def _megabytes(size: int) -> str:
    return f"{size / MB:,.0f} MB" if size >= MB else f"{size / 1000:.0f} kB"


def history(image: ImageFacts, recorded: str = "") -> str:
    """An image's layers from the lowest up, a line each: what it weighs, and what made it.

    Args:
        image: the image.
        recorded: the day it was recorded, where it is not so now.
    """
    lines = [f"{_megabytes(each.size):>8}  {tidy(each.made_by)[:LONGEST]}" for each in image.layers]
    return "\n".join([*lines, *([_when(recorded).strip()] if recorded else [])])


def tidy(made_by: str) -> str:
    """An instruction from an image's history as it stood in the Dockerfile."""
    text = re.sub(r"\s+# buildkit$", "", CA.sub("", " ".join(made_by.split())))
    text = re.sub(r"^(RUN )?\|\d+ (\S+=\S+ )*", "RUN ", text)
    return text.replace("RUN /bin/sh -c ", "RUN ") or "(a root file system, imported)"
