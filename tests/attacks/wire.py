"""What is on the wire, read by somebody else.

Nothing here is shared with the balancer: h11 reads every message, and a grammar that is narrower
than h11's reads it too (h11 forgives bare line feeds and folded lines, which is no virtue in what
a balancer writes). Both have to find the same message, and the same bytes after it.
"""

import re
from typing import NamedTuple

import h11

_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_VALUE = rb"(?:[!-~\x80-\xff](?:[\t -~\x80-\xff]*[!-~\x80-\xff])?)?"
_LINES = rb"(?:%b:[\t ]*%b[\t ]*\r\n)*\r\n" % (_TOKEN, _VALUE)
_REQUEST_HEAD = re.compile(rb"%b [!-~]+ HTTP/1\.1\r\n" % _TOKEN + _LINES)
_RESPONSE_HEAD = re.compile(rb"HTTP/1\.1 [1-5]\d\d [\t -~\x80-\xff]*\r\n" + _LINES)
_SIZE = re.compile(rb"(0|[1-9a-f][0-9a-f]*)\r\n")
_LONGEST_HEAD = 1 << 20
_END = b"\r\n\r\n"


class Unreadable(AssertionError):
    """The bytes are not the HTTP that a balancer should write."""

    before: tuple["Message", ...] = ()
    """The requests before them, which are."""


class Message(NamedTuple):
    """A request or an answer, whole."""

    start: tuple[bytes, bytes]
    """Method and target, or status and reason."""
    headers: list[tuple[bytes, bytes]]
    """Names in lower case."""
    body: bytes

    def all(self, name: bytes) -> list[bytes]:
        """Every value of a header."""
        return [value for key, value in self.headers if key == name]

    def one(self, name: bytes) -> bytes:
        """The value of a header that has to be there once."""
        values = self.all(name)
        if len(values) != 1:
            raise Unreadable(f"{name!r} is there {len(values)} times: {self}")
        return values[0]

    @property
    def status(self) -> int:
        return int(self.start[0])

    @property
    def what(self) -> tuple[str, str, bytes]:
        """What a request asks for: method, target and body."""
        return self.start[0].decode(), self.start[1].decode(), self.body


def requests_in(data: bytes, *, narrow: bool = True) -> tuple[list[Message], bytes]:
    """The complete requests at the start of some bytes, and the beginning of an incomplete one.

    Args:
        data: what a backend received.
        narrow: whether the narrow grammar reads too; without it trailers are looked past.
    """
    found = []
    try:
        while data and (taken := _take_request(data, narrow)) is not None:
            message, data = taken
            found.append(message)
    except Unreadable as unreadable:
        unreadable.before = tuple(found)
        raise
    return found, data


def _take_request(data: bytes, narrow: bool) -> tuple[Message, bytes] | None:
    by_h11 = _read(
        h11.Connection(h11.SERVER, _LONGEST_HEAD), data, h11.Request, trailers=not narrow
    )
    if not narrow:
        return by_h11
    by_grammar = _strictly(data, _REQUEST_HEAD, has_body=True, whole=False)
    return _agreed(by_h11, by_grammar, data)


def answers_in(data: bytes, methods: tuple[str, ...] = ()) -> tuple[list[Message], bytes]:
    """The complete answers in what a client received, 1xx left out, and what follows them.

    Args:
        data: everything it received until the connection ended.
        methods: of the requests, where they are not all like GET.
    """
    found: list[Message] = []
    while data:
        method = methods[len(found)] if len(found) < len(methods) else "GET"
        taken = _take_answer(data, method)
        if taken is None:
            break
        message, data = taken
        if message.status >= 200:
            found.append(message)
    return found, data


