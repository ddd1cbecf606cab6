"""The industrial balancers in ours' place: the same experiment, the same verdict."""

import json

import httpx
import pytest

from lab_utils import demo, events, ratings, traffic, waiting
from lab_utils.self_test import TEST_PROJECT
from lab_utils.stack.containers import ContainerStack, balancer_in_use

pytestmark = [pytest.mark.needs("docker"), pytest.mark.timeout(600)]
LARGEST_IMAGE = 140e6


@pytest.fixture(scope="module", autouse=True)
def ours_afterwards(container_stack):
    yield
    container_stack.up(print)


@pytest.fixture(scope="module", params=["nginx", "haproxy"])
def other(request, engine, container_stack, ours_afterwards):
    stack = ContainerStack(engine, container_stack.ports, TEST_PROJECT, request.param)
    stack.up(print)
    return stack


@pytest.fixture(scope="module")
def collected(other, tmp_path_factory):
    """One replay of all users, and what its log holds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(demo, "RESULTS", tmp_path_factory.mktemp("results"))
        run = demo.collect(other, seed=1)
    return run, events.read(run.event_log)


def test_the_verdict_is_that_of_our_own_balancer(collected):
    run, _ = collected
    assert run.traffic.failures == {}
    assert run.report().verdict == "don't ship"


def test_the_split_agrees_with_the_plan(collected):
    run, log = collected
    assert run.plan == {"a": 0.7, "b": 0.3}
    assert run.experiment.check(log.visits()).ok


def test_every_answer_and_every_outcome_is_in_the_log(collected):
    run, log = collected
    seen = {each.request_id: (each.user_id, each.variant) for each in run.traffic.answered}
    visits = log.visits().set_index("request_id")
    recorded = dict(
        zip(visits.index, zip(visits["user_id"], visits["variant"], strict=True), strict=True)
    )
    assert recorded == seen
    assert len(seen) == len(log.outcomes) == run.traffic.reported == len(ratings.liked_films())
    assert log.problems() == log.failures() == {}


def test_a_user_keeps_the_variant(collected, other):
    run, _ = collected
    some = dict(list(ratings.liked_films().items())[:100])
    again = traffic.replay(other.ports.url("balancer"), seed=2, users=some)
    first, second = (
        {(each.user_id, each.variant) for each in seen.answered} for seen in (run.traffic, again)
    )
    assert second <= first
    assert {variant for _, variant in second} == {"a", "b"}


def test_a_request_that_names_nobody_is_split_too(other):
    with httpx.Client(base_url=other.ports.url("balancer")) as client:
        met = {client.get("/").headers["X-Variant"] for _ in range(50)}
        client.headers["X-User-Id"] = "7"
        named = {client.get("/").headers["X-Variant"] for _ in range(20)}
    assert met == {"a", "b"}
    assert len(named) == 1


def test_ids_are_the_balancers_own(other):
    sent = {"X-Request-Id": "mine", "X-Variant": "mine"}
    got = httpx.get(other.ports.url("balancer") + "/recommend/17", headers=sent).headers
    assert got.get_list("X-Request-Id") != ["mine"]
    assert len(got.get_list("X-Request-Id")) == len(got.get_list("X-Variant")) == 1


def test_an_outcome_is_posted(other):
    url = other.ports.url("balancer") + "/outcome"
    assert httpx.get(url).status_code == 405
    assert httpx.post(url, content="x" * 5000).status_code == 413


def test_the_report_and_the_log_say_which_balancer_it_was(other):
    name = other.balancer
    assert name in other.description.lower()
    assert other.kind == f"containers-{name}"
    assert f"image {name}" in other.versions()
    assert balancer_in_use(other.engine, TEST_PROJECT) == name
    assert other.container("balancer") is None


def test_it_is_denied_what_every_container_of_ours_is(other):
    container = other.container(other.balancer)
    host = container.attrs["HostConfig"]
    bound = [each["HostIp"] for ports in container.ports.values() for each in ports or ()]
    image = other.engine.client.images.get(container.image.id)
    assert container.exec_run("id -u").output.strip() == b"10001"
    assert (host["ReadonlyRootfs"], host["CapDrop"]) == (True, ["ALL"])
    assert "no-new-privileges:true" in host["SecurityOpt"]
    assert set(bound) == {"127.0.0.1"}
    assert container.attrs["Config"]["Healthcheck"]["Test"]
    assert image.attrs["Size"] < LARGEST_IMAGE


def test_it_ends_at_once_when_it_is_asked_to_and_goes_on_with_its_log(other):
    before = other.event_log()
    container = other.container(other.balancer)
    container.stop(timeout=60)
    container.reload()
    assert container.attrs["State"]["ExitCode"] == 0
    assert other.event_log() == before
    container.start()
    other.wait()
    httpx.get(other.ports.url("balancer") + "/recommend/17")
    assert len(logged_since(other, len(before), lines=1)) == 1
    assert other.event_log().startswith(before)


def logged_since(other, before, *, lines):
    """What has come into the log; both write when the answer has left, a moment later it may be."""

    def missing():
        found = other.event_log()[before:].count(b"\n")
        return None if found >= lines else f"the log has {found} new lines"

    waiting.until(missing, timeout=10, doing="reading the log", next_step="look into it")
    return other.event_log()[before:].splitlines()


def test_a_dead_recommender_fails_its_own_users_only_and_that_is_logged(other, collected):
    run, _ = collected
    url = other.ports.url("balancer") + "/recommend/"
    users = {each.variant: each.user_id for each in run.traffic.answered}
    before = len(other.event_log())
    other.container("recommender-b").kill("SIGKILL")
    answers = {name: httpx.get(url + user, timeout=30) for name, user in users.items()}
    assert answers["a"].status_code == 200
    assert answers["b"].status_code in (502, 503, 504)
    assert answers["b"].headers["X-Variant"] == "b"
    logged = {
        line["request_id"]: (line["variant"], line["status"])
        for line in map(json.loads, logged_since(other, before, lines=len(answers)))
    }
    assert logged == {
        each.headers["X-Request-Id"]: (name, each.status_code) for name, each in answers.items()
    }
