"""Heads: the lines before the body. Parsed strictly, rewritten for the other side.

Pure functions from bytes to a value: a whole head comes in, up to and including its empty line,
and what leaves is written anew from what was understood. So a backend can never read a request
differently from how the balancer read it, which is what request smuggling lives on (RFC 9112,
section 11.2).

llhttp, inside httptools, refuses what is ambiguous: Content-Length twice or beside
Transfer-Encoding, folded lines, a line that ends in a bare LF, a space before the colon, control
characters. The rest of the rules stand below.

Most heads have nothing in them that could be ambiguous: a Host, perhaps a Content-Length, and lines
that are passed on as they are. Those are recognised line by line (header_lines.py), and a line that
was recognised once is remembered. That is four times as fast as llhttp, and stricter; every other
head goes through llhttp. Tests hold the one to the other.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final, NamedTuple

import httptools

from balancer.header_lines import (
    HARMLESS,
    HOST,
    HOST_VALUE,
    KEEP_ALIVE,
    LENGTH,
    REQUEST_OWN,
    RESPONSE_KINDS,
    RESPONSE_OWN,
    USER,
    request_kinds,
)

END_OF_HEAD: Final = b"\r\n\r\n"

_REMEMBERED: Final = 128

REQUEST_LINE: Final = re.compile(rb'((?!CONNECT )([A-Z-]+) (/[!-"$-~]*|\*)) HTTP/(\d\.\d)\r\n')
"""Groups: method and target as they came, the method, the target, the version.

CONNECT asks for a tunnel, and is told that there is none.
"""
USUAL_LINE: Final = re.compile(rb'(?!CONNECT )([A-Z-]++) (/[!-"$-~]*+) HTTP/1\.1\r\n')
"""What nearly all of them look like. Groups: the method, the target."""
_STATUS_LINE: Final = re.compile(rb"HTTP/1\.([01]) ([1-5]\d\d)(?: ([\t -~\x80-\xff]*))?\r\n")


_new: Final[Any] = tuple.__new__
"""RequestFields(...) is a function in Python around this, and costs twice as much."""


class HttpError(Exception):
    """The client gets an error for an answer.

    Args:
        status: the answer's status code.
        message: what was wrong and what is allowed, for the client to read.
        lines: header lines that go with it.
    """

    def __init__(self, status: int, message: str, lines: bytes = b"") -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.lines = lines


class ProtocolError(ValueError):
    """The bytes are not the HTTP they should be."""


class RequestFields(NamedTuple):
    """What the headers of a request say."""

    block: bytes
    """The headers as they came, with the empty line."""
    usual: bool
    """Whether nothing in them keeps a request of HTTP/1.1 from the hot path."""
    close: bool
    """Whether Connection asks for the end of the connection."""
    has_host: bool
    has_body: bool
    """Whether bytes follow the head."""
    content_length: int
    chunked: bool
    expects_continue: bool
    user: str | None
    """The value of the header that names the user."""
    forwarded_for: bytes
    """The X-Forwarded-For it came with, followed by a comma; or nothing."""
    lines: bytes
    """The header lines for the backend, without the ids and the empty line at the end."""


class RequestHead(NamedTuple):
    """What the balancer understood of a request."""

    line: bytes
    """Method and target, as they came."""
    method: str
    target: str
    http11: bool
    fields: RequestFields

    @property
    def keep_alive(self) -> bool:
        """Whether the client expects to use the connection again."""
        return self.http11 and not self.fields.close


class ResponseHead(NamedTuple):
    """What the balancer understood of a backend's answer, and what it will say to the client."""

    status: int
    keep_alive: bool
    content_length: int | None
    chunked: bool
    lines: bytes
    """Status line and header lines, without Transfer-Encoding and the empty line at the end."""
    plain_length: int
    """How long the body is if Content-Length alone says so; else -1. Not for answers to HEAD."""


