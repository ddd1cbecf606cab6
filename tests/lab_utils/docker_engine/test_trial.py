import pytest

from lab_utils import images
from lab_utils.docker_engine.trial import try_out
from lab_utils.self_test import TEST_PROJECT

SERVER = """
import signal, sys
from http.server import BaseHTTPRequestHandler, HTTPServer

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{}")

def end(*_):
    sys.exit(int(sys.argv[1]))

if len(sys.argv) > 1:
    signal.signal(signal.SIGTERM, end)
HTTPServer(("", 8000), Handler).serve_forever()
"""
LABELS = {"lab": TEST_PROJECT}


@pytest.fixture
def image(engine, tmp_path):
    """Builds an image whose containers run a command; all of it is removed at the end."""

    def make(command):
        (tmp_path / "server.py").write_text(SERVER)
        (tmp_path / "Dockerfile").write_text(
            f"ARG BASE_IMAGE\nFROM ${{BASE_IMAGE}}\nCOPY server.py /\nCMD {command}\n"
        )
        base = images.python_base(engine, print).name
        name = f"{TEST_PROJECT}/trial:1"
        list(
            engine.build_lines(
                tmp_path,
                name,
                dockerfile="Dockerfile",
                arguments={"BASE_IMAGE": base},
                labels=[f"lab={TEST_PROJECT}", "lab.lesson=trial"],
            )
        )
        return name

    yield make
    engine.remove_all(TEST_PROJECT, label="lab.lesson=trial")


@pytest.mark.needs("docker")
@pytest.mark.parametrize(
    ("command", "exit_code"),
    [
        ('["python3", "/server.py", "0"]', 0),
        ('["python3", "/server.py", "3"]', 3),
        ('["python3", "/server.py"]', 137),
    ],
)
def test_a_container_is_told_by_how_it_answers_and_how_it_stops(engine, image, command, exit_code):
    trial = try_out(engine, image(command), LABELS, grace=1)
    assert trial.answered
    assert trial.exit_code == exit_code
    assert (trial.seconds >= 1) == (exit_code == 137)  # the grace was used up, or was not needed


@pytest.mark.needs("docker")
def test_a_container_that_ends_by_itself_never_answers_and_leaves_its_last_words(engine, image):
    name = image('["python3", "-c", "raise SystemExit(\'no flask\')"]')
    trial = try_out(engine, name, LABELS)
    assert (trial.answered, trial.exit_code, trial.said) == (False, 1, "no flask")
    assert engine.client.containers.list(all=True, filters={"ancestor": name}) == []
