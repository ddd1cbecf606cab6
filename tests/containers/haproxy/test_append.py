"""What HAProxy does to its standard output must not cost the log that is there already."""

import subprocess
import sys
from pathlib import Path

import pytest

APPEND = Path(__file__).resolve().parents[3] / "containers" / "haproxy" / "append.py"
LIKE_HAPROXY = "import fcntl, os; fcntl.fcntl(1, fcntl.F_SETFL, os.O_NONBLOCK); os.write(1, b'new')"


@pytest.mark.needs("posix")
def test_a_program_that_takes_append_mode_back_still_writes_at_the_end(tmp_path):
    log = tmp_path / "log"
    command = [sys.executable, str(APPEND), str(log), sys.executable, "-c", LIKE_HAPROXY]
    for expected in ("new", "newnew"):
        subprocess.run(command, check=True)
        assert log.read_text() == expected
