import io

from rich.console import Console

from benchmarks.balancer.load import ONE, PLAIN
from benchmarks.balancer.results import Figures
from benchmarks.balancer.table import table

TITLES = {"sticky": "ours", "haproxy": "HAProxy"}


def row(peer, shape, *, added_ms, errors=0):
    return Figures(peer, shape, 12_345, 1, 2, 20, 0.9, 0.08, 0.75, added_ms, errors)


def shown(shape, rows):
    console = Console(file=io.StringIO(), width=150)
    console.print(table(shape, rows, TITLES))
    return console.file.getvalue()


def test_only_the_rows_of_the_load_are_shown():
    text = shown(PLAIN, [row("sticky", "plain", added_ms=0.1), row("haproxy", "one", added_ms=1)])
    assert "12,345" in text
    assert "HAProxy" not in text


def test_at_one_connection_the_added_latency_is_in_haproxy_s_units():
    text = shown(ONE, [row("sticky", "one", added_ms=0.13), row("haproxy", "one", added_ms=0.1)])
    assert "1.30" in text


def test_errors_are_said_beside_the_name():
    assert "ours (7 errors)" in shown(PLAIN, [row("sticky", "plain", added_ms=0, errors=7)])
