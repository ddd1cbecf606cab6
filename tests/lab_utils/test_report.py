import io
import json
import re

import pytest
from rich.console import Console

from lab_utils import report
from lab_utils.errors import LabError
from lab_utils.experiment import Experiment, Proportion, Quantile, Rate

EXPERIMENT = Experiment(
    plan={"a": 0.7, "b": 0.3},
    control="a",
    primary=Proportion("outcome"),
    guardrails=[Quantile("latency_ms", 0.95), Rate("error")],
)


def lines(users=(210, 90), status=None):
    return sorted(events(users, status or {}), key=lambda line: json.loads(line)["timestamp"])


def events(users, status):
    for variant, n in zip("ab", users, strict=True):
        for user in range(n):
            answered = status.get((variant, user), 200)
            common = {
                "request_id": f"{variant}{user}",
                "timestamp": f"2026-03-01T09:{user // 60:02}:{user % 60:02}.000000Z",
                "user_id": f"{variant}{user}",
                "variant": variant,
            }
            yield json.dumps(
                common
                | {"event": "request", "backend": None, "method": "GET", "status": answered}
                | {"path": f"/recommend/{user}", "latency_ms": 5 + user % 7}
            )
            if answered == 200:
                won = int(user % 10 < (7 if variant == "a" else 3))
                yield json.dumps(common | {"event": "outcome", "outcome": won})


@pytest.fixture
def write(tmp_path):
    def log_and_write(log, **more):
        (tmp_path / "events.jsonl").write_text("\n".join(log) + "\n", encoding="utf-8")
        told = {"experiment": EXPERIMENT, "seed": 17, "runtime": "as plain processes"}
        summary = report.write(tmp_path, **told | more)
        page = (tmp_path / "report.html").read_text(encoding="utf-8")
        return summary, page, json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))

    return log_and_write


def printed(summary):
    console = Console(file=io.StringIO(), width=500)
    console.print(report.terminal(summary))
    return console.file.getvalue()


def test_page_terminal_and_json_say_the_same(write):
    summary, page, saved = write(lines())
    assert summary.verdict == saved["verdict"] == "don't ship"
    for text in (summary.sentence, summary.split, *summary.metrics[0].shown):
        assert text.replace("<", "&lt;") in page
        assert text in printed(summary)


def test_the_page_fetches_nothing(write):
    _, page, _ = write(lines())
    sources = re.findall(r'(?:src|href)="([^"]{0,30})', page)
    assert len(sources) == 3
    assert all(source.startswith("data:image/svg+xml;base64,") for source in sources)
    assert "url(" not in page
    assert "<script" not in page


def test_each_image_has_an_alternative_text_and_the_page_a_language(write):
    _, page, _ = write(lines())
    assert len(re.findall(r'<img alt="[^"]{40,}"', page)) == page.count("<img") == 3
    assert '<html lang="en">' in page
    assert re.findall(r"<h(\d)", page) == ["1", *"22222222"]


def test_seed_runtime_and_versions_are_told(write):
    summary, page, _ = write(lines(), versions={"Docker Engine": "29.1"})
    for text in ("17", "as plain processes", "29.1", summary.versions["statsmodels"]):
        assert text in page
        assert text in printed(summary)


def test_what_was_weak_is_named(write):
    log = ['{"event": "requ', *lines(status={("b", 4): 502})]
    summary, page, _ = write(log, visitor_failures={"connection refused": 3})
    assert [weakness.split(": ")[0] for weakness in summary.weaknesses] == [
        "event log",
        "requests",
        "visitors",
    ]
    for text in ("line 1", "status 502 from b", "connection refused"):
        assert text in page
        assert text in printed(summary)


def test_a_clean_run_names_the_checks_that_found_nothing(write):
    summary, page, _ = write(lines(), visitor_failures={})
    assert summary.weaknesses == ()
    assert len(summary.passed) == 7
    for text in ("None of the checks below found anything", *summary.passed):
        assert text in page
        assert text in printed(summary)


def test_a_check_that_was_not_made_or_found_something_is_not_called_passed(write):
    torn = ['{"event": "requ', *lines((150, 150), status={("b", 4): 502})]
    summary, _, _ = write(torn, visitor_failures=None)
    assert [check.split()[0:2] for check in summary.passed] == [
        ["each", "outcome"],
        ["no", "user"],
        ["each", "answered"],
    ]


def test_the_page_says_what_its_words_mean(write):
    summary, page, _ = write(lines())
    assert set(summary.measured) == {"a", "b", "visit", "outcome", "latency_ms", "p95"} | {
        "error",
        "95% interval",
        "guardrail",
    }
    assert "<dt>p95</dt><dd>of 100 requests, 95 took this long or less</dd>" in page
    assert "rated 4 stars or more afterwards" in summary.measured["outcome"]


def test_what_each_guardrail_did_is_told(write):
    summary, page, _ = write(lines())
    assert [line.split(":")[0] for line in summary.guardrails] == [
        "Guardrail p95 of latency_ms held",
        "Guardrail error rate could not tell",
    ]
    for line in summary.guardrails:
        assert line in page
        assert line in printed(summary)


def test_weights_changed_before_or_during_a_run_are_told_the_latter_first_of_all(write):
    summary, page, _ = write(lines(), notes=["changed before"], alarms=["changed during"])
    assert "changed before" in page
    assert page.index("changed during") < page.index('<h1 id="verdict">')
    assert "changed before" in printed(summary)
    assert printed(summary).startswith("WARNING: changed during")
    assert "the users seen fit the planned split" not in summary.passed
    assert summary.weaknesses == ("changed during",)


