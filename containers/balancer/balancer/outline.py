"""An outline: the headers a client sent last, and where its next ones may differ from them.

What a client sends again and again differs, if at all, in the values of headers that mean nothing
here: an id, a cookie, what it accepts. So what comes before the first such value, and what comes
after the last, is compared as a whole, and only the gap in between is looked at, line by line. That
is as strict as reading all lines (header_lines.py), and takes a fifth of the time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from balancer.header_lines import HARMLESS, KEEP_ALIVE, VALUE, request_kinds
from balancer.heads import UNREADABLE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from balancer.heads import RequestFields, ResponseHead


class Gap:
    """Neighbouring lines that may have other values than last time, and all that is around them.

    Args:
        lines: of the headers.
        first: number of the gap's first line.
        stop: number of the first line after it.
        dropped: lines that no backend gets; none of them in the gap.
    """

    __slots__ = ("_after", "_as_it_came", "_before", "_kept", "_names", "first", "stop")

    def __init__(self, lines: list[bytes], first: int, stop: int, dropped: set[bytes]) -> None:
        self.first = first
        self.stop = stop
        names = [name_of(line) for line in lines[first:stop]]
        # From the beginning of the headers to the colon of the gap's first line ...
        self._before = _joined(lines[:first]) + names[0]
        # ... from one value to the next: the end of a line, a name, a colon ...
        self._names = [b"\r\n" + name for name in names[1:]]
        # ... and from the end of the gap's last line to the end, with the empty line.
        self._after = b"\r\n%b\r\n" % _joined(lines[stop:])
        before = _joined(line for line in lines[:first] if line not in dropped) + names[0]
        after = b"\r\n%b\r\n" % _joined(line for line in lines[stop:] if line not in dropped)
        self._kept = before, after
        self._as_it_came = self._kept == (self._before, self._after)

    def filled(self, data: bytes, start: int, stop: int) -> bytes | None:
        """What a backend gets for other headers; None if they differ outside the gap.

        Args:
            data: the headers are in it as they came, with the empty line;
            start: from here
            stop: to here.
        """
        before, after = self._before, self._after
        end = stop - len(after)
        if not data.startswith(before, start) or not data.startswith(after, end):
            return None
        value = values = start + len(before)
        for name in self._names:
            next_line = data.find(b"\r\n", value)
            # VALUE knows no end of line, and finds nothing where the end is before the start.
            if VALUE(data, value, next_line) is None or not data.startswith(name, next_line):
                return None
            value = next_line + len(name)
        if VALUE(data, value, end) is None:
            return None
        if self._as_it_came:
            return data[start:stop]
        before, after = self._kept
        return b"".join((before, data[values:end], after))


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


class AnswerOutline:
    """The head of a backend's last answer on a connection, to be compared with its next.

    Args:
        block: the head as it came.
        head: what was understood of it.
    """

    __slots__ = ("block", "length", "lines", "status")

    def __init__(self, block: bytes, head: ResponseHead) -> None:
        self.block = block
        self.status = head.status
        self.length = head.plain_length if head.keep_alive else -1  # of the body, if that is all
        self.lines = head.lines


def find_gap(last: Outline, fields: RequestFields, user_header: bytes) -> Gap | None:
    """Where headers differ from the last of the same client, if only in harmless values.

    Args:
        last: the outline of those; its gap, if it has one, is part of the new one.
        fields: what the new ones say.
        user_header: the lower-case name of the header that names the user.
    """
    lines, others = fields.block.split(b"\r\n")[:-2], last.block.split(b"\r\n")[:-2]
    differing = [number for number, line in enumerate(lines) if [line] != others[number:][:1]]
    if len(lines) != len(others) or not differing:
        return None
    if last.gap is not None:
        differing += last.gap.first, last.gap.stop - 1
    first, stop = min(differing), max(differing) + 1
    kinds = request_kinds(user_header)
    for line, other in zip(lines[first:stop], others[first:stop], strict=True):
        if kinds[line] != HARMLESS or name_of(line) != name_of(other):
            return None
    gap = Gap(lines, first, stop, {line for line in lines if kinds[line] == KEEP_ALIVE})
    # llhttp (heads.py) may have left out other lines, too, or changed their order.
    if gap.filled(fields.block, 0, len(fields.block)) != fields.lines + b"\r\n":
        return None
    return gap


def name_of(line: bytes) -> bytes:
    """The name of a header, with its colon."""
    return line[: line.find(b":") + 1]


def _joined(lines: Iterable[bytes]) -> bytes:
    return b"".join(line + b"\r\n" for line in lines)