def parse_request(head: bytes, user_header: bytes) -> RequestHead:
    """Understand a request's head.

    Args:
        head: all of it, with the empty line.
        user_header: the lower-case name of the header that names the user.

    Raises:
        HttpError: with the status and the reason the client is to be told.
    """
    line = REQUEST_LINE.match(head)
    if line is None:
        raise HttpError(400, 'the request line is not "METHOD /path HTTP/1.1"')
    version = line[4]
    if version not in (b"1.1", b"1.0"):
        raise HttpError(505, "HTTP/1.1 is spoken here")
    http11 = version == b"1.1"
    fields = request_fields(head[line.end() :], user_header)
    if http11 and not fields.has_host:
        raise HttpError(400, "HTTP/1.1 requires a Host header")
    if fields.chunked and not http11:
        raise HttpError(400, "HTTP/1.0 knows no Transfer-Encoding")
    return RequestHead(line[1], line[2].decode(), line[3].decode(), http11, fields)


def request_fields(block: bytes, user_header: bytes) -> RequestFields:
    """Understand the headers of a request.

    Args:
        block: all of them, with the empty line.
        user_header: the lower-case name of the header that names the user.

    Raises:
        HttpError: with the status and the reason the client is to be told.
    """
    kinds = request_kinds(user_header)
    has_host = False
    length: int | None = None
    user: str | None = None
    dropped = b""
    for line in block.split(b"\r\n")[:-2]:
        kind = kinds[line]
        if kind == HARMLESS:
            continue
        if kind == HOST and not has_host:
            has_host = True
        elif kind == KEEP_ALIVE and not dropped:
            dropped = line
        elif kind == LENGTH and length is None:
            length = int(line.partition(b":")[2])
        elif kind == USER and user is None:
            user = line.partition(b":")[2].strip().decode("latin-1")
        else:
            return _parsed_request_fields(block, user_header)
    if not has_host:
        return _parsed_request_fields(block, user_header)
    size = length or 0
    lines = _without(block, dropped)
    plain: RequestFields = _new(
        RequestFields, (block, True, False, True, size > 0, size, False, False, user, b"", lines)
    )
    return plain


@lru_cache(maxsize=_REMEMBERED)
def _parsed_request_fields(block: bytes, user_header: bytes) -> RequestFields:
    fields = _Fields(REQUEST_OWN, user_header)
    try:
        # The request line has been checked; headers mean the same after any.
        httptools.HttpRequestParser(fields).feed_data(b"GET / HTTP/1.1\r\n" + block)
    except httptools.HttpParserUpgrade:
        pass  # answered below, with the other ways to ask for it
    except httptools.HttpParserError as error:
        raise HttpError(400, f"the request is not valid HTTP: {error}") from None
    if fields.one(b"upgrade") is not None:
        raise HttpError(501, "Upgrade is not supported: send the request without it")
    expect = fields.one(b"expect")
    if expect is not None and expect.lower() != b"100-continue":
        raise HttpError(417, "the only thing to Expect here is 100-continue")
    host, user = fields.one(b"host"), fields.one(user_header)
    if host is not None and HOST_VALUE.fullmatch(host) is None:
        raise HttpError(400, "the Host header is no host")
    chunked, content_length = fields.chunked(), fields.one(b"content-length")
    lines = [b"Host: %b\r\n" % (host or b""), *fields.kept_lines()]
    if user is not None:
        lines.append(b"%b: %b\r\n" % (user_header, user))
    if chunked:
        lines.append(b"Transfer-Encoding: chunked\r\n")
    elif content_length is not None:
        lines.append(b"Content-Length: %b\r\n" % content_length)
    length = int(content_length or 0)
    close = b"close" in fields.connection_options()
    return RequestFields(
        block=block,
        usual=host is not None and not (close or chunked or expect),
        close=close,
        has_host=host is not None,
        has_body=chunked or length > 0,
        content_length=length,
        chunked=chunked,
        expects_continue=expect is not None,
        user=None if user is None else user.decode("latin-1"),
        forwarded_for=b"".join(each + b", " for each in fields.own.get(b"x-forwarded-for", ())),
        lines=b"".join(lines),
    )


def parse_response(head: bytes) -> ResponseHead:
    """Understand the head of a backend's answer.

    Raises:
        ProtocolError: saying what is wrong with it.
    """
    line = _STATUS_LINE.match(head)
    if line is None:
        raise ProtocolError('its status line is not "HTTP/1.1 200 OK"')
    minor, digits, reason = line.groups()
    status = int(digits)
    if status == 101:
        raise ProtocolError("it switched protocols without being asked to")
    status_line = b"HTTP/1.1 %b %b\r\n" % (digits, reason or b"")
    # Without a body, what Content-Length says has to be thought about.
    if minor == b"1" and status >= 200 and status not in (204, 304):
        plain = _plain_response(status_line, status, head[line.end() :])
        if plain is not None:
            return plain
    return _parsed_response(head, status, status_line)


