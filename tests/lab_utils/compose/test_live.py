"""The lesson on an engine: what Compose does, and what visitors see of it."""

import pytest

from lab_utils.compose.draft import OURS, STARTER, Draft, try_out
from lab_utils.compose.lesson import lesson
from lab_utils.compose.scaling import OURS as SCALE
from lab_utils.ports import free_port

pytestmark = [pytest.mark.needs("docker"), pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def live(container_stack):
    lab = lesson(container_stack)
    yield lab
    lab.mend()


def draft(live, folder):
    own = {**live.project.environment, "LAB_PORT_MINE": str(free_port())}
    return Draft(folder, own)


def test_the_services_of_the_file_are_those_of_compose(live):
    output = live.run("docker compose config --services")
    assert set(output.said.split()) >= {"recommender-a", "recommender-b", "balancer"}


def test_a_recommender_starts_after_its_trainer_has_ended(live):
    live.run("docker compose down")
    live.run("docker compose up --detach")
    moments = {each.service: each for each in live.moments().all}
    for variant in ("a", "b"):
        trained = moments[f"train-{variant}"]
        assert trained.exit_code == 0
        assert moments[f"recommender-{variant}"].started_s >= trained.ended_s


def test_names_work_inside_the_network_and_published_ports_outside(live):
    opened = live.reach().opened
    assert [letter for letter, well in opened.items() if well] == ["A", "C", "E"]


def test_three_containers_want_a_port_each(live):
    refused = live.scale("docker compose up -d --no-deps --scale recommender-a=3 recommender-a")
    assert "port is already allocated" in refused.output.said
    live.mend()
    scaled = live.scale(SCALE)
    assert (scaled.running, scaled.served) == (3, 3)
    assert sorted(live.spread().answered.values()) == [20, 20, 20]


def test_what_a_command_left_half_made_at_another_port_is_mended_too(live):
    elsewhere = f"LAB_PORT_A={free_port()} docker compose up -d --no-deps"
    refused = live.scale(f"{elsewhere} --scale recommender-a=3 recommender-a")
    assert "port is already allocated" in refused.output.said
    live.mend()
    (one,) = live.here.engine.containers(live.here.project, "recommender-a")
    assert one.ports["8000/tcp"][0]["HostPort"] == str(live.here.ports.a)


def test_a_change_in_our_order_loses_nobody_and_in_the_plain_one_somebody(live):
    assert live.replace(["stop", "start", "wait"]).lost > 0
    assert live.replace(["start", "wait", "stop"]).lost == 0


def test_a_container_that_was_cut_off_says_of_itself_that_it_is_well(live):
    live.mend()
    told = dict(live.cut().rows)
    live.mend()
    assert told["whoever runs it"] == "running, healthy"
    assert told["a visitor of b, once the balancer knows"].startswith("503")


def test_compose_notices_every_slip_but_the_one_in_a_value(live):
    accepted = [name for name, said in live.typos().rows if said.startswith("(nothing")]
    assert accepted == ["LAB_VARIENT for LAB_VARIANT"]


def test_who_waits_for_a_sick_service_never_starts(live):
    sick = live.sample("sick")
    try:
        assert "is unhealthy" in sick.run("docker compose up --detach").said
        assert "Created" in sick.run("docker compose ps --all").said
    finally:
        sick.down()


def test_the_broken_shop_ends_at_the_store_first(live):
    broken = live.sample("broken")
    try:
        broken.run("docker compose up --detach")
        ended = broken.ended().ended
    finally:
        broken.down()
    assert (ended[0].service, ended[0].exit_code) == ("store", 3)
    assert {each.service for each in ended} == {"store", "prices", "till"}


def test_our_file_works_and_leaves_nothing_behind(live):
    assert "the key is there" in try_out(draft(live, OURS), live).said
    left = live.here.engine.client.containers.list(
        all=True,
        filters={"label": f"com.docker.compose.project={live.project.name}-mine"},
    )
    assert left == []


def test_a_file_that_opens_a_port_to_everybody_is_not_brought_up(live):
    output = try_out(draft(live, STARTER), live)
    assert output.exit_code is None
    assert "open to everybody" in output.said
