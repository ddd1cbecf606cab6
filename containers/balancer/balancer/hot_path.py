"""The hot path: what happens to nearly every request, written flat, for speed.

A request that arrives in one piece, for a variant with a healthy backend and a connection that is
free; an answer that arrives in one piece. That is 99 in 100 requests. For them, the steps that
client_side.py, forward.py, exchange.py and backend_side.py take one by one, each in a function with
a name, are taken here in three long loops. Whatever is out of the ordinary is left, with nothing
done, to the general way (`client.take`, `connection.take`). A test sends the same bytes both ways
and demands the same of both, byte for byte.

Why: the kernel needs 12 microseconds for a request (four system calls on TCP sockets), HAProxy some
4 for the rest, and Python 0.06 for calling a function and 0.02 for reading an attribute. The loops
take 5.1 in all; 7.4 if the user has never come and one header is new. Without one of the tricks
they would take more, by so many microseconds a request (`./lab bench hot_path`, a browser's
request, CPython 3.11):

                                                                                known     new
    flat loops, names looked up once a batch, instead of forty small functions   13.6    14.9
    headers like the same client's last are not parsed again                     17.4    16.5
    ... nor are those that differ in a harmless value read again (outline.py)     -       4.4
    an answer's head like the same connection's last, likewise                    5.8     5.9
    a user's variant is remembered instead of hashed (choosers.py)                1.7     0.2
    a request's attributes are in an array (see `_first`)                         0.3     0.5
    group commit: one write to the log for all answers of a turn                  0.8     0.9

Three more save what that benchmark cannot tell apart, or cannot see, as it has no sockets. What has
arrived is sent on in slices, with ours in between; it is not written anew, and a value that only
the general way would ask for, as `Forwarded.request`, is not made. What arrives in a turn of the
loop is read first and understood afterwards, in one go, when the processor still has in its caches
what it needs for that. And a deadline is a number that somebody looks at now and then, not a timer
that has to be made and cancelled.

Nothing here loosens a rule: what is remembered is found again by its exact bytes, or differs in
values that were looked through, and was parsed strictly (heads.py).
"""

from __future__ import annotations

from bisect import bisect_left
from json.encoder import encode_basestring_ascii as quoted
from time import monotonic
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from balancer.client_side import BULK_BYTES
from balancer.event_log import now
from balancer.forward import Forwarded
from balancer.heads import (
    END_OF_HEAD,
    USUAL_LINE,
    HttpError,
    ProtocolError,
    parse_response,
    request_fields,
)
from balancer.metrics import BUCKETS_S
from balancer.outline import AnswerOutline, Outline, find_gap

if TYPE_CHECKING:
    from collections.abc import Iterable

    from balancer.backend_side import BackendConnection
    from balancer.balancer import Balancer
    from balancer.client_side import ClientConnection

_new_exchange = Forwarded.__new__  # its __init__ is written out below
# CPython keeps attributes in an array, in the order in which a class's first instances set them;
# what comes too late gets a dict, for each instance. So the very first sets all there will be.
_first = _new_exchange(Forwarded)
for _attribute in (
    *("balancer", "client", "head", "method", "target", "started", "request_id", "user_id"),
    *("variant", "backend", "connection", "holding", "usual", "concluded", "plain", "status"),
):
    setattr(_first, _attribute, None)


def take_requests(balancer: Balancer, arrived: Iterable[tuple[ClientConnection, bytes]]) -> None:
    """Forward what has arrived from clients in one turn of the loop."""
    started = monotonic()
    limits, draining = balancer.limits, balancer.draining
    header_bytes, deadline = limits.header_bytes, started + limits.backend_response_s
    prefix, user_header = balancer.settings.user.path_prefix, balancer.user_header
    id_prefix, numbers = balancer.id_prefix, balancer.numbers
    variants, choose_variant = balancer.variants, balancer.choose_variant
    for client, data in arrived:
        line = USUAL_LINE.match(data)
        # Not at the beginning of a request, or not of a usual one.
        if line is None or not client.ready or client.unread:
            client.take(data)
            continue
        start = line.end()
        # What the backend gets for the headers, if they are like the last.
        outline, headers = client.outline, None
        if outline.gap is not None:
            size = len(data) - outline.content_length
            headers = outline.gap.filled(data, start, size)
        elif data.startswith(outline.block, start):
            size = start + len(outline.block)
            headers = outline.forwarded
        if headers is None:
            size = data.find(END_OF_HEAD, start - 2) + 4
            if not 4 <= size <= header_bytes:
                client.take(data)
                continue
            try:
                fields = request_fields(data[start:size], user_header)
            except HttpError as error:
                client.refuse(error)
                continue
            gap = find_gap(outline, fields, user_header)
            outline = client.outline = Outline(fields, client.peer, gap)
            outline.usual &= fields.content_length <= limits.body_bytes
            headers = outline.forwarded
        method, target_bytes = line.groups()
        target = target_bytes.decode()
        # Not the whole, or more than one; or it needs a second look: chunks, Connection: close, ...
        if (
            len(data) != size + outline.content_length
            or not outline.usual
            or len(data) > BULK_BYTES
            or size > header_bytes
            or target.startswith("/outcome")
            or draining
        ):
            client.take(data)
            continue
        # Whose is it? See forward.user_of.
        user = None
        if target.startswith(prefix):
            user = target[len(prefix) :]
            if not user.isalnum():
                if "?" in user or "/" in user:
                    user = user.partition("?")[0].partition("/")[0]
                if "%" in user:
                    user = unquote(user)
        user = user or outline.user or None
        request_id = f"{id_prefix}-{next(numbers)}"
        variant = choose_variant(user or request_id)

        exchange = _new_exchange(Forwarded)
        exchange.balancer = balancer
        exchange.client = client
        exchange.head = data[:size]
        exchange.method = method
        exchange.target = target
        exchange.started = started
        exchange.request_id = request_id
        exchange.user_id = user
        exchange.variant = variant
        client.exchange = exchange
        client.ready = False
        client.deadline = deadline
        backend = variants[variant].only or variants[variant].choose()
        if backend is None or not (idle := backend.idle) or method == b"HEAD":
            exchange.dispatch(data[size:], backend)
            continue
        exchange.backend = backend
        exchange.connection = connection = idle.pop()
        exchange.holding = exchange.usual = True
        backend.in_flight += 1
        connection.exchange = exchange
        id_bytes = request_id.encode()
        parts = data[:start], b"X-Request-Id: ", id_bytes, outline.via, headers, data[size:]
        write = connection.write
        write(b"".join(parts))


