"""The same bytes through HAProxy: the same understanding, or a stricter one with a reason.

What is compared is what reaches the backend. HAProxy's own statuses and ours differ in places,
and nobody is attacked by that.
"""

import pytest

from tests.attacks.cases import AFTER, CHUNKED, HOST, head
from tests.attacks.more_cases import CASES, PARAMS
from tests.attacks.test_smuggling import some_cuts
from tests.attacks.wire import Unreadable

pytestmark = pytest.mark.needs("haproxy")

NOT_HTTP = ("forwarded", "what h11 does not take for HTTP", b"")
"""Stands for bytes that a proxy let through and a careful backend cannot read."""

_STRICTER = {
    "a length beside a coding has no good reading, and RFC 9112, section 6.1, allows to refuse; "
    "HAProxy drops the length, which is right as long as nobody before it did the opposite": [
        "length and coding: length_first",
        "length and coding: coding_first",
        "length and coding: length_fits",
        "length and coding: length_zero",
        "length and coding: other_case",
        "length and coding: hidden_by_connection",
    ],
    "HTTP/1.0 knows no chunks: whoever sends them is confused, or means harm": [
        "length and coding: http_1_0",
        "odd coding: http_1_0",
    ],
    "two lengths, even of one value, are the work of somebody who joined two messages": [
        "doubled length: same",
        "doubled length: listed",
    ],
    "a Transfer-Encoding that is not the one word is refused; HAProxy reads it as a list": [
        "odd coding: tab_behind",
        "odd coding: trailing_comma",
    ],
    "a folded line is obsolete since 2014, and a space before a colon was never allowed (RFC 9112, "
    "sections 5.1 and 5.2); HAProxy unfolds the one, and looks at no trailer for the other": [
        "odd coding: space_before_name",
        "folded lines: value",
        "folded lines: value_tab",
        "folded lines: length",
        "folded lines: coding",
        "folded lines: coding_tab",
        "folded lines: only_space",
        "folded lines: last_line",
        "trailers: folded",
        "trailers: space_before_colon",
    ],
    "a bare LF may end a line by RFC 9112, section 2.2; whoever does not agree is smuggled past": [
        "odd coding: behind_bare_lf",
        "bare line ends: lf_all",
        "bare line ends: lf_request_line",
        "bare line ends: lf_header",
        "bare line ends: lf_end",
        "bare line ends: lf_end_twice",
        "bare line ends: lf_first",
        "chunk sizes: lf",
        "chunk sizes: lf_after_data",
        "chunk sizes: lf_at_end",
        "chunk extensions: lf",
        "chunk extensions: last_lf",
        "trailers: lf",
    ],
    "an empty line before a request is refused: RFC 9112, section 2.2, says it should be ignored, "
    "for clients of the nineties, and surplus bytes are how smuggling starts": [
        "connection: a line too many between requests",
    ],
    "control characters are not for header lines (RFC 9110, section 5.5); HAProxy forwards them": [
        "control characters: null_in_value",
        "control characters: null_alone",
        "control characters: null_in_host",
        "control characters: bell",
        "control characters: backspace",
        "control characters: escape",
        "control characters: delete",
        "control characters: vertical_tab",
        "control characters: form_feed",
        "chunk extensions: null",
        "trailers: null",
    ],
    "a chunk's size is digits and no space, and 15 of them are enough": [
        "chunk sizes: many_zeros",
        "chunk sizes: space_behind",
        "chunk sizes: tab_behind",
    ],
    "the limit on a body is ours": [
        "odd length: largest",
        "chunk sizes: too_much",
        "chunk sizes: too_much_in_pieces",
    ],
    "HAProxy counts a head's bytes as it keeps them, not as they came": ["limits: one_byte"],
    "this is no forward proxy": [
        "request line: absolute",
        "request line: authority",
    ],
    "a request line has one space between its parts": [
        "request line: two_spaces",
        "request line: two_spaces_later",
        "request line: tab",
    ],
    "methods are capitals and dashes here; any token is one in RFC 9110": [
        "request line: lower_case_method",
        "connection: a body, then one byte too many",
    ],
    "HTTP/1.1 requires one Host: HAProxy lets none pass, and two that are equal": [
        "request line: no_host",
        "request line: two_hosts",
    ],
    "only HTTP/1.0 and HTTP/1.1 are spoken here; HAProxy takes the line and answers as 1.1": [
        "request line: http_1_2",
        "request line: http_2",
    ],
    "an Expect that nobody here can meet is said so with 417": [
        "connection: expects_more",
        "connection: expects_twice",
    ],
    "Upgrade is refused with 501; HAProxy forwards it where it may": [
        "connection: upgrade_h2c",
        "connection: upgrade_alone",
        "connection: upgrade_with_body",
    ],
    "a Host that is no host: RFC 9112, section 3.2, wants a 400; HAProxy passes it on": [
        each.name for each in HOST if each.refusal
    ],
}
STRICTER = {name: why for why, names in _STRICTER.items() for name in names}
"""What HAProxy forwards and we refuse, and why."""

OTHERWISE = {
    "trailers: coding": "HAProxy refuses it; here no trailer goes any further, whatever it says",
    "limits: many_small": "HAProxy counts header lines (101), here their bytes are counted",
}
"""What we forward and HAProxy refuses, and why."""


def understood(proxy, backend, data, cuts=()):
    """What reaches the backend whole, of one connection that sends these bytes."""
    backend.clear()
    proxy.talk(data, cuts)
    found = []
    for link in backend.links:
        try:
            found += [request.what for request in link.requests()]
        except Unreadable as unreadable:
            found += [*(request.what for request in unreadable.before), NOT_HTTP]
    return found


def compare(case, ours, theirs):
    if case.name in OTHERWISE:
        ours, theirs = theirs, ours
    stricter = case.name in STRICTER or case.name in OTHERWISE
    assert ours == theirs or (stricter and ours == theirs[: len(ours)])


@pytest.mark.parametrize("case", PARAMS)
def test_we_understand_what_haproxy_does_or_refuse(
    balancer, backend, haproxy, haproxy_backend, case
):
    ours = understood(balancer, backend, case.data + AFTER)
    compare(case, ours, understood(haproxy, haproxy_backend, case.data + AFTER))


@pytest.mark.parametrize("case", PARAMS)
def test_and_so_in_pieces_behind_another_request(balancer, backend, haproxy, haproxy_backend, case):
    before = head(CHUNKED, start=b"PUT /before HTTP/1.1") + b"3\r\none\r\n0\r\n\r\n"
    for cuts in list(some_cuts(case))[:2]:
        data = before + case.data + AFTER
        cuts = [len(before) + cut for cut in cuts]
        ours = understood(balancer, backend, data, cuts)
        compare(case, ours, understood(haproxy, haproxy_backend, data, cuts))


def test_every_reason_is_for_a_case_of_the_table():
    assert (STRICTER | OTHERWISE).keys() <= {case.name for case in CASES}
