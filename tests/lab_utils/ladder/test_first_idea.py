import pytest

from lab_utils import visits
from lab_utils.ladder import first_idea


@pytest.fixture
def serve(process_stack):
    served = []

    def start(pick, **how):
        served.append(first_idea.serve(process_stack, pick, **how))
        return served[-1]

    yield start
    for each in served:
        each.stop()


@pytest.mark.needs("posix")
def test_every_request_is_picked_for_itself_and_costs_two_programs_and_a_connection(serve):
    turns = iter("ab" * 5)
    idea = serve(lambda: next(turns))
    seen = visits.ask(idea.url, [17] * 10)
    assert (seen.statuses, seen.split, seen.met_several) == ({200: 10}, {"a": 0.5, "b": 0.5}, 1.0)
    assert (idea.programs, idea.connections) == (20, 10)


@pytest.mark.needs("posix")
def test_a_variant_that_is_not_there_is_replaced_without_a_word(serve):
    seen = visits.ask(serve(lambda: "b", without="b").url, range(1, 6))
    assert (seen.split, seen.failed) == ({"a": 1.0}, 0)


@pytest.mark.needs("posix")
def test_a_function_that_raises_is_told_to_its_visitors_and_floods_no_notebook(serve, caplog):
    seen = visits.ask(serve(lambda: 1 / 0).url, range(1, 6))
    assert (seen.statuses, seen.split) == ({500: 5}, {})
    assert not caplog.records


def test_ours_picks_variants():
    assert {first_idea.ours() for _ in range(200)} == {"a", "b"}
