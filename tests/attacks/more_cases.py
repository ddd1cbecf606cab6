"""The rest of the table: chunks, request lines, limits, and headers that speak of connections."""

import pytest

from tests.attacks.cases import (
    BARE_LINE_ENDS,
    BODY_BYTES,
    CHUNKED,
    CL5,
    COLONS_AND_NAMES,
    CONTROL,
    DOUBLED_LENGTH,
    FOLDED,
    HEADER_BYTES,
    HOST,
    LENGTH_AND_CODING,
    ODD_CODING,
    ODD_LENGTH,
    SMUGGLED,
    Case,
    chunked,
    get,
    head,
    passed,
    refused,
)

CHUNK_SIZES = [
    *refused(
        400,
        "chunk sizes",
        past_64_bits=chunked(b"10000000000000005\r\nhello\r\n0\r\n\r\n"),
        sixteen_digits=chunked(b"ffffffffffffffff\r\nhello\r\n0\r\n\r\n"),
        many_zeros=chunked(b"0" * 40 + b"5\r\nhello\r\n0\r\n\r\n"),
        minus=chunked(b"-5\r\nhello\r\n0\r\n\r\n"),
        plus=chunked(b"+5\r\nhello\r\n0\r\n\r\n"),
        prefix=chunked(b"0x5\r\nhello\r\n0\r\n\r\n"),
        underscore=chunked(b"0_5\r\nhello\r\n0\r\n\r\n"),
        space_before=chunked(b" 5\r\nhello\r\n0\r\n\r\n"),
        space_behind=chunked(b"5 \r\nhello\r\n0\r\n\r\n"),
        tab_behind=chunked(b"5\t\r\nhello\r\n0\r\n\r\n"),
        letter=chunked(b"5g\r\nhello\r\n0\r\n\r\n"),
        empty=chunked(b"\r\nhello\r\n0\r\n\r\n"),
        only_extension=chunked(b";x\r\nhello\r\n0\r\n\r\n"),
        null=chunked(b"5\x00\r\nhello\r\n0\r\n\r\n"),
        comma=chunked(b"5,5\r\nhello\r\n0\r\n\r\n"),
        lf=chunked(b"5\nhello\r\n0\r\n\r\n"),
        cr=chunked(b"5\rhello\r\n0\r\n\r\n"),
        cr_cr_lf=chunked(b"5\r\r\nhello\r\n0\r\n\r\n"),
        lf_after_data=chunked(b"5\r\nhello\n0\r\n\r\n"),
        lf_at_end=chunked(b"5\r\nhello\r\n0\n\n" + SMUGGLED),
        too_short=chunked(b"4\r\nhello\r\n0\r\n\r\n"),
        two_bytes_off=chunked(b"3\r\nhello0\r\n\r\n" + SMUGGLED),
        no_end_of_chunk=chunked(b"5\r\nhello0\r\n\r\n"),
        xx_for_the_end=chunked(b"5\r\nhelloXX0\r\n\r\n"),
        text=chunked(b"hello\r\n0\r\n\r\n"),
        long_line=chunked(b"5;" + b"x" * 5000 + b"\r\nhello\r\n0\r\n\r\n"),
    ),
    *refused(413, "chunk sizes", too_much=chunked(b"11000\r\n" + b"x" * 69_632 + b"\r\n0\r\n\r\n")),
    *refused(
        413,
        "chunk sizes",
        too_much_in_pieces=chunked((b"1000\r\n" + b"x" * 4096 + b"\r\n") * 17 + b"0\r\n\r\n"),
    ),
    Case("chunk sizes: announced, not sent", chunked(b"fffffffffffffff\r\nhello"), (), 408),
    Case("chunk sizes: no last chunk", chunked(b"5\r\nhello\r\n"), (), 400),
    *passed(
        "chunk sizes",
        b"hello",
        capitals=chunked(b"0A\r\nhellohello\r\n0\r\n\r\n").replace(b"0A\r\nhello", b"05\r\n"),
        two_chunks=chunked(b"2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"),
        zeros=chunked(b"00005\r\nhello\r\n00000\r\n\r\n"),
    ),
    *passed("chunk sizes", b"", nothing=chunked(b"0\r\n\r\n")),
    *passed(
        "chunk sizes",
        SMUGGLED,
        a_request=chunked(b"%x\r\n" % len(SMUGGLED) + SMUGGLED + b"\r\n0\r\n\r\n"),
    ),
]

