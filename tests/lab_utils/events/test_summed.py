"""Sums per user come to what tables of rows come to, whatever is in the log."""

import json
import random
import re
import tempfile
from dataclasses import replace
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab_utils import events
from lab_utils.errors import LabError
from lab_utils.events import clean, summed
from lab_utils.experiment import (
    BadArgument,
    Experiment,
    Mean,
    Proportion,
    Quantile,
    Rate,
    Ratio,
    metrics,
)

PLAN = {"a": 0.7, "b": 0.3}
DIRT = (
    "torn outcome",
    "torn request",
    "no outcome",
    "outcome twice",
    "outcome of nobody",
    "outcome of the other variant",
    "outcome of another user",
    "outcome before its request",
    "request twice",
    "request twice, by another",
    "mixed",
    "unknown variant",
    "no variant",
    "no user",
    "failed",
    "refused",
    "stand-in",
    "other path",
    "bad time",
    "late",
    "unknown event",
    "empty line",
    "text for a number",
    "number for a text",
    "escaped",
    "no text",
    "an amount",
    "true",
    "windows",
    "spaced",
    "unknown field",
)


def visit(rng, number, users):
    user = rng.randrange(users)
    variant = "b" if random.Random(user).random() < PLAN["b"] else "a"
    time = f"2026-03-01T{number // 3600:02d}:{number // 60 % 60:02d}:{number % 60:02d}.000000Z"
    shared = {"request_id": f"5f-{number}", "timestamp": time, "user_id": str(user)}
    request = {
        "event": "request",
        **shared,
        "variant": variant,
        "backend": f"{variant}1",
        "method": "GET",
        "path": f"/recommend/{user}?n=10",
        "status": 200,
        "latency_ms": round(rng.lognormvariate(3, 1), 3),
    }
    outcome = {"event": "outcome", **shared, "variant": variant, "outcome": rng.randrange(2)}
    return request, outcome


def line(event):
    text = json.dumps(event, separators=(",", ":"))
    # three decimals, as the balancer writes them
    return re.sub(r"(?<=\"latency_ms\":)[\d.]+", lambda ms: f"{float(ms[0]):.3f}", text).encode()


def spoilt(rng, dirt, request, outcome):
    """The lines of one visit with something wrong about it."""
    r, o = line(request), line(outcome)
    other = "b" if request["variant"] == "a" else "a"
    both = lambda **new: [line({**request, **new}), line({**outcome, **new})]  # noqa: E731
    match dirt:
        case "torn outcome":
            return [r, o[: rng.randrange(len(o))]]
        case "torn request":
            return [r[: rng.randrange(len(r))], o]
        case "no outcome":
            return [r]
        case "outcome twice":
            return [r, o, line({**outcome, "outcome": 1 - outcome["outcome"]})]
        case "outcome of nobody":
            return [r, o, line({**outcome, "request_id": "nobody"})]
        case "outcome of the other variant":
            return [r, line({**outcome, "variant": other})]
        case "outcome of another user":
            return [r, line({**outcome, "user_id": "0"})]
        case "outcome before its request":
            return [o, r]
        case "request twice":
            return [r, o, r, *rng.choice([[o], []])]
        case "request twice, by another":
            return [r, o, line({**request, "user_id": "0", "latency_ms": 1})]
        case "mixed":
            return both(variant=other)
        case "unknown variant":
            return both(variant="c")
        case "no variant":
            return both(variant=None)
        case "no user":
            return both(user_id=None)
        case "failed" | "refused":
            return [line({**request, "status": 502 if dirt == "failed" else 404})]
        case "stand-in":
            return [line({**request, "failover": other, "retried_from": "b1"}), o]
        case "other path":
            return [line({**request, "path": "/healthz"}), *rng.choice([[o], []])]
        case "bad time":
            return both(timestamp=rng.choice(["now", "2026-02-30T00:00:00Z", "2026-03-01 9 h"]))
        case "late":
            return both(timestamp=rng.choice(["2025-01-01", "2026-03-01T23:59:59+05:00"]))
        case "unknown event":
            return [r, o, line({"event": "weights", "a": 1})]
        case "empty line":
            return [r, b"", o, b"  "]
        case "text for a number":
            return [line({**request, "latency_ms": "4.5"}), line({**outcome, "outcome": "1"})]
        case "number for a text":
            return [line({**request, "user_id": 7}), line({**outcome, "variant": 3})]
        case "escaped":
            return both(user_id=rng.choice(['q"uote', "\N{SNOWMAN}", "nul\0", "back\\slash"]))
        case "no text":
            return [r, b"\xff\xfe" + o]
        case "an amount":
            return [r, line({**outcome, "outcome": rng.choice([0.5, -3, 1e9, 4.0])})]
        case "true":
            return [line({**request, "status": True}), line({**outcome, "outcome": True})]
        case "windows":
            return [r + b"\r", o + b"\r"]
        case "spaced":
            return [json.dumps(request).encode(), json.dumps(outcome).encode()]
        case "unknown field":
            return [line({**request, "error": "backend died"}), line({**outcome, "x": [1, {}]})]
    raise AssertionError(dirt)


