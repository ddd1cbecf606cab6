"""The slides' own diagram, hardware at the bottom, drawn from what is running now.

A kernel is a dark bar, whatever it carries. That is the picture's one idea: containers stand on one
dark bar together, and each virtual machine brings a dark bar of its own.
"""

from __future__ import annotations

import base64
import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

WIDTH = 960
"""Pixels, of every picture."""

MARGIN, GAP, FLOOR, ROOF = 24, 16, 58, 64
"""Pixels: around all, between tenants, a floor's height, the title's height."""

FONT = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif"
DARK, LIGHT, LINE, INK = "#12324a", "#eef2f6", "#64748b", "#0f172a"
RECORDED_NOTE = 34
"""Pixels: the height of the line that says that nothing of this is live."""


@dataclass(frozen=True)
class Floor:
    """A layer that carries everything above it.

    Attributes:
        title: what it is: "hardware", "the host's kernel".
        detail: its name or size, as found on the machine.
        kernel: whether it is a kernel.
    """

    title: str
    detail: str
    kernel: bool = False


@dataclass(frozen=True)
class Tenant:
    """What stands on the floors: a container, or a virtual machine.

    Attributes:
        name: as the engine or the process list knows it.
        lines: what it runs and what that takes, a line each.
        floors: the layers it alone brought along, the lowest first: hypervisor, kernel.
    """

    name: str
    lines: tuple[str, ...]
    floors: tuple[Floor, ...] = ()


@dataclass(frozen=True)
class Drawing:
    """An SVG picture that can also be read aloud.

    Attributes:
        svg: the document.
        alt: what it shows, for those who cannot see it.
        caption: the numbers drawn, in one line.
    """

    svg: str
    alt: str
    caption: str

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        source = base64.b64encode(self.svg.encode()).decode()
        alt = html.escape(self.alt, quote=True)
        image = f'<img alt="{alt}" src="data:image/svg+xml;base64,{source}">'
        caption = f"<figcaption>{html.escape(self.caption)}</figcaption>"
        return {"text/html": f"<figure>{image}{caption}</figure>", "text/plain": self.caption}


def layers(
    title: str,
    floors: Sequence[Floor],
    tenants: Sequence[Tenant],
    *,
    beside: Tenant | None = None,
    recorded: str | None = None,
) -> Drawing:
    """Tenants on the floors that carry them.

    Args:
        title: the picture's heading.
        floors: what carries everything, the lowest first.
        tenants: what stands on it, from left to right; at least one.
        beside: what stands beside the tenants and carries none of them.
        recorded: where and when the figures were recorded; None if they are of this moment.
    """
    own = max(len(tenant.floors) for tenant in tenants)
    room = 44 + 24 * max(len(tenant.lines) for tenant in tenants)
    note = RECORDED_NOTE if recorded else 0
    height = ROOF + note + room + FLOOR * (own + len(floors)) + MARGIN
    ground = height - MARGIN - FLOOR * len(floors)
    parts = [_text(MARGIN, 42, title, size=26, bold=True)]
    if recorded:
        parts.append(_note(recorded))
    for number, floor in enumerate(reversed(floors)):
        parts += _floor(floor, MARGIN, ground + FLOOR * number, WIDTH - 2 * MARGIN)
    for (left, width), tenant in zip(_places(len(tenants), beside), tenants, strict=True):
        parts += _tenant(tenant, left, ground, width, room)
    if beside:
        left = WIDTH - MARGIN - _BESIDE
        parts += _words(beside, left, ground - room, _BESIDE, room, dashed=True)
    alt = _read_aloud(title, floors, tenants, beside, recorded)
    kernels = sum(floor.kernel for floor in (*floors, *(f for t in tenants for f in t.floors)))
    caption = f"{kernels} kernel{'s' * (kernels != 1)} for {len(tenants)}: " + "; ".join(
        f"{tenant.name}, {', '.join(tenant.lines)}" for tenant in tenants
    )
    return Drawing(_document(parts, height, alt), alt, _recorded_first(caption, recorded))


_BESIDE = 210
"""Pixels: the width of what stands beside."""


