"""The table of raw requests: what is sent, and how it has to be understood.

Every case is the bytes of one connection. `reaches` are the requests that get to the backend
whole, each answered with 200; `refusal` is the status that then ends the connection, and None
where the connection is good for another request.
"""

from typing import NamedTuple

HEADER_BYTES = 2048
BODY_BYTES = 65_536
LIMITS = (
    f"header_bytes = {HEADER_BYTES}\nbody_bytes = {BODY_BYTES}\n"
    "client_header_s = 1.0\nclient_idle_s = 1.0\nbackend_response_s = 5.0\n"
)
AFTER = b"GET /after HTTP/1.1\r\nHost: lab\r\nConnection: close\r\n\r\n"
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: lab\r\n\r\n"
CHUNKED = b"Transfer-Encoding: chunked"
CL5 = b"Content-Length: 5"

Asked = tuple[str, str, bytes]


class Case(NamedTuple):
    """See above."""

    name: str
    data: bytes
    reaches: tuple[Asked, ...] = ()
    refusal: int | None = None


def head(*lines: bytes, start: bytes = b"POST /case HTTP/1.1", host: bytes = b"Host: lab") -> bytes:
    """The bytes of a head; an empty `host` leaves that line out."""
    return b"\r\n".join([each for each in (start, host, *lines) if each]) + b"\r\n\r\n"


def get(*lines: bytes, **options: bytes) -> bytes:
    """The head of a GET."""
    return head(*lines, **{"start": b"GET /case HTTP/1.1", **options})


def chunked(body: bytes) -> bytes:
    """A chunked POST with a body that is given as it is on the wire."""
    return head(CHUNKED) + body


def refused(status: int, group: str, /, **data: bytes) -> list[Case]:
    """Cases of which nothing reaches the backend."""
    return [Case(f"{group}: {name}", each, (), status) for name, each in data.items()]


def passed(group: str, body: bytes = b"", method: str = "POST", /, **data: bytes) -> list[Case]:
    """Cases that reach the backend as one request to /case."""
    asked = ((method, "/case", body),)
    return [Case(f"{group}: {name}", each, asked) for name, each in data.items()]


LENGTH_AND_CODING = [
    *refused(
        400,
        "length and coding",
        length_first=head(CL5, CHUNKED) + b"0\r\n\r\n" + SMUGGLED,
        coding_first=head(CHUNKED, CL5) + b"0\r\n\r\n" + SMUGGLED,
        length_fits=head(b"Content-Length: 5", CHUNKED) + b"0\r\n\r\n",
        length_zero=head(b"Content-Length: 0", CHUNKED) + b"0\r\n\r\n",
        other_case=head(b"CONTENT-LENGTH: 5", b"tRANSFER-eNCODING: CHUNKED") + b"0\r\n\r\n",
        identity=head(CL5, b"Transfer-Encoding: identity") + b"hello",
        gzip=head(CL5, b"Transfer-Encoding: gzip, chunked") + b"0\r\n\r\n",
        empty_coding=head(CL5, b"Transfer-Encoding:") + b"hello",
        hidden_by_connection=head(CL5, CHUNKED, b"Connection: Content-Length") + b"0\r\n\r\n",
        http_1_0=head(CL5, CHUNKED, start=b"POST /case HTTP/1.0") + b"0\r\n\r\n",
    ),
]

DOUBLED_LENGTH = [
    *refused(
        400,
        "doubled length",
        same=head(CL5, CL5) + b"hello",
        different=head(CL5, b"Content-Length: 43") + b"hello" + SMUGGLED,
        zero_and_more=head(b"Content-Length: 0", b"Content-Length: %d" % len(SMUGGLED)) + SMUGGLED,
        other_case=head(CL5, b"content-length: 6") + b"hello",
        listed=head(b"Content-Length: 5, 5") + b"hello",
        listed_different=head(b"Content-Length: 5, 43") + b"hello",
        with_another_between=head(CL5, b"X: y", b"Content-Length: 6") + b"hello",
    ),
]

