"""The live picture in a real JupyterLab, while a container is killed from outside."""

import pytest

pytestmark = [pytest.mark.needs("browser", "docker"), pytest.mark.timeout(600)]

UP = """
from lab_utils import stack, stack_view, visits

here = stack.choose("containers", print)
here.up(print)
"""
SHOW = """
stream = visits.Stream(here.ports.url("balancer"), per_second=20)
view = stack_view.live(here)
"""
AGAIN = 'here.start("recommender-b")'
DOWN = """
view.stop()
stream.stop()
here.down(print)
"""


def test_a_container_that_is_killed_is_seen_to_die_and_to_come_back(server, opened, engine):
    server.write("live_view", UP, SHOW, AGAIN, DOWN)
    book = opened("live_view")
    try:
        book.run(0)
        book.run(1)
        book.wait_for_image(1, "b has 30% of the users, is healthy, the balancer says: healthy")
        book.wait_for_image(1, "answers/s")
        book.picture("before")

        (container,) = engine.containers(server.project, "recommender-b")
        container.kill()
        book.wait_for_image(1, "b has 30% of the users, has ended: exited (137)")
        book.picture("killed")
        book.wait_for_image(1, "the balancer says: unhealthy")

        book.run(2)
        book.wait_for_image(1, "b has 30% of the users, is healthy, the balancer says: healthy")
        book.picture("back")
    finally:
        book.run(3)