CHUNK_EXTENSIONS = [
    *passed(
        "chunk extensions",
        b"hello",
        name=chunked(b"5;a\r\nhello\r\n0\r\n\r\n"),
        value=chunked(b"5;a=b\r\nhello\r\n0;c=d\r\n\r\n"),
        quoted=chunked(b'5;a="b;c"\r\nhello\r\n0\r\n\r\n'),
        many=chunked(b"5;a;b;c=d\r\nhello\r\n0\r\n\r\n"),
        obs_text=chunked(b'5;a="\xff"\r\nhello\r\n0\r\n\r\n'),
    ),
    *refused(
        400,
        "chunk extensions",
        lf=chunked(b"5;a\nhello\r\n0\r\n\r\n"),
        lf_hides_chunk=chunked(b"5;\nxx\r\nhello\r\n0\r\n\r\n" + SMUGGLED),
        cr=chunked(b"5;a\rb\r\nhello\r\n0\r\n\r\n"),
        null=chunked(b"5;a\x00\r\nhello\r\n0\r\n\r\n"),
        last_lf=chunked(b"5\r\nhello\r\n0;\n\r\n\r\n"),
        quoted_line_end=chunked(b'5;a="\nb"\r\nhello\r\n0\r\n\r\n'),
    ),
]

TRAILERS = [
    *passed(
        "trailers",
        b"hello",
        one=chunked(b"5\r\nhello\r\n0\r\nX: y\r\n\r\n"),
        length=chunked(b"5\r\nhello\r\n0\r\nContent-Length: 50\r\n\r\n"),
        coding=chunked(b"5\r\nhello\r\n0\r\nTransfer-Encoding: gzip\r\n\r\n"),
        ids=chunked(b"5\r\nhello\r\n0\r\nX-Request-Id: forged\r\nX-User-Id: 9\r\n\r\n"),
    ),
    *refused(
        400,
        "trailers",
        no_colon=chunked(b"5\r\nhello\r\n0\r\nGET / HTTP/1.1\r\n\r\n"),
        space_before_colon=chunked(b"5\r\nhello\r\n0\r\nX : y\r\n\r\n"),
        folded=chunked(b"5\r\nhello\r\n0\r\nX: y\r\n z\r\n\r\n"),
        lf=chunked(b"5\r\nhello\r\n0\r\nX: y\n\r\n\r\n"),
        cr=chunked(b"5\r\nhello\r\n0\r\nX: \ry\r\n\r\n"),
        null=chunked(b"5\r\nhello\r\n0\r\nX: \x00\r\n\r\n"),
        too_many=chunked(b"5\r\nhello\r\n0\r\n" + (b"X: " + b"y" * 400 + b"\r\n") * 50 + b"\r\n"),
    ),
]

REQUEST_LINE = [
    *refused(
        400,
        "request line",
        absolute=get(start=b"GET http://lab/case HTTP/1.1"),
        absolute_elsewhere=get(start=b"GET http://elsewhere/case HTTP/1.1"),
        authority=get(start=b"CONNECT lab:80 HTTP/1.1"),
        connect_path=get(start=b"CONNECT /case HTTP/1.1"),
        fragment=get(start=b"GET /case#there HTTP/1.1"),
        no_slash=get(start=b"GET case HTTP/1.1"),
        two_spaces=get(start=b"GET  /case HTTP/1.1"),
        two_spaces_later=get(start=b"GET /case  HTTP/1.1"),
        tab=get(start=b"GET\t/case HTTP/1.1"),
        space_in_target=get(start=b"GET /ca se HTTP/1.1"),
        space_at_end=get(start=b"GET /case HTTP/1.1 "),
        space_first=get(start=b" GET /case HTTP/1.1"),
        obs_text=get(start=b"GET /\xe9 HTTP/1.1"),
        lower_case_method=get(start=b"get /case HTTP/1.1"),
        method_not_a_token=get(start=b"GE(T /case HTTP/1.1"),
        no_method=get(start=b" /case HTTP/1.1"),
        no_target=get(start=b"GET HTTP/1.1"),
        no_version=get(start=b"GET /case"),
        http_0_9=b"GET /case\r\n\r\n",
        lower_case_version=get(start=b"GET /case http/1.1"),
        long_version=get(start=b"GET /case HTTP/1.10"),
        zero_version=get(start=b"GET /case HTTP/01.1"),
        no_minor_version=get(start=b"GET /case HTTP/1"),
        other_protocol=get(start=b"GET /case RTSP/1.0"),
        tls=b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        no_host=get(host=b""),
        two_hosts=get(b"Host: lab"),
        two_hosts_different=get(b"Host: elsewhere"),
        two_hosts_other_case=get(b"hOST: elsewhere"),
    ),
    *refused(
        505,
        "request line",
        http_1_2=get(start=b"GET /case HTTP/1.2"),
        http_2=get(start=b"GET /case HTTP/2.0"),
        http_2_preface=b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ),
    Case("request line: asterisk", get(start=b"OPTIONS * HTTP/1.1"), (("OPTIONS", "*", b""),)),
    Case(
        "request line: dashes", get(start=b"M-SEARCH /case HTTP/1.1"), (("M-SEARCH", "/case", b""),)
    ),
    Case(
        "request line: dots", get(start=b"GET /a/../b//c HTTP/1.1"), (("GET", "/a/../b//c", b""),)
    ),
    Case("request line: two slashes", get(start=b"GET //x/y HTTP/1.1"), (("GET", "//x/y", b""),)),
    Case(
        "request line: escapes",
        get(start=b"GET /%00%0d%0a HTTP/1.1"),
        (("GET", "/%00%0d%0a", b""),),
    ),
]