def log_of(seed, visits, users, dirt, share):
    rng = random.Random(seed)
    lines = []
    for number in range(visits):
        events_of_it = visit(rng, number, users)
        if dirt and rng.random() < share:
            lines += spoilt(rng, rng.choice(dirt), *events_of_it)
        else:
            lines += map(line, events_of_it)
    return b"\n".join(lines) + b"\n"


@pytest.fixture(scope="module")
def path():
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder) / "events.jsonl"


def plan(primary):
    guardrails = [Rate("error"), Quantile("latency_ms", 0.95), Ratio("latency_ms"), Mean("error")]
    return Experiment(plan=PLAN, control="a", primary=primary, guardrails=guardrails)


def same_check(one, other):
    told = [(type(problem), problem.observed) for problem in one.problems]
    assert told == [(type(problem), problem.observed) for problem in other.problems]
    assert one.warnings == other.warnings
    assert one.variants == other.variants
    assert one.sample_ratio == other.sample_ratio


def same(path, experiment, read=summed.by_joining, **go_on):
    """Both ways to the verdict, one beside the other."""
    log, sums = events.read(path), read(path)
    assert sums.problems() == log.problems()
    assert sums.failures() == log.failures()
    assert sums.lines == log.lines
    rows = log.visits()
    same_check(experiment.check(sums.visits, **go_on), experiment.check(rows, **go_on))
    if not experiment.check(rows, **go_on).ok:
        return
    one, other = experiment.analyze(sums.visits, **go_on), experiment.analyze(rows, **go_on)
    pd.testing.assert_frame_equal(one.table, other.table, rtol=1e-9, atol=1e-9)
    assert one.decision() == other.decision()


GO_ON = st.fixed_dictionaries(
    {"on_few": st.just("warn"), "on_srm": st.just("warn")},
    optional={
        "on_duplicate": st.just("first"),
        "on_unknown": st.just("exclude"),
        "on_mixed": st.sampled_from(["exclude", "first"]),
        "on_missing": st.sampled_from(["exclude", "zero"]),
        "on_outage": st.just("warn"),
    },
)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    visits=st.sampled_from([30, 300, 900]),
    users=st.sampled_from([5, 100, 300]),
    dirt=st.lists(st.sampled_from(DIRT), max_size=4),
    share=st.sampled_from([0.01, 0.1]),
    primary=st.sampled_from([Proportion("outcome"), Ratio("outcome"), Mean("outcome")]),
    go_on=GO_ON,
)
def test_sums_and_rows_come_to_the_same_verdict(
    path, seed, visits, users, dirt, share, primary, go_on
):
    path.write_bytes(log_of(seed, visits, users, dirt, share))
    same(path, plan(primary), **go_on)
    if summed.without_joining(path, 0.95):
        assert not events.read(path).problems()


@pytest.mark.parametrize("dirt", [None, *DIRT])
def test_each_kind_of_dirt_is_told_in_the_same_words(path, dirt):
    path.write_bytes(log_of(1, 900, 200, [dirt] if dirt else [], 0.05))
    everything = {"on_duplicate": "first", "on_unknown": "exclude", "on_mixed": "first"}
    same(path, plan(Ratio("outcome")))
    same(path, plan(Ratio("outcome")), on_missing="zero", on_srm="warn", **everything)


@pytest.mark.parametrize("ends", [b"\n", b""])
def test_a_clean_log_is_not_joined_and_has_the_same_verdict(path, ends):
    content = log_of(2, 3_000, 400, ["failed", "refused", "stand-in"], 0.02)
    path.write_bytes(content.rstrip(b"\n") + ends)
    plain = [
        guard for guard in plan(Proportion("outcome")).guardrails if guard != Ratio("latency_ms")
    ]
    experiment = replace(plan(Proportion("outcome")), guardrails=plain)
    same(path, experiment, read=lambda log: summed.without_joining(log, 0.95))
    same(path, experiment)


@pytest.mark.parametrize(
    "dirt",
    sorted(
        set(DIRT)
        - {"failed", "refused", "stand-in", "other path", "unknown variant", "no user"}
        - {"no variant", "late", "outcome before its request"}
    ),
)
def test_a_log_with_anything_wrong_in_it_is_not_taken_for_clean(path, dirt):
    path.write_bytes(log_of(3, 900, 200, [dirt], 0.02))
    assert summed.without_joining(path, 0.95) is None


