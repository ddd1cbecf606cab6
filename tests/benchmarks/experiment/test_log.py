from benchmarks.experiment import log
from lab_utils import events
from lab_utils.events import summed


def test_it_is_a_clean_log_of_the_balancers_form(tmp_path):
    path = log.write(tmp_path / "events.jsonl", 2_000, seed=1)
    read = events.read(path)
    assert read.problems() == {}
    assert len(read.visits()) == 2_000
    assert summed.without_joining(path, 0.95) is not None


def test_the_same_seed_makes_the_same_log(tmp_path):
    one, same, other = (
        sorted(log.write(tmp_path / f"{n}.jsonl", 500, seed).read_bytes().splitlines())
        for n, seed in enumerate([1, 1, 2])
    )
    assert one == same != other


def test_a_user_keeps_one_variant(tmp_path):
    visits = events.read(log.write(tmp_path / "events.jsonl", 2_000, seed=1)).visits()
    assert visits.groupby("user_id")["variant"].nunique().max() == 1
    assert visits["user_id"].nunique() == 100
