"""The commands of both recommenders, run as processes the way containers and the lab run them."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time

import pytest

PATIENCE = 30


def run(recommender, command, **environment):
    return subprocess.run(
        [sys.executable, "-m", recommender.package, command],
        env=os.environ | {name: str(value) for name, value in environment.items()},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def answers(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    with contextlib.closing(connection):
        connection.request("GET", path)
        return json.load(connection.getresponse())


def wait_until(condition):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


@contextlib.contextmanager
def serving(recommender, environment):
    command = [sys.executable, "-m", recommender.package, "serve"]
    with subprocess.Popen(command, env=os.environ | environment) as process:
        try:
            wait_until(lambda: run(recommender, "healthcheck", **environment).returncode == 0)
            yield process
        finally:
            process.kill()


@pytest.fixture(scope="module")
def trained(recommender, past, tmp_path_factory):
    """The environment of a recommender that has been trained."""
    environment = {"LAB_DATA": str(past), "LAB_MODEL": str(tmp_path_factory.mktemp("model"))}
    done = run(recommender, "train", **environment)
    assert done.returncode == 0, done.stderr
    return environment | {"LAB_HOST": "127.0.0.1", "LAB_DATA": os.devnull}


@pytest.fixture
def environment(trained):
    return trained | {"LAB_PORT": str(free_port())}


def test_training_tells_what_was_learnt_from_what(recommender, past, tmp_path):
    done = run(recommender, "train", LAB_DATA=past, LAB_MODEL=tmp_path)
    assert "12 users" in done.stdout
    assert str(tmp_path) in done.stdout


def test_training_without_ratings_ends_in_one_clear_line(recommender, tmp_path):
    done = run(recommender, "train", LAB_DATA=tmp_path, LAB_MODEL=tmp_path)
    assert done.returncode == 1
    assert "LAB_DATA" in done.stderr
    assert "Traceback" not in done.stderr


def test_serving_without_a_model_ends_in_one_clear_line(recommender, tmp_path):
    done = run(recommender, "serve", LAB_MODEL=tmp_path)
    assert done.returncode == 1
    assert f"{recommender.package} train" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_command_is_refused_with_the_known_ones(recommender):
    done = run(recommender, "sing")
    assert done.returncode == 2
    assert f"usage: python -m {recommender.package}" in done.stderr
    assert "healthcheck" in done.stderr


def test_a_check_of_nobody_fails(recommender, environment):
    assert run(recommender, "healthcheck", **environment).returncode == 1


def test_a_trained_model_is_served_without_the_ratings(recommender, environment):
    with serving(recommender, environment | {"LAB_VARIANT": "x"}):
        answer = answers(int(environment["LAB_PORT"]), "/recommend/5?n=2")
    assert (answer["user_id"], answer["variant"], len(answer["movies"])) == ("5", "x", 2)


def test_a_second_server_on_the_same_port_is_refused(recommender, environment):
    with serving(recommender, environment):
        done = run(recommender, "serve", **environment)
    assert done.returncode == 1
    assert "LAB_PORT" in done.stderr


@pytest.mark.needs("posix")
def test_sigterm_stops_it_cleanly_with_a_connection_open(recommender, environment):
    with serving(recommender, environment) as process:
        port = int(environment["LAB_PORT"])
        with socket.create_connection(("127.0.0.1", port)) as idle:
            idle.sendall(b"GET / HTTP/1.1\r\nHost: lab\r\n\r\n")
            assert idle.recv(12) == b"HTTP/1.1 200"
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE) == 0


@pytest.mark.needs("posix")
def test_killed_outright_it_gives_the_port_free(recommender, environment):
    with serving(recommender, environment) as process:
        process.kill()
        process.wait(PATIENCE)
        wait_until(lambda: run(recommender, "healthcheck", **environment).returncode == 1)
