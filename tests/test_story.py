"""The lab's promises, held against running stacks: the same experiment either way it runs."""

import threading

import httpx
import pytest

from lab_utils import balancer, demo, events, ratings, traffic, waiting
from lab_utils.experiment import Experiment, Proportion

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="session")
def run_in_processes(process_stack, tmp_path_factory):
    return collected(process_stack, tmp_path_factory)


@pytest.fixture(scope="session")
def run_in_containers(container_stack, tmp_path_factory):
    return collected(container_stack, tmp_path_factory)


def collected(stack, tmp_path_factory):
    """What one replay of all users left, read back from the event log."""
    patch = pytest.MonkeyPatch()
    patch.setattr(demo, "RESULTS", tmp_path_factory.mktemp("results"))
    try:
        run = demo.collect(stack, seed=1)
    finally:
        patch.undo()
    return run, events.read(run.event_log)


def test_every_user_visits_and_every_answer_is_recorded(run_in_processes):
    run, log = run_in_processes
    users = ratings.liked_films()
    assert run.traffic.failures == {}
    assert run.traffic.visits == run.traffic.reported == len(users) == len(log.visits())
    assert set(log.visits()["user_id"]) == set(users)
    assert log.problems() == log.failures() == {}


def test_the_split_agrees_with_the_plan(run_in_processes):
    run, log = run_in_processes
    assert run.plan == {"a": 0.7, "b": 0.3}
    assert run.experiment.check(log.visits()).ok


def test_a_film_recommended_counts_only_if_the_user_liked_it_afterwards(
    run_in_processes, process_stack
):
    _, log = run_in_processes
    liked = ratings.liked_films()
    visits = log.visits().set_index("user_id")
    for user in list(liked)[:50]:
        port = getattr(process_stack.ports, visits.loc[user, "variant"])
        answer = httpx.get(f"http://127.0.0.1:{port}/recommend/{user}?n=10").json()
        films = {film["movie_id"] for film in answer["movies"]}
        assert visits.loc[user, "outcome"] == bool(films & liked[user])


@pytest.mark.needs("docker")
def test_containers_and_processes_give_every_user_the_same_variant_and_outcome(
    run_in_processes, run_in_containers
):
    (_, one), (_, other) = run_in_processes, run_in_containers
    columns = ["variant", "outcome", "status"]
    processes = one.visits().set_index("user_id")[columns].sort_index()
    containers = other.visits().set_index("user_id")[columns].sort_index()
    assert processes.equals(containers)


@pytest.mark.needs("docker")
def test_the_verdict_is_the_same_both_ways(run_in_processes, run_in_containers):
    results = []
    for run, log in (run_in_processes, run_in_containers):
        plan = Experiment(plan=run.plan, control="a", primary=Proportion("outcome"))
        results.append(plan.analyze(log.visits()))
    assert results[0].table.equals(results[1].table)
    assert str(results[0].decision()) == str(results[1].decision())


@pytest.mark.needs("docker")
def test_killing_the_balancer_amid_traffic_loses_no_answered_request(container_stack):
    before = len(container_stack.event_log())
    halfway = threading.Event()
    users = ratings.liked_films()
    seen = []

    def progress(done):
        if done > len(users) // 3:
            halfway.set()

    def visit():
        seen.append(
            traffic.replay(
                container_stack.ports.url("balancer"), seed=3, users=users, progress=progress
            )
        )

    visitors = threading.Thread(target=visit)
    visitors.start()
    assert halfway.wait(120)
    container = container_stack.container("balancer")
    container.kill("SIGKILL")
    visitors.join()
    container.start()
    container_stack.up(print)
    answered = {each.request_id for each in seen[0].answered}
    recorded = recorded_ids(container_stack.event_log()[before:])
    assert seen[0].failures, "the kill came after the last visit: nothing was tested"
    assert len(answered) > len(users) // 4
    assert answered <= recorded
    assert balancer.status(container_stack.ports)["variants"]["a"]["weight"] == 70


@pytest.mark.needs("docker")
def test_a_dead_recommender_leaves_the_other_one_alone(container_stack):
    """Its name, which Docker then no longer knows, may hold nobody up."""
    url, users = container_stack.ports.url("balancer"), list(ratings.liked_films())
    variant = {
        user: httpx.get(f"{url}/recommend/{user}").headers["X-Variant"] for user in users[:60]
    }
    container_stack.container("recommender-b").kill("SIGKILL")
    try:
        answers = {"a": [], "b": []}
        waiting.until(
            lambda: ask_everyone(url, variant, answers),
            timeout=60,
            doing="testing",
            next_step="-",
        )
    finally:
        container_stack.up(print)
    assert set(answers["a"]) == {200}
    assert 200 not in answers["b"]


def ask_everyone(url, variant, answers):
    """Ask for every user once more; until the balancer has noticed that b is dead."""
    for user, name in variant.items():
        answers[name].append(httpx.get(f"{url}/recommend/{user}", timeout=30).status_code)
    return None if answers["b"][-1] == 503 else "b is still asked"


def recorded_ids(data):
    """Request ids of the request lines, read without the lab's own reader."""
    import json

    lines = [json.loads(line) for line in data.splitlines() if line.endswith(b"}")]
    return {line["request_id"] for line in lines if line["event"] == "request"}
