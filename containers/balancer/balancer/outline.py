"""An outline: the headers a client sent last, and where its next ones may differ from them.

What a client sends again and again differs, if at all, in the values of headers that mean nothing
here: an id, a cookie, what it accepts. So what comes before the first such value, and what comes
after the last, is compared as a whole, and only the gap in between is looked at, line by line. That
is as strict as reading all lines (header_lines.py), and takes a fifth of the time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from balancer.header_lines import HARMLESS, KEEP_ALIVE, VALUE, request_kinds
from balancer.heads import UNREADABLE

if TYPE_CHECKING:
    from balancer.heads import RequestFields


class Gap(NamedTuple):
    """Neighbouring lines that may have other values than last time, and all that is around them."""

    first: int
    """Number of its first line."""
    stop: int
    """Number of the first line after it."""
    before: bytes
    """From the beginning of the headers to the colon of the gap's first line."""
    names: tuple[bytes, ...]
    """What is between a value and the next: the end of the line, a name and its colon."""
    after: bytes
    """From the end of the gap's last line, with the empty line."""
    kept_before: bytes
    """What a backend gets of `before`."""
    kept_after: bytes
    """What a backend gets of `after`."""
    as_it_came: bool
    """Whether a backend gets all of it."""

    def filled(self, data: bytes, start: int, stop: int) -> bytes | None:
        """What a backend gets for other headers; None if they differ outside the gap.

        Args:
            data: the headers are in it as they came, with the empty line;
            start: from here
            stop: to here.
        """
        _, _, before, names, after, kept_before, kept_after, as_it_came = self
        end = stop - len(after)
        if not data.startswith(before, start) or not data.startswith(after, end):
            return None
        value = values = start + len(before)
        for name in names:
            next_line = data.find(b"\r\n", value)
            # VALUE knows no end of line, and finds nothing where the end is before the start.
            if VALUE(data, value, next_line) is None or not data.startswith(name, next_line):
                return None
            value = next_line + len(name)
        if VALUE(data, value, end) is None:
            return None
        if as_it_came:
            return data[start:stop]
        return b"".join((kept_before, data[values:end], kept_after))


class Outline:
    """The headers of a client's last request, as they are compared with its next.

    Args:
        fields: what they say. It is copied: a named tuple takes twice as long to tell it.
        peer: the client's address.
        gap: where the next may differ.
    """

    __slots__ = ("block", "content_length", "forwarded", "gap", "user", "usual", "via")

    def __init__(self, fields: RequestFields, peer: bytes, gap: Gap | None) -> None:
        self.block = fields.block
        self.usual = fields.usual
        self.content_length = fields.content_length
        self.user = fields.user
        self.via = b"\r\nX-Forwarded-For: %b%b\r\n" % (fields.forwarded_for, peer)
        self.forwarded = fields.lines + b"\r\n"  # what a backend gets for these very headers
        self.gap = gap


NOTHING_YET: Final = Outline(UNREADABLE.fields, b"", None)
"""Of a client that has sent no headers yet."""


def find_gap(last: Outline, fields: RequestFields, user_header: bytes) -> Gap | None:
    """Where headers differ from the last of the same client, if only in harmless values.

    Args:
        last: the outline of those; its gap, if it has one, is part of the new one.
        fields: what the new ones say.
        user_header: the lower-case name of the header that names the user.
    """
    lines, others = fields.block.split(b"\r\n")[:-2], last.block.split(b"\r\n")[:-2]
    differing = [
        number for number, line in enumerate(lines) if others[number : number + 1] != [line]
    ]
    if len(lines) != len(others) or not differing:
        return None
    if last.gap is not None:
        differing += last.gap.first, last.gap.stop - 1
    first, stop = min(differing), max(differing) + 1
    kinds = request_kinds(user_header)
    names = [_name(line) for line in lines[first:stop]]
    if names != [_name(line) for line in others[first:stop]]:
        return None
    if any(kinds[line] != HARMLESS for line in lines[first:stop]):
        return None

    def written(part: list[bytes], *, kept: bool) -> bytes:
        return b"".join(b"%b\r\n" % line for line in part if not kept or kinds[line] != KEEP_ALIVE)

    before, kept_before = (written(lines[:first], kept=kept) + names[0] for kept in (False, True))
    after, kept_after = (b"\r\n%b\r\n" % written(lines[stop:], kept=kept) for kept in (False, True))
    as_it_came = (before, after) == (kept_before, kept_after)
    between = tuple(b"\r\n" + name for name in names[1:])
    gap = Gap(first, stop, before, between, after, kept_before, kept_after, as_it_came)
    # llhttp (heads.py) may have left out other lines, too, or changed their order.
    if gap.filled(fields.block, 0, len(fields.block)) != fields.lines + b"\r\n":
        return None
    return gap


def _name(line: bytes) -> bytes:
    return line[: line.find(b":") + 1]