def _plain_response(status_line: bytes, status: int, block: bytes) -> ResponseHead | None:
    """An answer's head, if its length is all there is to think about."""
    length: int | None = None
    dropped = b""
    for line in block.split(b"\r\n")[:-2]:
        kind = RESPONSE_KINDS[line]
        if kind == HARMLESS:
            continue
        if kind == LENGTH and length is None:
            length = int(line.partition(b":")[2])
        elif kind == KEEP_ALIVE and not dropped:
            dropped = line
        else:
            return None
    if length is None:
        return None
    lines = status_line + _without(block, dropped)
    plain: ResponseHead = _new(ResponseHead, (status, True, length, False, lines, length))
    return plain


def _without(block: bytes, dropped: bytes) -> bytes:
    """Header lines as they came, but for one, and for the empty line at the end."""
    if not dropped:
        return block[:-2]
    return b"".join(line + b"\r\n" for line in block.split(b"\r\n")[:-2] if line != dropped)


@lru_cache(maxsize=_REMEMBERED)
def _parsed_response(head: bytes, status: int, status_line: bytes) -> ResponseHead:
    fields = _Fields(RESPONSE_OWN)
    try:
        httptools.HttpResponseParser(fields).feed_data(head)
        chunked = fields.chunked()
        content_length = fields.one(b"content-length")
    except (httptools.HttpParserError, HttpError) as error:
        raise ProtocolError(f"it is not valid HTTP: {error}") from None
    lines = [status_line, *fields.kept_lines()]
    if content_length is not None and status >= 200 and status != 204:
        lines.append(b"Content-Length: %b\r\n" % content_length)
    plain = content_length is not None and not chunked and status >= 200
    return ResponseHead(
        status=status,
        keep_alive=head.startswith(b"HTTP/1.1") and b"close" not in fields.connection_options(),
        content_length=None if content_length is None else int(content_length),
        chunked=chunked,
        lines=b"".join(lines),
        plain_length=int(content_length or 0) if plain and status not in (204, 304) else -1,
    )


class _Fields:
    """What httptools reports each header to: the balancer's own are set apart, the rest kept."""

    def __init__(self, own: frozenset[bytes], user_header: bytes = b"") -> None:
        self._own_names = own
        self._user_header = user_header
        # A backend under WSGI takes X_User_Id for X-User-Id: with such a name somebody could speak
        # for us, and it ends here, as in nginx.
        self._confused_with = own.union((user_header,))
        self.kept: list[bytes] = []
        self.own: dict[bytes, list[bytes]] = {}

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called by the parser: the one piece of Python that runs for every header."""
        key = name.lower()
        if key in self._own_names or key == self._user_header:
            self.own.setdefault(key, []).append(value.strip())
        elif key.replace(b"_", b"-") not in self._confused_with:
            self.kept.append(b"%b: %b\r\n" % (name, value))

    def one(self, name: bytes) -> bytes | None:
        """The value of a header that may be given once at most."""
        values = self.own.get(name)
        if values is None:
            return None
        if len(values) > 1:
            raise HttpError(400, f"the header {name.decode()} is given {len(values)} times")
        return values[0]

    def chunked(self) -> bool:
        """Whether the body comes in chunks; no other coding is understood here."""
        coding = self.one(b"transfer-encoding")
        if coding is not None and coding.lower() != b"chunked":
            raise HttpError(501, 'the only Transfer-Encoding understood here is "chunked"')
        return coding is not None

    def connection_options(self) -> set[bytes]:
        """What Connection says: close, keep-alive or the names of further hop-by-hop headers."""
        values = self.own.get(b"connection", ())
        return {option.strip().lower() for value in values for option in value.split(b",")}

    def kept_lines(self) -> list[bytes]:
        """The header lines to forward, without those that Connection names."""
        if b"connection" not in self.own:
            return self.kept
        named = self.connection_options()
        return [line for line in self.kept if line.partition(b":")[0].lower() not in named]


UNREADABLE: Final = RequestHead(b"- -", "-", "-", http11=False, fields=request_fields(b"\r\n", b""))
"""Stands for a request that could not be understood; "-" is what access logs put there."""
