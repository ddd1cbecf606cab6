import sys
from types import SimpleNamespace

import pytest

from lab_utils import cleanup, cli, demo, docker_engine, doctor, stack, waiting
from lab_utils.errors import LabError
from lab_utils.ports import Ports
from lab_utils.stack.base import BALANCERS, Service
from lab_utils.stack.processes import ProcessStack


@pytest.fixture
def nothing_up(monkeypatch):
    monkeypatch.setattr(stack, "present", lambda: None)
    monkeypatch.setattr(stack, "unseen", lambda: None)


def test_alone_it_explains_itself(capsys):
    assert cli.main([]) == 0
    assert "./lab demo" in capsys.readouterr().out


def test_an_error_is_three_sentences_and_an_exit_code(monkeypatch, capsys):
    def fail(*_):
        raise LabError("tidying", "the [broom] is gone", "look in the cupboard")

    monkeypatch.setattr(cleanup, "clean", fail)
    assert cli.main(["clean"]) == 1
    said = " ".join(capsys.readouterr().err.split())
    assert said == "While tidying: the [broom] is gone Next: look in the cupboard"


def test_an_interrupt_ends_without_a_traceback(monkeypatch, capsys):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(cleanup, "clean", interrupt)
    assert cli.main(["clean"]) == 130
    assert "Interrupted" in capsys.readouterr().err


def test_clean_says_what_it_could_not_look_at_and_how_to_finish(monkeypatch, capsys):
    stopped = docker_engine.EngineUnavailable("stopped", "nothing answers", "start it")
    cleaned = cleanup.Cleaned(["folder .lab"], [], stopped)
    monkeypatch.setattr(cleanup, "clean", lambda say: cleaned)
    assert cli.main(["clean"]) == 1
    told = capsys.readouterr()
    assert told.out == "removed folder .lab\n"
    said = " ".join(told.err.split())
    assert "nothing answers; containers, images and volumes of the lab may be there" in said
    assert "start it; then `./lab clean` again" in said


