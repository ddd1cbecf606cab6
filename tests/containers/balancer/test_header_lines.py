import httptools
import pytest
from balancer import header_lines
from balancer.header_lines import (
    HARMLESS,
    HOST,
    OTHER,
    REQUEST_OWN,
    RESPONSE_KINDS,
    request_kinds,
)
from hypothesis import example, given
from hypothesis import strategies as st

token = st.text("abcXYZ019-_!~", min_size=1).map(str.encode)
value = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f")).map(
    lambda text: text.encode("latin-1")
)


class Reported:
    """The headers that llhttp reports."""

    def __init__(self):
        self.headers = []

    def on_header(self, name, value):
        self.headers.append((name, value))


nearly_a_header = st.builds(
    lambda name, colon, value: name + colon + value,
    *(st.binary(max_size=3) | token, st.sampled_from([b":", b": ", b":  ", b" :", b""])),
    st.binary(max_size=8) | value,
)


@given(nearly_a_header)
@example(b"X: a\nY: b")
@example(b"X: \x00")
@example(b" folded: 1")
@example(b"Content-Length: 1")
def test_what_passes_for_harmless_is_read_by_llhttp_just_the_same(line):
    kind = request_kinds(b"x-user-id")[line]
    assert kind == RESPONSE_KINDS[line] or kind in (HOST, OTHER)
    if kind == OTHER:
        return  # llhttp itself decides
    reported = Reported()
    httptools.HttpRequestParser(reported).feed_data(b"GET / HTTP/1.1\r\n" + line + b"\r\n\r\n")
    ((name, value),) = reported.headers
    assert name == line.partition(b":")[0]
    assert value.strip() == line.partition(b":")[2].strip()


@pytest.mark.parametrize("name", sorted(REQUEST_OWN))
def test_no_header_that_has_a_meaning_passes_for_harmless(name):
    for spelt in (name, name.upper(), name.title()):
        kind = request_kinds(b"x-user-id")[spelt + b": 1"]
        assert kind != HARMLESS


def test_lines_are_not_remembered_without_end():
    for number in range(3 * header_lines._LINES_REMEMBERED):
        RESPONSE_KINDS[b"X-Number: %d" % number]
    assert len(RESPONSE_KINDS) <= header_lines._LINES_REMEMBERED


def test_names_are_not_remembered_without_end():
    for number in range(3 * header_lines._NAMES_REMEMBERED):
        RESPONSE_KINDS[b"X-Number-%d: 1" % number]
    assert len(RESPONSE_KINDS._names) <= header_lines._NAMES_REMEMBERED


@pytest.mark.parametrize(
    "line", [b"X_User_Id: 1", b"x-user_id:1", b"Content_Length: 5", b"HOST_: x"]
)
def test_a_name_that_some_take_for_one_of_ours_is_not_harmless(line):
    harmless = request_kinds(b"x-user-id")[line] == HARMLESS
    assert harmless == line.startswith(b"HOST_")
