"""The load: wrk with a script for each shape of request."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from lab_utils import commands
from lab_utils.errors import LabError

SCRIPTS = Path(__file__).parent / "wrk"


@dataclass(frozen=True)
class Shape:
    """One kind of load.

    Attributes:
        name: in the results.
        script: the wrk script in `wrk/` that makes the requests.
        title: what it is, for readers.
        connections: kept open by the load generator, one request at a time on each.
    """

    name: str
    script: str
    title: str
    connections: int = 32


PLAIN = Shape("plain", "plain.lua", "wrk's own small GET")
ONE = Shape("one", "plain.lua", "the same, one connection", connections=1)
SHAPES = (
    PLAIN,
    Shape("unique", "unique.lua", "GET, path and header never the same"),
    Shape("browser", "browser.lua", "GET with a browser's headers"),
    Shape("post", "post.lua", "POST of 10 kB"),
    ONE,
)
QUICK = (PLAIN, ONE)


@dataclass(frozen=True)
class Reading:
    """What wrk saw in one round.

    Attributes:
        requests: answered.
        duration_us: from the first to the last, in microseconds.
        p50_us: median latency, in microseconds.
        p99_us: 99th percentile of the latency, in microseconds.
        socket_errors: connections refused, broken or timed out.
        bad_statuses: answers of 400 and above.
    """

    requests: int
    duration_us: int
    p50_us: int
    p99_us: int
    socket_errors: int
    bad_statuses: int


def run(shape: Shape, url: str, *, seconds: float, core: int) -> Reading:
    """Ask `url` for some seconds, from one core.

    Raises:
        CommandMissing: wrk or taskset is not there.
        LabError: wrk failed, or did not say what it measured.
    """
    words = ["taskset", "--cpu-list", str(core), "wrk", "--threads=1"]
    words += [f"--connections={shape.connections}", f"--duration={seconds:g}s"]
    doing = f"measuring {shape.title}"
    done = commands.run(
        [*words, f"--script={shape.script}", url],
        doing=doing,
        folder=SCRIPTS,  # where `require` finds report.lua
        timeout=seconds + 30,
    )
    return parse(done.stdout)


def parse(text: str) -> Reading:
    """The line that report.lua adds to wrk's output.

    Raises:
        LabError: it is not there.
    """
    found = re.search(r"^MEASURED (\{.*\})$", text, re.MULTILINE)
    if found is None:
        raise LabError(
            "reading what wrk measured",
            f"there is no line MEASURED in its output:\n{text[-500:]}",
            "is it wrk 4? (`wrk -v`; wrk2 and older ones report differently)",
        )
    return Reading(**json.loads(found[1]))
