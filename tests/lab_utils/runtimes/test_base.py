import pytest

from lab_utils.errors import LabError
from lab_utils.runtimes import Process
from lab_utils.runtimes.base import Kernel, parse


def test_what_the_script_prints_is_read():
    inside = parse("6.1\nb-o-o-t\n1024\n2\ninit\nhttpd -f\n")
    assert inside.kernel == Kernel("6.1", "b-o-o-t")
    assert inside.memory == 1024 * 1024
    assert inside.cpus == 2
    assert inside.processes == ("init", "httpd -f")


def test_an_unknown_server_is_refused_with_those_that_are_known():
    with pytest.raises(LabError, match="tiny, recommender-a"):
        Process("huge")


@pytest.fixture
def broken(tmp_path, monkeypatch):
    """A process runtime whose server ends at once."""
    program = (["sh", "-c", "echo cannot serve; exit 3"], {})
    monkeypatch.setattr("lab_utils.runtimes.process._command", lambda *_: program)
    return Process("tiny", folder=tmp_path)


@pytest.mark.needs("posix")
def test_a_server_that_ends_instead_is_an_error_with_its_last_words(broken, tmp_path):
    with pytest.raises(LabError, match=r"exited \(3\):\ncannot serve"):
        broken.__enter__()
    assert list(tmp_path.iterdir()) == []