def test_clean_says_what_stays_and_why(monkeypatch, capsys):
    cleaned = cleanup.Cleaned([], ["image base: other/balancer is built on it"], None)
    monkeypatch.setattr(cleanup, "clean", lambda say: cleaned)
    assert cli.main(["clean"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "kept image base: other/balancer is built on it" in told
    assert "in your home" in told


def test_status_without_a_stack_says_how_to_start_one(nothing_up, capsys):
    assert cli.main(["status"]) == 0
    assert "./lab up" in capsys.readouterr().out


def test_what_could_not_be_seen_is_not_said_to_be_down(nothing_up, monkeypatch, capsys):
    stopped = docker_engine.EngineUnavailable("stopped", "nothing answers", "start it")
    monkeypatch.setattr(stack, "unseen", lambda: stopped)
    for words in (["status"], ["down"], ["logs"]):
        cli.main(words)
        told = capsys.readouterr()
        said = " ".join((told.out + told.err).split())
        assert "its containers are out of sight: nothing answers" in said


def test_logs_without_a_stack_say_how_to_start_one(nothing_up, capsys):
    assert cli.main(["logs"]) == 1
    assert "./lab up" in capsys.readouterr().err


def test_logs_of_an_unknown_service_name_the_known_ones(capsys):
    assert cli.main(["logs", "recommender-c"]) == 1
    assert "recommender-a, recommender-b, balancer" in " ".join(capsys.readouterr().err.split())


def test_every_balancer_can_be_asked_for_and_no_other(monkeypatch, capsys):
    asked = []
    monkeypatch.setattr(demo, "run_in_terminal", lambda *_, balancer, **__: asked.append(balancer))
    for name in BALANCERS:
        assert cli.main(["demo", "--balancer", name]) == 0
    assert asked == list(BALANCERS)
    with pytest.raises(SystemExit):
        cli.main(["demo", "--balancer", "envoy"])
    told = capsys.readouterr().err
    assert all(name in told for name in BALANCERS)


def test_logs_know_the_balancer_that_is_in_the_place(monkeypatch, capsys):
    class Up:
        def services(self):
            return [Service("nginx", "running", "healthy", "", "")]

        def logs(self, service, *, follow):
            return [f"{service} says hello"]

    monkeypatch.setattr(stack, "present", Up)
    assert cli.main(["logs", "nginx"]) == 0
    assert "nginx says hello" in capsys.readouterr().out
    assert cli.main(["logs", "balancer"]) == 1
    assert "name one of nginx" in capsys.readouterr().err


def test_down_without_a_stack_is_fine(nothing_up, capsys):
    assert cli.main(["down"]) == 0
    assert "nothing to stop" in capsys.readouterr().out


def test_the_doctor_shows_every_finding_with_its_advice(monkeypatch, capsys):
    findings = [doctor.Finding("disk", "note", "1 GB free", "make room")]
    monkeypatch.setattr(doctor, "examine", lambda: findings)
    assert cli.main(["doctor"]) == 0
    shown = capsys.readouterr().out
    for word in ("disk", "note", "1 GB free", "make room"):
        assert word in shown


def test_containers_that_are_demanded_are_not_replaced_by_processes(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nobody.sock")
    assert cli.main(["up", "--containers"]) == 1
    assert "looking for a Docker Engine" in capsys.readouterr().err


def test_leaving_the_logs_claims_nothing(monkeypatch, capsys):
    class Up:
        def logs(self, service, *, follow):
            yield "a line"
            raise KeyboardInterrupt

    monkeypatch.setattr(stack, "present", Up)
    assert cli.main(["logs", "--follow"]) == 130
    told = capsys.readouterr()
    assert (told.out, told.err) == ("a line\n", "")


def test_status_and_logs_of_a_running_stack(process_stack, monkeypatch, capsys):
    monkeypatch.setattr(stack, "present", lambda: process_stack)
    assert cli.main(["status"]) == 0
    shown = capsys.readouterr().out
    assert "healthy" in shown
    assert process_stack.ports.url("admin") in shown
    assert "Next:" not in shown
    assert cli.main(["logs", "recommender-a"]) == 0
    assert "TruncatedSVD" in capsys.readouterr().out


@pytest.mark.needs("posix")
def test_status_cuts_no_name_on_a_narrow_terminal(monkeypatch, capsys):
    name, address = "recitation-recommender-a-1", "http://127.0.0.1:17004"
    part = Service("recommender-a", "running", "healthy", address, name)
    up = SimpleNamespace(
        services=lambda: [part], description="", ports=Ports.free(), balancer="ours"
    )
    monkeypatch.setattr(stack, "present", lambda: up)
    monkeypatch.setattr(stack, "unwell", lambda _: [])
    monkeypatch.setenv("COLUMNS", "60")
    assert cli.main(["status"]) == 0
    said = capsys.readouterr().out
    assert name in said
    assert address in said


def test_status_of_a_dead_service_has_its_exit_code_last_lines_and_what_to_do(
    tmp_path, monkeypatch, capsys
):
    dead = ProcessStack(Ports.free(), tmp_path)
    monkeypatch.setattr(stack, "present", lambda: dead)
    service = dead._process("balancer")
    service.start([sys.executable, "-c", "raise SystemExit('out of ink')"], {})
    waiting.until(
        lambda: None if service.end else "it runs", timeout=20, doing="testing", next_step="-"
    )
    assert cli.main(["status"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "balancer has ended: exited (1). The last it said: out of ink" in shown
    assert "Next: `./lab logs balancer` shows all of it" in shown


def test_a_stack_of_processes_says_that_there_is_no_isolation(tmp_path):
    assert "no isolation" in ProcessStack(Ports(), tmp_path).description


def test_a_full_disk_is_told_without_a_traceback(monkeypatch, capsys):
    def full(*_):
        raise OSError(28, "No space left on device", "results/page.html")

    monkeypatch.setattr(cleanup, "clean", full)
    assert cli.main(["clean"]) == 1
    said = " ".join(capsys.readouterr().err.split())
    assert "No space left on device: results/page.html" in said
    assert "Next: make room" in said


def test_a_reader_who_stops_reading_is_no_error_of_ours():
    import subprocess

    words = [sys.executable, "-m", "lab_utils.cli", "doctor"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        child.stdout.close()
        said = child.stderr.read()
    assert b"Traceback" not in said


def test_an_engine_that_goes_away_is_told_without_a_traceback(monkeypatch, capsys):
    def gone(*_):
        raise docker_engine.FAILURES[1]("connection aborted")

    monkeypatch.setattr(cleanup, "clean", gone)
    assert cli.main(["clean"]) == 1
    assert "talking to the Docker Engine: connection aborted" in capsys.readouterr().err


def test_a_defect_of_ours_is_not_dressed_up(monkeypatch):
    def broken(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(cleanup, "clean", broken)
    with pytest.raises(ZeroDivisionError):
        cli.main(["clean"])