ODD_LENGTH = [
    *refused(
        400,
        "odd length",
        plus=head(b"Content-Length: +5") + b"hello",
        minus=head(b"Content-Length: -5") + b"hello",
        minus_zero=head(b"Content-Length: -0") + SMUGGLED,
        hexadecimal=head(b"Content-Length: 0x5") + b"hello",
        underscore=head(b"Content-Length: 0_5") + b"hello",
        fraction=head(b"Content-Length: 5.0") + b"hello",
        exponent=head(b"Content-Length: 5e0") + b"hello",
        two_words=head(b"Content-Length: 5 6") + b"hello",
        letters=head(b"Content-Length: five") + b"hello",
        trailing_comma=head(b"Content-Length: 5,") + b"hello",
        leading_comma=head(b"Content-Length: ,5") + b"hello",
        quoted=head(b'Content-Length: "5"') + b"hello",
        empty=head(b"Content-Length:") + b"hello",
        only_spaces=head(b"Content-Length:   ") + b"hello",
        other_digits=head("Content-Length: \uff15".encode()) + b"hello",
        latin_digits=head(b"Content-Length: \xb5") + b"hello",
        vertical_tab=head(b"Content-Length:\x0b5") + b"hello",
        form_feed=head(b"Content-Length: 5\x0c") + b"hello",
        past_64_bits=head(b"Content-Length: 18446744073709551621") + b"hello",
        past_everything=head(b"Content-Length: " + b"9" * 100) + b"hello",
    ),
    *refused(413, "odd length", too_long=head(b"Content-Length: 65537") + b"hello"),
    *refused(413, "odd length", largest=head(b"Content-Length: 9223372036854775807")),
    *passed(
        "odd length",
        b"hello",
        spaces_around=head(b"Content-Length: \t 5 \t") + b"hello",
        no_space=head(b"Content-Length:5") + b"hello",
        leading_zeros=head(b"Content-Length: 0005") + b"hello",
    ),
    Case(
        "odd length: zero, and a request behind it",
        head(b"Content-Length: 0") + SMUGGLED,
        (("POST", "/case", b""), ("GET", "/smuggled", b"")),
    ),
    Case("odd length: more than there is", head(b"Content-Length: 500") + b"hello", (), 408),
]

ODD_CODING = [
    *refused(
        400,
        "odd coding",
        twice=head(CHUNKED, CHUNKED) + b"0\r\n\r\n",
        listed_twice=head(b"Transfer-Encoding: chunked, chunked") + b"0\r\n\r\n",
        not_last=head(b"Transfer-Encoding: chunked, identity") + b"0\r\n\r\n",
        second_identity=head(CHUNKED, b"Transfer-Encoding: identity") + b"0\r\n\r\n",
        first_identity=head(b"Transfer-Encoding: identity", CHUNKED) + b"0\r\n\r\n",
        tab_behind=head(b"Transfer-Encoding: chunked\t") + b"0\r\n\r\n",
        vertical_tab=head(b"Transfer-Encoding:\x0bchunked") + b"0\r\n\r\n",
        carriage_return=head(b"Transfer-Encoding:\rchunked") + b"0\r\n\r\n",
        null=head(b"Transfer-Encoding: chunked\x00") + b"0\r\n\r\n",
        x_before=head(b"Transfer-Encoding: xchunked") + b"0\r\n\r\n",
        x_behind=head(b"Transfer-Encoding: chunkedx") + b"0\r\n\r\n",
        quoted=head(b'Transfer-Encoding: "chunked"') + b"0\r\n\r\n",
        parameter=head(b"Transfer-Encoding: chunked;q=1") + b"0\r\n\r\n",
        trailing_comma=head(b"Transfer-Encoding: chunked,") + b"0\r\n\r\n",
        identity=head(b"Transfer-Encoding: identity") + SMUGGLED,
        empty=head(b"Transfer-Encoding:") + SMUGGLED,
        other_letters=head(b"Transfer-Encoding: chun\xc4\xb8ed") + b"0\r\n\r\n",
        http_1_0=head(CHUNKED, start=b"POST /case HTTP/1.0") + b"0\r\n\r\n",
        space_in_name=head(b"Transfer-Encoding : chunked") + b"0\r\n\r\n",
        space_before_name=head(b" Transfer-Encoding: chunked") + b"0\r\n\r\n",
        null_in_name=head(b"Transfer\x00-Encoding: chunked") + b"0\r\n\r\n",
        behind_bare_lf=head(b"X: y\nTransfer-Encoding: chunked") + b"0\r\n\r\n",
    ),
    *refused(
        501, "odd coding", gzip_before=head(b"Transfer-Encoding: gzip, chunked") + b"0\r\n\r\n"
    ),
    *passed(
        "odd coding",
        b"hello",
        capitals=head(b"Transfer-Encoding: CHUNKED") + b"5\r\nhello\r\n0\r\n\r\n",
        tab_before=head(b"Transfer-Encoding:\tchunked") + b"5\r\nhello\r\n0\r\n\r\n",
        spaces_around=head(b"Transfer-Encoding:  chunked  ") + b"5\r\nhello\r\n0\r\n\r\n",
        underscore_is_another_name=head(CL5, b"Transfer_Encoding: chunked") + b"hello",
    ),
]

FOLDED = [
    *refused(
        400,
        "folded lines",
        value=get(b"X: a", b" b"),
        value_tab=get(b"X: a", b"\tb"),
        length=head(b"Content-Length:", b" 5") + b"hello",
        longer_length=head(CL5, b" 0") + b"hello",
        coding=head(b"Transfer-Encoding:", b" chunked") + b"0\r\n\r\n",
        coding_tab=head(b"Transfer-Encoding:", b"\tchunked") + b"0\r\n\r\n",
        first_line=get(host=b" Host: lab"),
        only_space=get(b"X: a", b" "),
        last_line=get(b"X: a", b" Transfer-Encoding: chunked"),
    ),
]