LIMITS = [
    *refused(
        431,
        "limits",
        header=get(b"X: " + b"x" * 3000),
        many_headers=get(*[b"X: y"] * 500),
        target=get(start=b"GET /" + b"x" * 3000 + b" HTTP/1.1"),
        method=get(start=b"G" * 3000 + b" / HTTP/1.1"),
        name=get(b"X" * 3000 + b": y"),
        one_byte=get(b"X: " + b"x" * (HEADER_BYTES - len(get(b"X: ")) + 1)),
        without_an_end=b"x" * 5000,
    ),
    *passed("limits", b"", "GET", full=get(b"X: " + b"x" * (HEADER_BYTES - len(get(b"X: "))))),
    *passed("limits", b"x" * BODY_BYTES, body=head(b"Content-Length: 65536") + b"x" * BODY_BYTES),
    *passed("limits", b"", "GET", many_small=get(*[b"X: y"] * 200)),
    Case("limits: head that does not end", get()[:-2], (), 400),
]

CONNECTION = [
    *passed(
        "connection",
        b"hello",
        removes_length=head(CL5, b"Connection: Content-Length") + b"hello",
        removes_host=head(CL5, b"Connection: Host") + b"hello",
        removes_ids=head(CL5, b"Connection: X-Request-Id, X-Forwarded-For") + b"hello",
        removes_coding=head(CHUNKED, b"Connection: Transfer-Encoding") + b"5\r\nhello\r\n0\r\n\r\n",
        empty_options=head(CL5, b"Connection: ,, ,") + b"hello",
        expects=head(CL5, b"Expect: 100-continue") + b"hello",
        expects_in_capitals=head(CL5, b"Expect: 100-Continue") + b"hello",
        te=head(CL5, b"TE: trailers", b"Connection: TE") + b"hello",
    ),
    *refused(417, "connection", expects_more=head(CL5, b"Expect: 200-ok") + b"hello"),
    *refused(400, "connection", expects_twice=head(CL5, *[b"Expect: 100-continue"] * 2) + b"hello"),
    *refused(
        501,
        "connection",
        upgrade=get(b"Upgrade: websocket", b"Connection: Upgrade") + SMUGGLED,
        upgrade_h2c=get(
            b"Upgrade: h2c", b"Connection: Upgrade, HTTP2-Settings", b"HTTP2-Settings: AA"
        ),
        upgrade_alone=get(b"Upgrade: websocket"),
        upgrade_with_body=head(CL5, b"Upgrade: h2c", b"Connection: Upgrade") + b"hello",
    ),
    *passed("connection", b"hello", "GET", body_of_get=get(CL5) + b"hello"),
    *passed(
        "connection",
        SMUGGLED,
        "GET",
        request_in_get=get(b"Content-Length: %d" % len(SMUGGLED)) + SMUGGLED,
    ),
    Case(
        "connection: body of HEAD",
        head(CL5, start=b"HEAD /case HTTP/1.1") + b"hello",
        (("HEAD", "/case", b"hello"),),
    ),
    Case(
        "connection: two requests",
        get() + SMUGGLED,
        (("GET", "/case", b""), ("GET", "/smuggled", b"")),
    ),
    Case(
        "connection: a request, then nonsense",
        get() + b"nonsense\r\n\r\n",
        (("GET", "/case", b""),),
        400,
    ),
    Case(
        "connection: a body, then one byte too many",
        head(CL5) + b"hello!" + SMUGGLED,
        (("POST", "/case", b"hello"),),
        400,
    ),
    Case(
        "connection: a line too many between requests",
        head(CL5) + b"hello\r\n" + SMUGGLED,
        (("POST", "/case", b"hello"),),
        400,
    ),
]

CASES = [
    *LENGTH_AND_CODING,
    *DOUBLED_LENGTH,
    *ODD_LENGTH,
    *ODD_CODING,
    *FOLDED,
    *BARE_LINE_ENDS,
    *COLONS_AND_NAMES,
    *CONTROL,
    *CHUNK_SIZES,
    *CHUNK_EXTENSIONS,
    *TRAILERS,
    *REQUEST_LINE,
    *HOST,
    *LIMITS,
    *CONNECTION,
]

PARAMS = [pytest.param(case, id=case.name) for case in CASES]
"""Every case for a test's parameters."""
