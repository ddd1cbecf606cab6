import pytest
from balancer.heads import HttpError, request_fields
from balancer.outline import Outline, find_gap
from hypothesis import example, given
from hypothesis import strategies as st

USER_HEADER = b"x-user-id"


def headers(*lines):
    return b"".join(line + b"\r\n" for line in lines) + b"\r\n"


def outline_of(*blocks):
    """The outline of a client that has sent these headers, one after the other."""
    outline = None
    for block in blocks:
        fields = request_fields(block, USER_HEADER)
        gap = outline and find_gap(outline, fields, USER_HEADER)
        outline = Outline(fields, b"10.0.0.1", gap)
    return outline


def filled(outline, block):
    return outline.gap.filled(b"before" + block + b"after", 6, 6 + len(block))


FIRST = headers(b"Host: lab", b"X-A: 1", b"Connection: keep-alive", b"X-B: 1", b"X-C: 1")
SECOND = headers(b"Host: lab", b"X-A: 1", b"Connection: keep-alive", b"X-B: 2", b"X-C: 1")


def test_a_value_that_differed_may_differ_again():
    outline = outline_of(FIRST, SECOND)
    assert filled(outline, SECOND.replace(b"B: 2", b"B: three")) == headers(
        b"Host: lab", b"X-A: 1", b"X-B: three", b"X-C: 1"
    )


def test_the_gap_grows_to_where_headers_have_differed():
    outline = outline_of(FIRST, SECOND, SECOND.replace(b"C: 1", b"C: 2"))
    other = SECOND.replace(b"B: 2", b"B:").replace(b"C: 1", b"C: x")
    assert filled(outline, other) == headers(b"Host: lab", b"X-A: 1", b"X-B:", b"X-C: x")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"X-A: 1", b"X-A: 2"),
        (b"X-C: 1", b"X-D: 1"),
        (b"X-B: 2", b"x-b: 2"),
        (b"X-B: 2", b"Content-Length: 2"),
        (b"X-B: 2", b"X-B: 2\r\nContent-Length: 2"),
        (b"X-B: 2", b"X-B: 2\r\n"),
        (b"X-B: 2", b"X-B: 2\nX-C: 3"),
        (b"X-B: 2", b"X-B: 2\x00"),
        (b"X-B: 2", b"X-B:  2"),
        (b"X-B: 2\r\n", b""),
        (b"Host: lab\r\n", b""),
    ],
)
def test_what_differs_elsewhere_or_may_not_be_there_does_not_fit(old, new):
    outline = outline_of(FIRST, SECOND)
    assert filled(outline, SECOND) is not None
    assert filled(outline, SECOND.replace(old, new)) is None


def test_before_and_after_may_not_share_bytes():
    once, twice = headers(b"Host: lab", b"X: 5"), headers(b"Host: lab", b"X: 5", b"X: 5")
    outline = outline_of(twice, twice.replace(b"X: 5", b"X: 6", 1))
    assert filled(outline, twice) == twice
    assert filled(outline, once) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((b"X-User-Id: 1",), (b"X-User-Id: 2",)),
        ((b"Content-Length: 1",), (b"Content-Length: 2",)),
        ((b"X-A: 1", b"X-User-Id: 1", b"X-B: 1"), (b"X-A: 2", b"X-User-Id: 1", b"X-B: 2")),
        ((b"X-A: 1", b"X-Forwarded-For: x"), (b"X-A: 2", b"X-Forwarded-For: x")),
        ((b"X-A: 1", b"Connection: x-c"), (b"X-A: 2", b"Connection: x-c")),
        ((b"X-A: 1",), (b"X-A: 1", b"X-B: 1")),
        ((b"X-A: 1",), (b"X-B: 1",)),
        ((b"X-A: 1",), (b"X-A:  2",)),
    ],
)
def test_there_is_no_gap_where_more_than_harmless_values_differ(one, other):
    outline = outline_of(headers(b"Host: lab", *one), headers(b"Host: lab", *other))
    assert outline.gap is None


name = st.sampled_from(
    [b"X-A", b"X-B", b"x-a", b"X_A", b"Host", b"Content-Length", b"Connection", b"X-User-Id"]
)
value = st.sampled_from([b" 1", b"1", b" 2", b" a b", b"", b" ", b" keep-alive", b"  1", b" 1 "])
line = st.builds(lambda name, value: name + b":" + value, name, value) | st.sampled_from(
    [b"", b" folded", b"X: a\nY: b", b"X: \x00", b"no colon"]
)
extra = st.lists(line, max_size=4)
block = st.builds(lambda lines: headers(b"Host: lab", *lines), extra)


@given(st.lists(block, min_size=2, max_size=4), block | st.binary(max_size=40))
@example([headers(b"Host: a", b"X-A: 1"), headers(b"Host: a", b"X-A: 2")], headers(b"X-A: 1"))
def test_what_fits_is_understood_as_it_would_be_by_reading_it(seen, block):
    try:
        outline = outline_of(*seen)
    except HttpError:
        return
    if outline.gap is None or (forwarded := filled(outline, block)) is None:
        return
    fields = request_fields(block, USER_HEADER)
    assert forwarded == fields.lines + b"\r\n"
    assert (fields.content_length, fields.usual, fields.user, fields.forwarded_for) == (
        outline.content_length,
        outline.usual,
        outline.user,
        b"",
    )
