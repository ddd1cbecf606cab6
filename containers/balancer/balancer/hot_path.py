"""The hot path: what happens to nearly every request, written flat, for speed.

A request that arrives in one piece, for a variant with a healthy backend and a connection that is
free; an answer that arrives in one piece. That is 99 in 100 requests, and for them the steps that
client_side.py, forward.py, exchange.py and backend_side.py take one by one, each in a function with
a name, are taken here in three long functions. Whatever is out of the ordinary makes them return
False, with nothing done, and goes the general way. A test sends the same bytes both ways and
demands the same of both, byte for byte.

Why: the kernel needs 12 microseconds for a request (four system calls on TCP sockets), HAProxy 3
for the rest, and Python 0.06 for calling a function, 0.02 for reading an attribute. What is saved,
in microseconds a request, as measured one by one on CPython 3.11:

    no function calls, flat functions instead of 30 small ones    2.0
    headers like the last request's are not parsed again          2.9  (8 for a browser's)
    an answer's head like the last one's, likewise                3.5
    a user's variant is remembered, not hashed again              2.0
    group commit: one write to the log for a turn of the loop     1.2
    one clock reading and date for all events of a turn           0.5
    no question to the kernel whether a connection is silent      0.6
    deadlines are numbers that somebody looks at, not timers      0.8

Nothing here loosens a rule: what is remembered is remembered by its exact bytes, after they were
parsed strictly (heads.py).
"""

from __future__ import annotations

from bisect import bisect_left
from json.encoder import encode_basestring_ascii as quoted
from time import monotonic
from typing import TYPE_CHECKING, Any

from balancer.event_log import now
from balancer.forward import Forwarded, user_of
from balancer.heads import END_OF_HEAD, REQUEST_LINE, RequestHead, parse_response, request_fields
from balancer.metrics import BUCKETS_S

if TYPE_CHECKING:
    from balancer.backend_side import BackendConnection
    from balancer.balancer import Balancer
    from balancer.client_side import ClientConnection

_new_head = tuple.__new__  # RequestHead(...) is a function in Python around this
_new_exchange = Forwarded.__new__  # its __init__ is written out below


def take_request(balancer: Balancer, client: ClientConnection, data: bytes) -> bool:
    """Forward a request that is all of what has arrived.

    Args:
        balancer: behind the port.
        client: which is waiting for nothing, with nothing unread before `data`.
        data: as it came.

    Returns:
        Whether it is on its way; if not, nothing has happened.

    Raises:
        HttpError: the headers are refused.
    """
    line = REQUEST_LINE.match(data)
    if line is None or line[4] != b"1.1":
        return False
    start = line.end()
    fields = client.known
    if fields is None or not data.startswith(fields.block, start):
        end = data.find(END_OF_HEAD, start - 2)
        if not 0 <= end <= balancer.limits.header_bytes - 4:
            return False
        fields = client.known = request_fields(data[start : end + 4], balancer.user_header)
    length, limits = fields.content_length, balancer.limits
    size = start + len(fields.block)
    # Not the whole, or more than one; and what needs a second look: chunks, Connection: close ...
    if len(data) != size + length or not fields.usual or length > limits.body_bytes:
        return False
    target = line[3].decode()
    if target.startswith("/outcome") or balancer.draining:
        return False

    exchange = _new_exchange(Forwarded)
    exchange.balancer = balancer
    exchange.client = client
    exchange.request = request = _new_head(
        RequestHead, (line[1], line[2].decode(), target, True, fields)
    )
    exchange.started = started = monotonic()
    exchange.request_id = request_id = balancer.next_id()
    exchange.user_id = user = user_of(request, balancer.settings.user)
    exchange.variant = variant = balancer.choose_variant(user or request_id)
    exchange.complete = True
    client.exchange = exchange
    client.deadline = started + limits.backend_response_s
    backend = balancer.variants[variant].only
    if backend is None or not backend.idle or request.method == "HEAD":
        exchange.dispatch(data[size:])
        return True
    exchange.backend = backend
    exchange.connection = connection = backend.idle.pop()
    exchange.holding = exchange.usual = True
    backend.in_flight += 1
    connection.exchange = exchange
    connection.turn = balancer.turn
    if not balancer.turning:
        balancer.turn_soon()
    connection.write(
        b"%b HTTP/1.1\r\nX-Request-Id: %b\r\nX-Forwarded-For: %b%b\r\n%b\r\n%b"
        % (
            line[1],
            request_id.encode(),
            fields.forwarded_for,
            client.peer,
            fields.lines,
            data[size:],
        )
    )
    return True