def test_a_cell_of_the_metrics_names_its_column_for_screens_too_narrow_for_a_head(write):
    _, page, _ = write(lines())
    assert '<td data-head="p-value">&lt; 0.001</td>' in page


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1", "utf-8"])
def test_a_terminal_that_cannot_say_it_gets_other_characters(write, encoding):
    summary, _, _ = write(lines(), visitor_failures={"café \N{SNOWMAN}": 1})
    out = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    Console(file=out, width=80).print(report.terminal(summary))
    out.flush()
    shown = out.buffer.getvalue().decode(encoding)
    minus = "\N{MINUS SIGN}" if encoding == "utf-8" else "-"
    assert f"{minus}40.0 points" in shown
    assert ("caf\N{LATIN SMALL LETTER E WITH ACUTE}" in shown) == (encoding != "ascii")
    assert max(map(len, shown.splitlines())) <= 80


def test_the_terminal_says_how_it_was_made_in_lines_with_names(write):
    summary, _, _ = write(lines())
    names = [line.split("  ")[0] for line in printed(summary).splitlines()]
    assert names[-5:] == [
        "how the services ran",
        "seed",
        "first request",
        "last request",
        "versions",
    ]


@pytest.mark.parametrize(
    ("users", "verdict"), [((150, 150), "broken"), ((35, 15), "keep collecting")]
)
def test_data_that_stops_the_analysis_still_makes_a_report(write, users, verdict):
    summary, page, saved = write(lines(users))
    assert summary.verdict == verdict
    assert saved["metrics"] == []
    assert page.count("<img") == 2
    assert summary.sentence in printed(summary)


HOSTILE = {
    "no readable time": [{"timestamp": "yesterday"}] * 600,
    "times beyond any calendar": [{"timestamp": "-2026-01-01"}, {"timestamp": "9999-12-31"}] * 300,
    "an infinite latency": [{"latency_ms": float("inf")}],
    "latencies from none to eleven days": [{"latency_ms": 0}, {"latency_ms": 10**9}],
    "outcomes of 400 digits": [{"outcome": 10**399}] * 600,
    "outcomes that are neither 0 nor 1": [{"outcome": 0.5}, {"outcome": -(10**9)}],
    "a nested user": [{"user_id": {"name": ["x"]}}],
    "users that are half a letter": [{"user_id": "\ud800"}],
    "a variant in mathematical signs": [{"variant": "$\\frac{"}],
    "many variants, and long ones": [{"variant": f"{n}{'x' * 99_999}"} for n in range(50)],
    "many kinds of events": [{"event": f"{n}<b>"} for n in range(50)],
    "outcomes alone": [{"event": "outcome", "outcome": 1}] * 600,
    "requests alone": [{"event": "request", "path": "/recommend/1", "status": 200}] * 600,
    "nobody asked for films": [{"path": "/"}] * 600,
}


@pytest.mark.parametrize("change", HOSTILE)
def test_whatever_the_log_holds_there_is_a_report_that_says_so(write, change):
    changes = iter(HOSTILE[change])
    hostile = [json.dumps(json.loads(line) | next(changes, {})) for line in lines()]
    summary, page, saved = write(hostile)
    assert summary.weaknesses or summary.verdict == "broken" or "latencies" in change
    assert saved["verdict"] == summary.verdict
    assert summary.sentence in printed(summary)
    assert len(re.sub(r"base64,[^\"]*", "", page)) < 20_000


def test_bytes_that_are_no_text_and_a_line_of_10_mb_are_named_in_the_report(write, tmp_path):
    write(lines())
    path = tmp_path / "events.jsonl"
    path.write_bytes(path.read_bytes() + b"\xff\xfe\0\0\n" + b"7" * 10_000_000 + b"\n\0")
    told = report.write(tmp_path, experiment=EXPERIMENT, seed=1, runtime="").weaknesses
    assert [weakness.split(" (")[0] for weakness in told] == [
        "event log: 1 \N{MULTIPLICATION SIGN} line that is not UTF-8 text",
        "event log: 2 \N{MULTIPLICATION SIGN} line that is not JSON, as if cut short",
    ]


def test_a_variant_nobody_reached_still_makes_a_report(write):
    summary, _, _ = write(lines((50, 0)))
    assert summary.verdict == "broken"
    assert "no rows for variant 'b'" in summary.sentence


def test_what_comes_from_outside_is_escaped(write):
    _, page, _ = write(lines(), visitor_failures={"<script>alert(1)</script>": 1})
    assert "<script>alert" not in page


def test_numbers_that_were_not_computed_are_null(write, tmp_path):
    write(lines())
    assert "NaN" not in (tmp_path / "summary.json").read_text(encoding="utf-8")


def test_a_run_without_a_log_says_what_to_do(tmp_path):
    with pytest.raises(LabError, match="lab demo"):
        report.write(tmp_path, experiment=EXPERIMENT, seed=1, runtime="")


@pytest.mark.needs("browser")
def test_on_paper_it_is_white_and_all_its_columns_are_there(write, browser):
    _, html, _ = write(lines())
    a4 = {"width": 673, "height": 1000}  # 210 mm without the margins of the page
    page = browser.new_page(viewport=a4, color_scheme="dark")
    page.set_content(html)
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    cut = "[...document.querySelectorAll('.scroll')].filter((e) => e.scrollWidth > e.clientWidth)"
    assert page.evaluate(f"{cut}.length") == 0
    page.close()
