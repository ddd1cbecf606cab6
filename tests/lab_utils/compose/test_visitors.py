import httpx
import pytest

from lab_utils.compose.visitors import Visitors, users_of
from lab_utils.ports import free_port


def test_visitors_come_for_as_long_as_the_block_lasts(process_stack):
    address = process_stack.ports.url("balancer")
    with Visitors(address, ["17", "nobody"], rate=50) as visitors:
        visitors.wait_until(0.4)
    visits = visitors.visits
    assert {visit.status for visit in visits} == {200, 404}
    assert [visit.lost for visit in visits[:2]] == [False, True]
    assert list(visits) == sorted(visits, key=lambda each: each.at_s)


def test_who_finds_nobody_is_lost_and_holds_nobody_up():
    with Visitors(f"http://127.0.0.1:{free_port()}", ["17"], rate=50) as visitors:
        visitors.wait_until(0.2)
    assert len(visitors.visits) > 1
    assert all(visit.lost and visit.status == 0 for visit in visitors.visits)


def test_users_are_found_by_the_variant_that_answers_them(process_stack):
    address = process_stack.ports.url("balancer")
    users = users_of(address, "b", among=12)
    assert users
    for user in users:
        assert httpx.get(f"{address}/recommend/{user}").headers["X-Variant"] == "b"


def test_a_balancer_that_is_not_there_is_told():
    with pytest.raises(httpx.HTTPError):
        users_of(f"http://127.0.0.1:{free_port()}", "a")
