import itertools

import httptools
import pytest
from balancer.bodies import LAST_CHUNK, Chunked, Length, UntilClose, chunk, response_body
from balancer.heads import ProtocolError, parse_response
from hypothesis import example, given
from hypothesis import strategies as st


def feed(body, pieces):
    """Everything that came out: payload and surplus."""
    payload = rest = b""
    for piece in pieces:
        if body.done:
            rest += piece
            continue
        new, rest = body.feed(piece)
        payload += new
    return payload, rest


def cut(data, places):
    places = sorted({place % (len(data) + 1) for place in places} | {0, len(data)})
    return [data[a:b] for a, b in itertools.pairwise(places)]


cuts = st.lists(st.integers(0, 10_000), max_size=8)


@given(st.binary(), st.binary(), cuts)
def test_length_ends_where_it_said_however_the_bytes_are_cut(payload, surplus, places):
    body = Length(len(payload))
    assert feed(body, cut(payload + surplus, places)) == (payload, surplus)
    assert body.done


@given(st.lists(st.binary(min_size=1)), st.binary(), cuts)
def test_chunks_come_out_whole_however_they_are_cut(payloads, surplus, places):
    body = Chunked()
    stream = b"".join(map(chunk, payloads)) + LAST_CHUNK + surplus
    assert feed(body, cut(stream, places)) == (b"".join(payloads), surplus)
    assert body.done


def test_extensions_and_trailers_are_left_out():
    body = Chunked()
    stream = b"3;name=value\r\nabc\r\n0\r\nX-Variant: forged\r\n\r\nnext"
    assert body.feed(stream) == (b"abc", b"next")


@pytest.mark.parametrize(
    "stream",
    [
        b"xyz\r\n",
        b"-1\r\n",
        b"+1\r\na\r\n",
        b"0x1\r\na\r\n",
        b"1_0\r\n",
        b" 1\r\na\r\n",
        b"1 \r\na\r\n",
        b"1\na\r\n",
        b"\r\n",
        b"1;a\x00b\r\na\r\n",
        b"1;a\nb\r\na\r\n",
        b"ffffffffffffffff1\r\n",
        b"3\r\nabcd\r\n",
        b"3\r\nabc\n0\r\n\r\n",
        b"0\r\nno colon\r\n\r\n",
        b"0\r\nspace : a\r\n\r\n",
        b"0\r\n folded\r\n\r\n",
        b"1;" + b"x" * 5000,
        b"0\r\n" + b"a: b\r\n" * 5000,
    ],
)
def test_chunks_outside_the_grammar_are_refused(stream):
    with pytest.raises(ProtocolError):
        Chunked().feed(stream)


class Llhttp:
    """What httptools makes of the same chunks."""

    def __init__(self, stream):
        self.payload, self.done = b"", False
        parser = httptools.HttpRequestParser(self)
        parser.feed_data(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + stream)

    def on_body(self, data):
        self.payload += data

    def on_message_complete(self):
        self.done = True


@given(
    st.lists(st.sampled_from([b"0", b"1", b"a", b"\r\n", b"\n", b"\r", b";", b" ", b":", b"3\r\n"]))
)
@example([b"1", b"\r\n", b"a", b"\r\n", b"0", b"\r\n", b"\r\n"])
def test_no_chunks_are_accepted_that_llhttp_refuses_or_reads_differently(parts):
    stream, body = b"".join(parts), Chunked()
    try:
        payload, rest = body.feed(stream)
    except ProtocolError:
        return  # stricter is allowed
    if body.done:
        stream = stream[: len(stream) - len(rest)]
        theirs = Llhttp(stream)
        assert (theirs.payload, theirs.done) == (payload, True)


def response(head, method="GET"):
    return response_body(parse_response(b"HTTP/1.1 " + head + b"\r\n\r\n"), method)


@pytest.mark.parametrize(
    ("head", "method"),
    [
        (b"200 OK\r\nContent-Length: 5", "HEAD"),
        (b"204 No Content", "GET"),
        (b"304 Not Modified\r\nContent-Length: 5", "GET"),
        (b"200 OK\r\nContent-Length: 0", "GET"),
    ],
)
def test_some_responses_have_no_body_whatever_their_head_says(head, method):
    assert response(head, method).done


def test_a_response_that_announces_no_end_lasts_until_the_connection_closes():
    assert isinstance(response(b"200 OK"), UntilClose)


def test_chunk_extensions_do_not_go_on_without_end():
    chunks = b"1;%b\r\nx\r\n" % (b"e" * 1000) * 100
    with pytest.raises(ProtocolError, match="too many chunk extensions"):
        Chunked().feed(chunks)