def take_answer(connection: BackendConnection, exchange: Forwarded, data: bytes) -> bool:
    """Pass on an answer that is all of what has arrived, once its event is in the log.

    Args:
        connection: which has sent nothing of the answer before.
        exchange: which waits for it.
        data: as it came.

    Returns:
        Whether that is done; if not, nothing has happened.

    Raises:
        ProtocolError: the answer's head makes no sense.
    """
    head, size = connection.known, len(connection.known_bytes)
    if head is None or not data.startswith(connection.known_bytes):
        size = data.find(END_OF_HEAD) + 4
        if not 4 <= size <= connection.backend.header_bytes:
            return False
        connection.known_bytes = data[:size]
        head = connection.known = parse_response(connection.known_bytes)
    if len(data) - size != head.plain_length or not exchange.usual:
        return False
    backend, balancer, idle = connection.backend, exchange.balancer, connection.backend.idle
    if len(idle) >= backend.most_idle or not head.keep_alive or balancer.draining:
        return False
    # First the connection, then the answer: with it the client's next request may start.
    connection.exchange = exchange.connection = None
    connection.used = True
    idle.append(connection)
    backend.failures = 0
    backend.in_flight -= 1
    exchange.holding = False
    exchange.concluded = exchange.plain = True
    exchange.status = head.status
    balancer.concluded.append(
        (
            exchange,
            b"%b%b%b\r\n\r\n%b"
            % (head.lines, backend.header, exchange.request_id.encode(), data[size:]),
        )
    )
    if not balancer.turning:
        balancer.turn_soon()
    return True


def commit(balancer: Balancer) -> None:
    """Write the events of all answers that came to their end in this turn of the loop.

    Then, and only then, let the answers go. Databases call it group commit: the system call is
    shared by all who wait for it.
    """
    concluded, balancer.concluded = balancer.concluded, []
    backend: Any  # of an exchange that went the hot path: there is one
    timestamp, moment = now(), monotonic()
    lines = []
    for exchange, _ in concluded:
        if not exchange.plain:
            lines.append(exchange.event(timestamp, moment))
            continue
        request, user, backend = exchange.request, exchange.user_id, exchange.backend
        # json.dumps would build a dict and walk it, for 4 microseconds.
        lines.append(
            f'{{"event":"request","request_id":"{exchange.request_id}","timestamp":"{timestamp}",'
            f'"user_id":{"null" if user is None else quoted(user)},{backend.place},'
            f'"method":"{request.method}","path":{quoted(request.target)},'
            f'"status":{exchange.status},"latency_ms":{(moment - exchange.started) * 1000:.3f}}}\n'
        )
    recorded, problem = balancer.event_log.append_all(lines)
    draining, idle_until = balancer.draining, moment + balancer.limits.client_idle_s
    for exchange, last in concluded[:recorded]:
        client = exchange.client
        if not exchange.plain or client.unread or client.exchange is not exchange or draining:
            exchange.count(moment)
            client.finish(exchange, last, moment)
            continue
        backend = exchange.backend
        tally = backend.tally
        latency_s = moment - exchange.started
        tally.answers[exchange.status // 100] += 1
        tally.buckets[bisect_left(BUCKETS_S, latency_s)] += 1
        tally.latency_sum_s += latency_s
        client.exchange = None
        client.deadline = idle_until
        client.send(last)
    for exchange, _ in concluded[recorded:]:
        exchange.unrecorded(problem, moment)
        exchange.count(moment)