def _take_answer(data: bytes, method: str) -> tuple[Message, bytes] | None:
    head = data.partition(_END)[0]
    status = int(head[9:12]) if re.match(rb"HTTP/1\.1 \d{3}", head) else 0
    if 100 <= status < 200:  # h11 reports these beside the answer; here they stand alone
        return _strictly(data, _RESPONSE_HEAD, has_body=False, whole=True)
    client = h11.Connection(h11.CLIENT, _LONGEST_HEAD)
    client.send(h11.Request(method=method, target="/", headers=[("Host", "lab")]))
    client.send(h11.EndOfMessage())
    by_h11 = _read(client, data, h11.Response)
    has_body = method != "HEAD" and status not in (204, 304)
    return _agreed(by_h11, _strictly(data, _RESPONSE_HEAD, has_body=has_body, whole=True), data)


def _agreed(
    by_h11: tuple[Message, bytes] | None, by_grammar: tuple[Message, bytes] | None, data: bytes
) -> tuple[Message, bytes] | None:
    if by_h11 != by_grammar:
        raise Unreadable(f"two readers differ: {by_h11} and {by_grammar} in {data[:2000]!r}")
    return by_h11


def _read(
    connection: h11.Connection, data: bytes, kind: type, *, trailers: bool = False
) -> tuple[Message, bytes] | None:
    """One message as h11 reads it; None if it is not whole."""
    start, headers, body = (b"", b""), [], b""
    try:
        connection.receive_data(data)
        while not isinstance(event := connection.next_event(), h11.EndOfMessage):
            if event is h11.NEED_DATA:
                return None
            if isinstance(event, h11.Data):
                body += bytes(event.data)
            if isinstance(event, h11.Request):
                start = bytes(event.method), bytes(event.target)
            elif isinstance(event, h11.Response):
                start = b"%d" % event.status_code, bytes(event.reason)
            if isinstance(event, kind):
                headers = [(bytes(name), bytes(value)) for name, value in event.headers]
    except h11.RemoteProtocolError as error:
        raise Unreadable(f"h11: {error} in {data[:2000]!r}") from error
    if event.headers and not trailers:
        raise Unreadable(f"trailers came through: {event.headers}")
    return Message(start, headers, body), connection.trailing_data[0]


def _strictly(
    data: bytes, grammar: re.Pattern[bytes], *, has_body: bool, whole: bool
) -> tuple[Message, bytes] | None:
    """One message as the narrow grammar reads it; None if it is not whole."""
    if _END not in data:
        return None
    match = grammar.match(data)
    if match is None:
        raise Unreadable(f"the head is not as narrow as it should be: {data[:2000]!r}")
    first, *lines = match[0][: -len(_END)].split(b"\r\n")
    one, two, three = first.split(b" ", 2)
    headers = [
        (name.lower(), value.strip(b" \t"))
        for name, _, value in (line.partition(b":") for line in lines)
    ]
    message = Message((two, three) if whole else (one, two), headers, b"")
    body = _body(message, data[match.end() :]) if has_body else (b"", data[match.end() :])
    return None if body is None else (message._replace(body=body[0]), body[1])


def _body(message: Message, data: bytes) -> tuple[bytes, bytes] | None:
    lengths, codings = message.all(b"content-length"), message.all(b"transfer-encoding")
    if len(lengths) + len(codings) > 1:
        raise Unreadable(f"the end of the body is ambiguous: {message}")
    if codings:
        if codings != [b"chunked"]:
            raise Unreadable(f"the coding is not chunked: {message}")
        return _chunks(data)
    if lengths and not re.fullmatch(rb"\d{1,18}", lengths[0]):
        raise Unreadable(f"the length is no number: {message}")
    size = int(lengths[0]) if lengths else 0
    return (data[:size], data[size:]) if len(data) >= size else None


def _chunks(data: bytes) -> tuple[bytes, bytes] | None:
    body, at = b"", 0
    while b"\r\n" in data[at:]:
        match = _SIZE.match(data, at)
        if match is None:
            raise Unreadable(f"no chunk: {data[at : at + 100]!r}")
        size = int(match[1], 16)
        end = match.end() + size
        if data[end : end + 2] not in (b"", b"\r", b"\r\n"):
            raise Unreadable(f"a chunk does not end where it should: {data[at : at + 100]!r}")
        if len(data) < end + 2:
            return None
        body, at = body + data[match.end() : end], end + 2
        if size == 0:
            return body, data[at:]
    return None