def _places(count: int, beside: Tenant | None) -> Iterator[tuple[float, float]]:
    """The left edge and the width of each tenant."""
    free = WIDTH - 2 * MARGIN - (_BESIDE + GAP if beside else 0)
    width = (free - GAP * (count - 1)) / count
    return ((MARGIN + (width + GAP) * number, width) for number in range(count))


def _tenant(tenant: Tenant, left: float, ground: float, width: float, room: int) -> Iterator[str]:
    for number, floor in enumerate(tenant.floors):
        yield from _floor(floor, left, ground - FLOOR * (number + 1), width)
    top = ground - FLOOR * len(tenant.floors) - room
    yield from _words(tenant, left, top, width, room)


def _words(
    tenant: Tenant, left: float, top: float, width: float, room: int, *, dashed: bool = False
) -> Iterator[str]:
    """A box with a name and lines in it."""
    yield from _box(left, top, width, room, dashed=dashed)
    yield _text(left + 16, top + 28, tenant.name, bold=True)
    for number, line in enumerate(tenant.lines):
        yield _text(left + 16, top + 54 + 24 * number, line)


def _floor(floor: Floor, left: float, top: float, width: float) -> Iterator[str]:
    yield from _box(left, top, width, FLOOR, dark=floor.kernel)
    colour = "#ffffff" if floor.kernel else INK
    yield _text(left + 16, top + 24, floor.title, bold=True, colour=colour)
    yield _text(left + 16, top + 46, floor.detail, colour=colour)


def _box(
    left: float,
    top: float,
    width: float,
    height: float,
    *,
    dark: bool = False,
    dashed: bool = False,
) -> Iterator[str]:
    fill, dashes = DARK if dark else LIGHT, ' stroke-dasharray="6 5"' if dashed else ""
    yield (
        f'<rect x="{left:g}" y="{top + 2:g}" width="{width:g}" height="{height - 4:g}" rx="6" '
        f'fill="{fill}" stroke="{LINE}" stroke-width="1.5"{dashes}/>'
    )


def _text(
    left: float, base: float, words: str, *, size: int = 17, bold: bool = False, colour: str = INK
) -> str:
    weight = ' font-weight="700"' if bold else ""
    said = html.escape(words)
    return (
        f'<text x="{left:g}" y="{base:g}" font-size="{size}" fill="{colour}"{weight}>{said}</text>'
    )


def _note(recorded: str) -> str:
    words = _text(MARGIN + 12, ROOF + 16, f"recorded {recorded}", size=15, bold=True)
    size = f'width="{WIDTH - 2 * MARGIN}" height="{RECORDED_NOTE - 4}"'
    frame = (
        f'<rect x="{MARGIN}" y="{ROOF - 4}" {size} rx="4" fill="#ffffff" '
        f'stroke="{INK}" stroke-width="1.5" stroke-dasharray="3 4"/>'
    )
    return frame + words


def _document(parts: Sequence[str], height: float, alt: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:g}" '
        f'width="{WIDTH}" height="{height:g}" role="img" font-family="{FONT}">'
        f"<desc>{html.escape(alt)}</desc>"
        f'<rect width="{WIDTH}" height="{height:g}" fill="#ffffff"/>{"".join(parts)}</svg>'
    )


def _read_aloud(
    title: str,
    floors: Sequence[Floor],
    tenants: Sequence[Tenant],
    beside: Tenant | None,
    recorded: str | None,
) -> str:
    below = ", then ".join(f"{floor.title} ({floor.detail})" for floor in floors)
    above = "; ".join(
        f"{tenant.name}: "
        + ", ".join((*(f"{f.title} {f.detail}" for f in tenant.floors), *tenant.lines))
        for tenant in tenants
    )
    apart = (
        f" Beside them, carrying none: {beside.name}, {', '.join(beside.lines)}." if beside else ""
    )
    said = f"Layers, {title}. From the bottom: {below}. On top: {above}.{apart}"
    return _recorded_first(said, recorded)


def _recorded_first(words: str, recorded: str | None) -> str:
    return f"Recorded {recorded}. {words}" if recorded else words