@pytest.mark.parametrize("lines", [slice(0, 2), slice(0, None), slice(500, 700)])
def test_a_part_of_the_log_that_is_there_twice_is_not_taken_for_clean(path, lines):
    whole = log_of(4, 900, 200, [], 0).splitlines(keepends=True)
    path.write_bytes(b"".join(whole + whole[lines]))
    assert summed.without_joining(path, 0.95) is None


def renamed(name):
    """A clean log whose n-th visit has the identifier name(n)."""
    rng = random.Random(6)
    for number in range(900):
        request, outcome = visit(rng, number, 200)
        yield line({**request, "request_id": name(number)})
        yield line({**outcome, "request_id": name(number)})


IDENTIFIERS = {
    "numbers with gaps": lambda n: f"5f-{3 * n + 7}",
    "no prefix": str,
    "leading zeros": lambda n: f"visit/{n:07d}",
    "too far apart": lambda n: f"5f-{n * 4_000_000}",
    "beyond 32 bits": lambda n: f"5f-{n + 2**32 - 3}",
    "a balancer started again": lambda n: f"{'5f' if n < 450 else 'e0'}-{n % 450}",
    "longer after a while": lambda n: f"{'5f' if n < 450 else '5fe'}-{n}",
    "zeros in front": lambda n: f"5f-{'0' * (n % 2)}{n // 2}",
    "the first without a number": lambda n: f"5f-{n}" if n else "first",
    "hexadecimal": lambda n: f"5f-{n:x}",
    "random": lambda n: f"{random.Random(n).getrandbits(128):032x}",
}
"""Names of 900 visits, no two the same."""


@pytest.mark.parametrize("form", IDENTIFIERS)
def test_identifiers_of_any_form_can_be_proved_different(path, form):
    assert len(set(map(IDENTIFIERS[form], range(900)))) == 900
    path.write_bytes(b"\n".join(renamed(IDENTIFIERS[form])))
    same(path, plan(Ratio("outcome")))
    assert summed.without_joining(path, 0.95) is not None


@pytest.mark.parametrize("form", IDENTIFIERS)
@pytest.mark.parametrize(("of", "again"), [(0, 1), (0, 899), (899, 0), (451, 450), (7, 640)])
def test_one_identifier_in_anothers_place_is_found(path, form, of, again):
    name = IDENTIFIERS[form]
    path.write_bytes(b"\n".join(renamed(lambda n: name(of if n == again else n))))
    assert summed.without_joining(path, 0.95) is None


@pytest.mark.parametrize("form", ["numbers with gaps", "no prefix", "leading zeros"])
def test_numbers_are_proved_different_without_their_hashes(path, form, monkeypatch):
    monkeypatch.setattr(clean, "_different_hashes", lambda *_: pytest.fail("hashed"))
    path.write_bytes(b"\n".join(renamed(IDENTIFIERS[form])))
    assert summed.without_joining(path, 0.95) is not None


@pytest.mark.parametrize(("too_little", "joined"), [(1, False), (2, True)])
def test_memory_that_was_too_little_is_raised_once(path, monkeypatch, too_little, joined):
    limits = []

    def hungry(connection, *words, really=clean.summed):
        limits.extend(connection.execute("SELECT current_setting('memory_limit')").fetchall())
        if len(limits) <= too_little:
            raise duckdb.OutOfMemoryException("too little")
        return really(connection, *words)

    monkeypatch.setattr(clean, "summed", hungry)
    path.write_bytes(log_of(3, 900, 200, [], 0))
    assert (summed.without_joining(path, 0.95) is None) == joined
    assert len(set(limits)) == 2
    limits.clear()
    same(path, plan(Ratio("outcome")))


def test_of_a_large_log_the_slowest_visits_are_enough(path, monkeypatch):
    monkeypatch.setattr(summed, "LARGE", 1)
    monkeypatch.setattr(summed, "MOST_TO_RESAMPLE", 100)
    monkeypatch.setattr(metrics, "MOST_TO_RESAMPLE", 100)
    path.write_bytes(log_of(5, 3_000, 400, [], 0))
    experiment = replace(plan(Proportion("outcome")), guardrails=[Quantile("latency_ms", 0.95)])
    same(path, experiment, read=events.per_user)
    found = events.per_user(path)
    assert found.visits.latencies.size < 0.2 * found.visits.visits
    with pytest.raises(BadArgument, match="quantile="):
        replace(experiment, guardrails=[Quantile("latency_ms", 0.5)]).analyze(found.visits)


@pytest.mark.parametrize("content", [None, b"", b"torn\n"])
def test_no_events_says_how_to_make_some(path, content):
    path.unlink(missing_ok=True)
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(LabError, match="lab demo"):
        events.per_user(path)


def test_nothing_is_left_on_the_disk(path, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    path.write_bytes(log_of(1, 30, 5, [], 0))
    events.per_user(path)
    assert list(tmp_path.iterdir()) == []