def take_answers(balancer: Balancer, arrived: Iterable[tuple[BackendConnection, bytes]]) -> None:
    """Take in what has arrived from backends in one turn of the loop; `commit` lets it go."""
    concluded, draining = balancer.concluded, balancer.draining
    for connection, data in arrived:
        exchange = connection.exchange
        if exchange is None or not exchange.usual or len(data) > BULK_BYTES:
            connection.take(data)
            continue
        outline = connection.outline
        if outline is None or not data.startswith(outline.block):
            size = data.find(END_OF_HEAD) + 4
            if not 4 <= size <= connection.backend.header_bytes:
                connection.take(data)
                continue
            block = data[:size]
            try:
                outline = connection.outline = AnswerOutline(block, parse_response(block))
            except ProtocolError as error:
                connection.fail(error)
                continue
        size = len(outline.block)
        backend = connection.backend
        idle = backend.idle
        if len(data) - size != outline.length or len(idle) >= backend.most_idle or draining:
            connection.take(data)
            continue
        # First the connection, then the answer: with it the client's next request may start.
        connection.exchange = exchange.connection = None
        connection.used = True
        idle.append(connection)
        backend.failures = 0
        backend.in_flight -= 1
        exchange.holding = False
        exchange.concluded = exchange.plain = True
        exchange.status = outline.status
        parts = outline.lines, backend.header, exchange.request_id.encode(), data[size - 4 :]
        concluded.append((exchange, b"".join(parts)))


def commit(balancer: Balancer) -> None:
    """Write the events of all answers that came to their end in this turn of the loop.

    Then, and only then, let the answers go. Databases call it group commit: the system call is
    shared by all who wait for it.
    """
    concluded, balancer.concluded = balancer.concluded, []
    exchange: Any  # if it is plain, it is Forwarded, and has a backend
    timestamp, moment = now(), monotonic()
    lines = []
    started, status, end_of_line = 0.0, 0, ""
    for exchange, _ in concluded:
        if not exchange.plain:
            lines.append(exchange.event(timestamp, moment))
            continue
        # What arrived in the same turn has taken as long: mostly that is said once for many.
        if exchange.started is not started or exchange.status != status:
            started, status = exchange.started, exchange.status
            end_of_line = f'"status":{status},"latency_ms":{(moment - started) * 1000:.3f}}}\n'
        user, place = exchange.user_id, exchange.backend.place
        # json.dumps would build a dict and walk it, for 4 microseconds.
        lines.append(
            f'{{"event":"request","request_id":"{exchange.request_id}","timestamp":"{timestamp}",'
            f'"user_id":{"null" if user is None else quoted(user)},{place},'
            f'"method":"{exchange.method.decode()}","path":{quoted(exchange.target)},{end_of_line}'
        )
    recorded, problem = balancer.event_log.append_all(lines)
    draining, idle_until = balancer.draining, moment + balancer.limits.client_idle_s
    started = latency_s = 0.0
    bucket = 0
    for exchange, last in concluded[:recorded]:
        client = exchange.client
        if not exchange.plain or client.unread or client.exchange is not exchange or draining:
            exchange.count(moment)
            client.finish(exchange, last, moment)
            continue
        backend = exchange.backend
        tally = backend.tally
        if exchange.started is not started:
            started = exchange.started
            latency_s = moment - started
            bucket = bisect_left(BUCKETS_S, latency_s)
        tally.answers[exchange.status // 100] += 1
        tally.buckets[bucket] += 1
        tally.latency_sum_s += latency_s
        client.exchange = None
        client.ready = True
        client.deadline = idle_until
        send = client.send
        send(last)
    for exchange, _ in concluded[recorded:]:
        exchange.unrecorded(problem, moment)
        exchange.count(moment)
