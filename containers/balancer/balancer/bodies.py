"""Bodies: where a message ends. Bytes in; the body's bytes, and those after it, out.

Nothing here knows about sockets, and nothing is kept: what comes in leaves at once.
"""

from __future__ import annotations

import re
from typing import Final, Protocol

from balancer.heads import ProtocolError, ResponseHead

LAST_CHUNK: Final = b"0\r\n\r\n"

_LINE_BYTES: Final = 4_096
_TRAILER_BYTES: Final = 16_384
# Extensions have no meaning here and are left out; 15 digits are more than any disk holds. The
# white space that RFC 9112 puts up with around them is what llhttp refuses, and so is it here.
_TOKEN: Final = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_EXTENSION: Final = rb';%b(?:=(?:%b|"(?:[\t !#-\[\]-~\x80-\xff]|\\[\t -~\x80-\xff])*"))?' % (
    _TOKEN,
    _TOKEN,
)
_SIZE_LINE: Final = re.compile(rb"([0-9A-Fa-f]{1,15})(?:%b)*" % _EXTENSION)
_TRAILER_LINE: Final = re.compile(rb"%b:[\t -~\x80-\xff]*" % _TOKEN)


def chunk(payload: bytes) -> bytes:
    """The payload as one chunk; it must not be empty, for that would say "the end"."""
    return b"%x\r\n%b\r\n" % (len(payload), payload)


class Body(Protocol):
    """A body on its way in."""

    done: bool
    """Whether all of it was fed."""

    def feed(self, data: bytes) -> tuple[bytes, bytes]:
        """Take what arrived: the part that is the body's own, and what follows its end.

        Raises:
            ProtocolError: the bytes cannot be a body of this kind.
        """


class Length:
    """As many bytes as Content-Length said."""

    def __init__(self, length: int) -> None:
        self._left = length
        self.done = length == 0

    def feed(self, data: bytes) -> tuple[bytes, bytes]:
        """See `Body.feed`."""
        if len(data) <= self._left:
            payload, rest = data, b""
        else:
            payload, rest = data[: self._left], data[self._left :]
        self._left -= len(payload)
        self.done = self._left == 0
        return payload, rest


class UntilClose:
    """Everything until the other side closes: how HTTP/1.0 ended its answers."""

    done = False

    def feed(self, data: bytes) -> tuple[bytes, bytes]:
        """See `Body.feed`."""
        return data, b""


class Chunked:
    """Chunks, each announced by its size; one of size 0 and trailer lines end them.

    The grammar is that of RFC 9112, section 7.1, and not a byte more. Trailers are checked and
    left out, which the RFC allows: in one, a header could return that rewriting the head removed.
    """

    def __init__(self) -> None:
        self.done = False
        self._line = b""  # the beginning of a line whose end has not arrived
        self._left = 0  # bytes of the present chunk still to come
        self._expect = self._size
        self._trailer_bytes = 0
        self._extension_bytes = 0

    def feed(self, data: bytes) -> tuple[bytes, bytes]:
        """See `Body.feed`."""
        data, self._line = self._line + data, b""
        payload: list[bytes] = []
        at = 0
        while not self.done and at < len(data):
            if self._left:
                piece = data[at : at + self._left]
                payload.append(piece)
                self._left -= len(piece)
                at += len(piece)
                continue
            end = data.find(b"\r\n", at)
            if end - at > _LINE_BYTES or (end < 0 and len(data) - at > _LINE_BYTES):
                raise ProtocolError("a line between the chunks is too long")
            if end < 0:
                self._line = data[at:]
                break
            self._expect(data[at:end])
            at = end + 2
        return b"".join(payload), data[at:] if self.done else b""

    def _size(self, line: bytes) -> None:
        match = _SIZE_LINE.fullmatch(line)
        if match is None:
            raise ProtocolError(f"{line[:20]!r} is not the size of a chunk")
        self._extension_bytes += len(line) - len(match[1])
        if self._extension_bytes > _TRAILER_BYTES:
            raise ProtocolError("there are too many chunk extensions")
        self._left = int(match[1], 16)
        self._expect = self._end_of_chunk if self._left else self._trailer

    def _end_of_chunk(self, line: bytes) -> None:
        if line:
            raise ProtocolError("a chunk is longer than its size")
        self._expect = self._size

    def _trailer(self, line: bytes) -> None:
        self._trailer_bytes += len(line)
        if line and not _TRAILER_LINE.fullmatch(line):
            raise ProtocolError(f"{line[:20]!r} is not a trailer")
        if self._trailer_bytes > _TRAILER_BYTES:
            raise ProtocolError("there are too many trailers")
        self.done = not line


def response_body(head: ResponseHead, method: str) -> Body:
    """What follows a response's head (RFC 9112, section 6.3)."""
    if method == "HEAD" or head.status in (204, 304):
        return Length(0)
    if head.chunked:
        return Chunked()
    return UntilClose() if head.content_length is None else Length(head.content_length)
