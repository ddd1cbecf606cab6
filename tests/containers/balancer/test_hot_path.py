"""The hot path does in one step what the general way does in many: here both are compared."""

import json

import pytest
from balancer import hot_path
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

token = st.text("abcdefghijklmnopqrstuvwxyz-", min_size=1, max_size=8).map(str.encode)
value = st.text("abc XYZ019;=,\t", max_size=12).map(str.encode)
header = st.tuples(token.map(b"x-".__add__), value)
special = st.sampled_from(
    [(b"Connection", b"close"), (b"Connection", b"x-a"), (b"X-User-Id", b"9"), (b"Expect", b"x")]
)
headers = st.lists(header | special, max_size=4)
target = st.sampled_from(
    [b"/recommend/17?n=10", b"/recommend/%41/x", b"/recommend/", b"/", b"/outcome", b"*", b'/"\\']
)
method = st.sampled_from([b"GET", b"POST", b"HEAD", b"PUT"])
body = st.binary(max_size=30)
versions = st.sampled_from([b"1.1", b"1.1", b"1.1", b"1.0", b"2.0"])


def message(start, fields, payload):
    lines = [*fields, (b"Content-Length", b"%d" % len(payload))] if payload else fields
    return b"\r\n".join([start, *(b"%b: %b" % line for line in lines)]) + b"\r\n\r\n" + payload


requests = st.builds(
    lambda method, target, version, fields, payload: message(
        b"%b %b HTTP/%b" % (method, target, version), [(b"Host", b"lab"), *fields], payload
    ),
    *(method, target, versions, headers, body),
)
answers = st.builds(
    lambda status, fields, payload: message(
        b"HTTP/1.1 %b" % status,
        [*fields, (b"Content-Length", b"0")][: None if not payload else -1],
        payload,
    ),
    st.sampled_from([b"200 OK", b"404 Not Found", b"204 No Content", b"304 Not Modified"]),
    st.lists(header, max_size=3),
    body,
)


def converse(balancer, talks, *, cut):
    """Send requests on one connection, each answered; all that was sent, and the events."""
    log = balancer.event_log.path
    log.write_bytes(b"")
    client, connection = balancer.client(), balancer.idle("a")
    for request, answer in talks:
        for data in _pieces(request, cut=cut):
            client.data_received(data)
            balancer.next_turn()
        if connection.exchange is not None:
            for data in _pieces(answer, cut=cut):
                connection.data_received(data)
        balancer.next_turn()
    events = [json.loads(line) for line in log.read_bytes().splitlines()]
    ids = [event.pop("request_id").encode() for event in events]
    for event in events:
        del event["timestamp"], event["latency_ms"]
    sent = [client.transport.sent, connection.transport.sent]
    for number, id_ in enumerate(ids):
        sent = [each.replace(id_, b"id-%d" % number) for each in sent]
    return *sent, client.transport.aborted, connection.transport.aborted, events


def _pieces(data, *, cut):
    return [data[:1], data[1:]] if cut else [data]


@given(talks=st.lists(st.tuples(requests, answers), min_size=1, max_size=3))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
def test_the_same_bytes_get_the_same_treatment_on_both_ways(make_balancer, talks):
    hot, general = (make_balancer(weights=(1, 0)) for _ in range(2))
    assert converse(hot, talks, cut=False) == converse(general, talks, cut=True)


changing = st.lists(value, min_size=3, max_size=3)