BARE_LINE_ENDS = [
    *refused(
        400,
        "bare line ends",
        lf_all=b"GET /case HTTP/1.1\nHost: lab\n\n",
        lf_request_line=b"GET /case HTTP/1.1\nHost: lab\r\n\r\n",
        lf_header=b"GET /case HTTP/1.1\r\nHost: lab\nX: y\r\n\r\n",
        lf_end=b"GET /case HTTP/1.1\r\nHost: lab\r\n\n" + SMUGGLED,
        lf_end_twice=b"GET /case HTTP/1.1\r\nHost: lab\n\n" + SMUGGLED,
        lf_first=b"\nGET /case HTTP/1.1\r\nHost: lab\r\n\r\n",
        cr_all=b"GET /case HTTP/1.1\rHost: lab\r\r" + SMUGGLED,
        cr_value=get(b"X: a\rb"),
        cr_value_end=get(b"X: a\r"),
        cr_value_start=get(b"X:\ra"),
        cr_name=get(b"X\r: a"),
        cr_request_line=get(start=b"GET /case\r HTTP/1.1"),
        cr_hides_header=get(b"X: a\rTransfer-Encoding: chunked"),
        cr_cr_lf=b"GET /case HTTP/1.1\r\r\nHost: lab\r\n\r\n",
        cr_cr_lf_header=b"GET /case HTTP/1.1\r\nHost: lab\r\r\n\r\n",
        lf_cr=b"GET /case HTTP/1.1\n\rHost: lab\n\r\n\r",
    ),
]

COLONS_AND_NAMES = [
    *refused(
        400,
        "names",
        space_before_colon=get(b"X : a"),
        tab_before_colon=get(b"X\t: a"),
        length_space=head(b"Content-Length : 5") + b"hello",
        length_tab=head(b"Content-Length\t: 5") + b"hello",
        host_space=get(host=b"Host : lab"),
        no_colon=get(b"X"),
        no_name=get(b": a"),
        only_colon=get(b":"),
        parentheses=get(b"X(y): a"),
        slash=get(b"X/y: a"),
        at=get(b"X@y: a"),
        quotes=get(b'"X": a'),
        equals=get(b"X=y: a"),
        obs_text=get(b"\xe9: a"),
        space_inside=get(b"X y: a"),
        null=get(b"X\x00: a"),
        delete=get(b"X\x7f: a"),
    ),
    *passed("names", b"", "GET", all_of_a_token=get(b"!#$%&'*+-.^_`|~09AZaz: a")),
]

CONTROL = [
    *refused(
        400,
        "control characters",
        null_in_value=get(b"X: a\x00b"),
        null_alone=get(b"X: \x00"),
        null_in_host=get(host=b"Host: lab\x00"),
        null_in_length=head(b"Content-Length: 5\x00") + b"hello",
        null_in_target=get(start=b"GET /\x00case HTTP/1.1"),
        null_in_method=get(start=b"G\x00ET /case HTTP/1.1"),
        null_in_version=get(start=b"GET /case HTTP/1.1\x00"),
        null_first=b"\x00" + get(),
        bell=get(b"X: a\x07b"),
        backspace=get(b"X: a\x08b"),
        escape=get(b"X: a\x1bb"),
        delete=get(b"X: a\x7fb"),
        vertical_tab=get(b"X: a\x0bb"),
        form_feed=get(b"X:\x0ca"),
    ),
    *passed("control characters", b"", "GET", tab_in_value=get(b"X: a\tb")),
    *passed("control characters", b"", "GET", obs_text_in_value=get(b"X: \x80\xff")),
]

HOST = [
    *refused(
        400,
        "host",
        two_words=get(host=b"Host: lab elsewhere"),
        listed=get(host=b"Host: lab, elsewhere"),
        path=get(host=b"Host: lab/elsewhere"),
        user=get(host=b"Host: user@lab"),
        query=get(host=b"Host: lab?elsewhere"),
        fragment=get(host=b"Host: lab#elsewhere"),
        backslash=get(host=b"Host: lab\\elsewhere"),
        quotes=get(host=b'Host: "lab"'),
        port_not_a_number=get(host=b"Host: lab:http"),
        two_ports=get(host=b"Host: lab:80:81"),
        obs_text=get(host=b"Host: l\xe4b"),
    ),
    *passed(
        "host",
        b"",
        "GET",
        empty=get(host=b"Host:"),
        port=get(host=b"Host: lab:8082"),
        address=get(host=b"Host: 127.0.0.1:80"),
        address_6=get(host=b"Host: [::1]:80"),
        underscore=get(host=b"Host: my_lab.example"),
    ),
]
