import pytest

from lab_utils.compose.draft import OURS, STARTER, Draft, NotReadable, exposed, mine, try_out
from lab_utils.compose.lesson import TAPE
from lab_utils.compose.replayed import Replayed
from lab_utils.ports import Ports
from lab_utils.recorded import Tape
from lab_utils.stack.processes import ProcessStack


@pytest.fixture
def replayed(tmp_path):
    return Replayed(ProcessStack(Ports.free(), tmp_path), Tape.of(TAPE))


@pytest.fixture(autouse=True)
def results(monkeypatch, tmp_path):
    monkeypatch.setenv("LAB_PROGRESS", str(tmp_path / "progress.json"))


def test_it_is_laid_down_once_and_never_overwritten(replayed):
    draft = mine(replayed)
    assert draft.is_untouched
    assert draft.answer is ...
    draft.path.write_text("# mine\n")
    again = mine(replayed)
    assert again.path.read_text() == "# mine\n"
    assert again.answer is again


def test_a_file_of_the_folder_that_is_gone_is_laid_down_again(replayed):
    draft = mine(replayed)
    (draft.folder / "api_key.txt").unlink()
    mine(replayed)
    assert (draft.folder / "api_key.txt").exists()


def test_a_port_without_an_address_is_open_to_everybody():
    def publishing(**port):
        return {"services": {"films": {"ports": [{"target": 8000, "published": "8090", **port}]}}}

    assert exposed(publishing()) == ["8090"]
    assert exposed(publishing(host_ip="0.0.0.0")) == ["8090"]
    assert exposed(publishing(host_ip="127.0.0.1")) == []
    assert exposed({"services": {"reader": {}}}) == []


def test_where_no_engine_answers_ours_is_shown_as_it_was_recorded(replayed):
    output = try_out(mine(replayed), replayed)
    assert "the key is there" in output.said
    assert output.recorded is not None


@pytest.mark.needs("docker")
def test_compose_itself_reads_the_file():
    assert exposed(Draft(STARTER).resolved()) == ["8090"]
    assert exposed(Draft(OURS).resolved()) == []


@pytest.mark.needs("docker")
def test_what_compose_cannot_read_is_told_in_its_own_words(tmp_path):
    (tmp_path / "compose.yaml").write_text("servces: {}\n")
    with pytest.raises(NotReadable, match="servces"):
        Draft(tmp_path).resolved()