@given(
    before=st.lists(header | special, max_size=2),
    values=st.lists(changing, min_size=2, max_size=4),
    after=st.lists(header | special, max_size=2),
    payload=body,
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
def test_headers_that_change_get_the_same_treatment_on_both_ways(
    make_balancer, before, values, after, payload
):
    talks = [
        (
            message(
                b"POST /recommend/17 HTTP/1.1",
                [
                    *((b"Host", b"lab"), *before),
                    *((b"x-%d" % number, each) for number, each in enumerate(changed)),
                    *after,
                ],
                payload,
            ),
            ANSWER,
        )
        for changed in values
    ]
    hot, general = (make_balancer(weights=(1, 0)) for _ in range(2))
    assert converse(hot, talks, cut=False) == converse(general, talks, cut=True)


def test_a_long_request_line_counts_with_headers_that_are_known(make_balancer):
    balancer = make_balancer(weights=(1, 0))
    client, connection = balancer.client(), balancer.idle("a")
    client.data_received(REQUEST)
    balancer.next_turn()
    connection.data_received(ANSWER)
    balancer.next_turn()
    path = b"/" + balancer.limits.header_bytes * b"x"
    client.data_received(REQUEST.replace(b"/recommend/17", path))
    balancer.next_turn()
    balancer.next_turn()  # what the balancer itself has to say waits for its event, too
    assert b"HTTP/1.1 431 " in client.transport.sent


REQUEST = b"GET /recommend/17 HTTP/1.1\r\nHost: lab\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def test_the_usual_request_goes_the_hot_path(make_balancer, monkeypatch):
    balancer = make_balancer(weights=(1, 0))
    client, connection = balancer.client(), balancer.idle("a")
    for general in (client, connection):
        monkeypatch.setattr(general, "take", None)
    client.data_received(REQUEST)
    balancer.next_turn()
    connection.data_received(ANSWER)
    balancer.next_turn()
    assert client.transport.sent.endswith(b"\r\n\r\nok")
    event = json.loads(balancer.event_log.path.read_bytes())
    assert (event["user_id"], event["variant"], event["backend"]) == ("17", "a", "a:1")


def test_the_first_of_all_requests_has_every_attribute_that_a_later_one_gets(make_balancer):
    balancer = make_balancer(weights=(1, 0))
    client, connection = balancer.client(), balancer.idle("a")
    client.data_received(REQUEST)
    balancer.next_turn()
    exchange = connection.exchange
    connection.data_received(ANSWER)
    balancer.next_turn()
    assert exchange.plain
    assert vars(exchange).keys() == vars(hot_path._first).keys()


@pytest.mark.parametrize("cut", [False, True], ids=["hot", "general"])
def test_several_backends_take_turns_on_both_ways(make_balancer, cut):
    balancer = make_balancer(a=("a:1", "a:2"), weights=(1, 0), backend_strategy="round_robin")
    backends = balancer.variants["a"].backends.values()
    connections = [balancer.idle("a", number) for number in (0, 0, 1, 1)]
    in_flight = []
    for _ in range(4):
        client = balancer.client()
        for data in _pieces(REQUEST, cut=cut):
            client.data_received(data)
            balancer.next_turn()
        in_flight.append([backend.in_flight for backend in backends])
    assert in_flight in ([[1, 0], [1, 1], [2, 1], [2, 2]], [[0, 1], [1, 1], [1, 2], [2, 2]])
    assert [connection.exchange.usual for connection in connections] == [not cut] * 4


def test_no_answer_leaves_before_its_event_is_written(make_balancer):
    balancer = make_balancer(weights=(1, 0))
    client, connection = balancer.client(), balancer.idle("a")
    client.data_received(REQUEST)
    balancer.next_turn()
    connection.data_received(ANSWER)
    assert client.transport.sent == balancer.event_log.path.read_bytes() == b""
    written = []
    append = balancer.event_log.append_all
    balancer.event_log.append_all = lambda lines: (
        written.append(client.transport.sent) or append(lines)
    )
    balancer.next_turn()
    assert written == [b""]
    assert client.transport.sent.endswith(b"\r\n\r\nok")
    assert balancer.event_log.path.read_bytes().count(b"\n") == 1


@pytest.mark.parametrize("recorded", [0, 1])
def test_where_events_find_no_room_the_clients_are_told(make_balancer, recorded):
    balancer = make_balancer(weights=(1, 0))
    balancer.event_log.append_all = lambda lines: (recorded, "No space left on device")
    pairs = [(balancer.client(), balancer.idle("a")) for _ in range(2)]
    for client, _ in pairs:
        client.data_received(REQUEST)
    balancer.next_turn()
    for connection in [each for _, each in reversed(pairs)]:
        connection.data_received(ANSWER)
    balancer.next_turn()
    statuses = sorted(client.transport.sent[9:12] for client, _ in pairs)
    assert statuses == [[b"503", b"503"], [b"200", b"503"]][recorded]
