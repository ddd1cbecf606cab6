import pytest

from lab_utils.comparison import transcript
from lab_utils.comparison.transcript import Transcript
from lab_utils.measurements import Step
from lab_utils.runtimes import Unavailable

STEP = Step("limits", "echo <b>\ncat x", "killed & gone\n", "It was killed.", 0.1)


def test_a_step_shows_what_was_typed_what_came_and_what_it_means():
    assert str(Transcript((STEP,))) == "limits\n# echo <b>\n# cat x\nkilled & gone\nIt was killed."
    assert "# echo &lt;b&gt;" in Transcript((STEP,))._repr_mimebundle_()["text/html"]


def test_what_was_saved_comes_back_and_says_that_it_is_recorded(tmp_path):
    Transcript((STEP,)).save(tmp_path / "kept.json", "on a machine of a test")
    back = transcript.load(tmp_path / "kept.json")
    assert back.steps == (STEP,)
    assert str(back).startswith("Recorded on a machine of a test")


def test_without_a_guest_the_recorded_one_is_shown_and_what_is_missing_said(monkeypatch, capsys):
    def missing(_self):
        raise Unavailable("booting a guest", "there is no QEMU here", "install it")

    monkeypatch.setattr(transcript.VirtualMachine, "demand", missing)
    assert transcript.by_hand().note.startswith("Recorded")
    assert "there is no QEMU here\nto have one: install it" in capsys.readouterr().out


@pytest.mark.needs("vm")
def test_a_container_made_by_hand_is_alone_and_killed_at_its_limit():
    steps = {step.title: step.output for step in transcript.by_hand().steps}
    assert "exit code 137" in steps["limits"]
    assert "box" in steps["a container"].split()


def test_the_recorded_one_is_there_with_all_its_steps():
    kept = transcript.load(transcript.RECORDED)
    assert [step.title for step in kept.steps] == ["namespaces", "layers", "limits", "a container"]
    assert "exit code 137" in str(kept)
