"""The raw requests that gunicorn tests its own parser with, which know other servers' mistakes.

They are read from gunicorn's source distribution and belong to it; nothing of them is kept here.
Only the folder that a case lies in says whether it is valid, nothing that was fetched is run.
"""

import re
import subprocess
import sys
import tarfile

import pytest

from lab_utils.paths import STATE
from tests.attacks.actors import Balancer, agree, until
from tests.attacks.cases import AFTER
from tests.attacks.test_smuggling import broken_off
from tests.attacks.wire import answers_in

pytestmark = pytest.mark.needs("network")

VERSION = "23.0.0"
SHA256 = "f014447a0101dc57e294f6c18ca6b40227a4c90e9bdb586042628030cba004ec"
# How the cases are written down: lines for reading, and words for what is not seen.
WORDS = {b"\n": b"", b"\\r\\n": b"\r\n", b"\\0": b"\0", b"\\n": b"\n", b"\\t": b"\t"}
# gunicorn does not ask for a Host. Every second case would be refused for the lack of one alone.
NO_HOST = re.compile(rb"^[^\r\n]* HTTP/1\.1\r\n", re.MULTILINE)

REFUSED = {
    "005": "a fragment stays in the browser",
    "009": "a fragment stays in the browser; and there is a length beside a coding",
    "013": "white space before a chunk's extension: llhttp refuses it, and so do we",
    "024": "the target alone is longer than a head may be",
    "025": "two codings; chunks are the only one understood",
    "025_line": "two codings; chunks are the only one understood",
    "027": "letters in a target that are not ASCII have to be escaped",
    "028": "a space before a colon",
    "029": "two codings; chunks are the only one understood",
    "030": "two codings; chunks are the only one understood",
    "031compat": "methods are capitals here",
    "031compat2": "methods are capitals here",
    "099": "its body is shorter than it says: it is waited for",
    "compat_obs_fold": "a folded line",
    "compat_obs_fold_huge": "a folded line",
    "pp_01": "the PROXY protocol is not spoken here",
    "pp_02": "the PROXY protocol is not spoken here",
}
"""Valid for gunicorn, and why not here."""

FORWARDED = {
    "006": "gunicorn's limit on a request line is lower",
    "007": "gunicorn's limit on a header line is lower",
    "008": "gunicorn's limit on a header line is lower",
    "009": "gunicorn counts header lines, here their bytes are counted",
    "010": "gunicorn's limit is set low for this case",
    "011": "gunicorn's limit is set low for this case",
    "012": "gunicorn's limit is set low for this case",
    "017": "gunicorn's limit is set low for this case",
    "019": "X-Forwarded-Proto has no meaning here, so it may contradict itself",
    "040": "Transfer_Encoding is another name: test_smuggling.py has who confuses them",
    "chunked_07": "Transfer_Encoding is another name: test_smuggling.py has who confuses them",
}
"""Invalid for gunicorn, and why it may pass here."""


@pytest.fixture(scope="module")
def balancer(_backend, tmp_path_factory):
    """A balancer with the limits that it has where nothing else is set."""
    balancer = Balancer(tmp_path_factory.mktemp("balancer"), _backend.port)
    yield balancer
    balancer.stop()


@pytest.fixture(scope="module")
def source():
    """The source distribution, fetched once, and only as it was when its hash was written down."""
    folder = STATE / "gunicorn"
    folder.mkdir(parents=True, exist_ok=True)
    archive = folder / f"gunicorn-{VERSION}.tar.gz"
    if not archive.exists():
        wanted = folder / "requirements.txt"
        wanted.write_text(f"gunicorn=={VERSION} --hash=sha256:{SHA256}\n")
        words = ["download", "--no-deps", "--no-binary", ":all:", "--require-hashes", "--quiet"]
        command = [sys.executable, "-m", "pip", *words, "--dest", folder, "--requirement", wanted]
        subprocess.run(command, check=True)
    return archive


def cases(source, kind):
    """The bytes of each case in a folder, by name."""
    found = {}
    with tarfile.open(source) as archive:
        for member in archive:
            folder, _, name = member.name.rpartition("/")
            if folder.endswith(f"/requests/{kind}") and name.endswith(".http"):
                data = archive.extractfile(member).read()
                for written, meant in WORDS.items():
                    data = data.replace(written, meant)
                if b"host:" not in data.lower():
                    data = NO_HOST.sub(rb"\g<0>Host: lab\r\n", data)
                found[name.removesuffix(".http")] = data
    assert len(found) > 30
    return found


def play(balancer, backend, data):
    """What became of a case: the answers' statuses and what reached the backend of it."""
    backend.clear()
    before = balancer.mark()
    answers, _ = answers_in(balancer.converse(data + AFTER))
    until(lambda: balancer.in_flight() == 0)
    got = backend.requests()
    agree(got, [event for event in balancer.events(before) if "error" not in event])
    broken_off(backend, balancer)
    return [each.status for each in answers], [e.what for e in got if e.what[1] != "/after"]


def test_valid_requests_are_forwarded_or_refused_for_a_reason(balancer, backend, source):
    refused = {}
    for name, data in cases(source, "valid").items():
        statuses, reached = play(balancer, backend, data)
        if not reached or set(statuses) != {200}:
            refused[name] = statuses, reached, data
    assert refused.keys() <= REFUSED.keys(), refused


def test_invalid_requests_do_not_reach_the_backend_but_for_a_reason(balancer, backend, source):
    forwarded = {}
    for name, data in cases(source, "invalid").items():
        statuses, reached = play(balancer, backend, data)
        if reached:
            forwarded[name] = statuses, reached, data
    assert forwarded.keys() <= FORWARDED.keys(), forwarded
