"""A snapshot as a picture: readable from the last row, in grey, and aloud."""

from __future__ import annotations

import base64
import html
import math
from collections.abc import Mapping
from dataclasses import dataclass

from lab_utils.plots import FAINT, INK, STROKES
from lab_utils.stack.base import Service
from lab_utils.stack_view.snapshot import Lane, Snapshot

WIDTH, HEIGHT = 960, 380
ALARM = "#a3123a"

Rates = Mapping[str, tuple[float, float]]


@dataclass(frozen=True)
class Drawing:
    """The picture of one moment.

    Attributes:
        svg: the picture.
        alt: what it shows, for those who cannot see it.
        caption: the same in one line.
    """

    svg: str
    alt: str
    caption: str

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        source = base64.b64encode(self.svg.encode()).decode()
        image = (
            f'<img alt="{html.escape(self.alt, quote=True)}" width="{WIDTH}" height="{HEIGHT}" '
            f'style="max-width:100%" src="data:image/svg+xml;base64,{source}">'
        )
        caption = f"<figcaption>{html.escape(self.caption)}</figcaption>"
        return {"text/html": f"<figure>{image}{caption}</figure>", "text/plain": self.caption}


def draw(seen: Snapshot, rates: Rates | None = None) -> Drawing:
    """Visitors, balancer and recommenders, with the requests between them.

    Args:
        seen: the moment.
        rates: answers and failures a second, by variant; left out where they are not known.
    """
    rates = rates or {}
    come = sum(answered for answered, _ in rates.values())
    parts = [
        _visitors(),
        _arrow((175, 190), (297, 190), _width(come), INK),
        _text(237, 168, f"{come:.0f}/s", 22) if rates else "",
        _balancer(seen.balancer, seen.strategy),
    ]
    for lane, y in zip(seen.lanes, (95, 285), strict=True):
        parts += _lane(lane, y, rates.get(lane.variant))
    body = "".join(parts)
    caption = _caption(seen, rates)
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'font-family="DejaVu Sans, Verdana, sans-serif" fill="{INK}">'
        f"<title>{html.escape(caption)}</title>{_PATTERN}"
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>{body}</svg>'
    )
    return Drawing(svg, f"The stack as it is: visitors, balancer, recommenders. {caption}", caption)


_PATTERN = (
    '<defs><pattern id="dead" width="12" height="12" patternUnits="userSpaceOnUse" '
    'patternTransform="rotate(45)"><rect width="12" height="12" fill="#f6f6f6"/>'
    '<line x1="0" y1="0" x2="0" y2="12" stroke="#e2e2e2" stroke-width="5"/></pattern></defs>'
)


def _visitors() -> str:
    people = "".join(
        f'<circle cx="{x}" cy="{y}" r="13"/><path d="M{x - 22} {y + 42} a22 24 0 0 1 44 0 z"/>'
        for x, y in ((70, 150), (120, 150), (95, 195))
    )
    return f'<g fill="{FAINT}">{people}</g>{_text(95, 270, "visitors", 22)}'


def _balancer(service: Service, strategy: str) -> str:
    return (
        _box(300, 30, 190, 320, INK, dead=service.state != "running")
        + _text(395, 168, service.name, 26, bold=True)
        + _text(395, 204, _state(service), 19, ALARM if service.trouble else INK)
        + _text(395, 238, strategy.rpartition(":")[2].replace("_", " "), 18, FAINT)
    )


def _lane(lane: Lane, y: int, rate: tuple[float, float] | None) -> list[str]:
    stroke = STROKES[0] if lane.variant == "a" else STROKES[1]
    cut = lane.believed not in ("healthy", "")
    dash = "6 10" if cut else ("14 7" if stroke.line == "--" else "")
    answered, failed = rate or (0.0, 0.0)
    words = [f"{lane.share:.0%}"] if lane.share is not None else []
    words += [f"{answered:.0f}/s"] if rate else []
    return [
        _arrow((493, y), (652, y), _width(answered), FAINT if cut else stroke.colour, dash),
        _cross(568, y) if cut else "",
        _text(568, y - 24, " · ".join(words), 22),
        _text(568, y + 42, f"{failed:.0f}/s fail", 20, ALARM) if failed else "",
        _box(655, y - 65, 285, 130, stroke.colour, dead=lane.service.state != "running"),
        _text(797, y - 27, lane.service.name, 24, bold=True),
        _text(797, y + 6, _state(lane.service), 19, ALARM if lane.service.trouble else INK),
        _text(797, y + 40, _belief(lane), 17, ALARM if cut else FAINT),
    ]


def _state(service: Service) -> str:
    if service.state == "running":
        return f"✓ {service.health}" if not service.trouble else f"… {service.health}"
    return f"✗ {service.state}"


def _belief(lane: Lane) -> str:
    return f"the balancer says: {lane.believed}" if lane.believed else "the balancer is silent"


def _width(rate: float) -> float:
    return 3 + math.sqrt(min(rate, 100))


def _box(x: int, y: int, width: int, height: int, colour: str, *, dead: bool) -> str:
    fill = "url(#dead)" if dead else "white"
    dash = ' stroke-dasharray="10 8"' if dead else ""
    return (
        f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="12" fill="{fill}" '
        f'stroke="{colour}" stroke-width="5"{dash}/>'
    )


def _arrow(
    start: tuple[float, float], end: tuple[float, float], width: float, colour: str, dash: str = ""
) -> str:
    (x, y), (to_x, to_y) = start, end
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<path d="M{x} {y} L{to_x - 12} {to_y}" stroke="{colour}" stroke-width="{width:.1f}"'
        f'{dashed} fill="none"/>'
        f'<path d="M{to_x - 18} {to_y - 13} L{to_x} {to_y} L{to_x - 18} {to_y + 13} z" '
        f'fill="{colour}"/>'
    )


def _cross(x: float, y: float) -> str:
    return (
        f'<path d="M{x - 14} {y - 14} l28 28 m0 -28 l-28 28" stroke="{ALARM}" stroke-width="7" '
        'fill="none"/>'
    )


def _text(
    x: float, y: float, words: str, size: int, colour: str = INK, *, bold: bool = False
) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return (
        f'<text x="{x}" y="{y}" font-size="{size}" text-anchor="middle" fill="{colour}"{weight}>'
        f"{html.escape(words)}</text>"
    )


def _caption(seen: Snapshot, rates: Rates) -> str:
    """The picture in one line."""
    lanes = "; ".join(_lane_words(lane, rates.get(lane.variant)) for lane in seen.lanes)
    state = seen.balancer.trouble or "is healthy"
    way = f" ({seen.strategy})" if seen.strategy else ""
    return f"{seen.balancer.name}{way} {state}; {lanes}"


def _lane_words(lane: Lane, rate: tuple[float, float] | None) -> str:
    share = f" has {lane.share:.0%} of the users," if lane.share is not None else ""
    requests = f", {rate[0]:.0f} answers/s, of which {rate[1]:.0f} fail" if rate else ""
    state = lane.service.trouble or "is healthy"
    return f"{lane.variant}{share} {state}, {_belief(lane)}{requests}"
