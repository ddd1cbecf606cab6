"""Replacing the container of a recommender, measured: the steps on a stack that is up."""

from __future__ import annotations

from lab_utils import balancer, waiting
from lab_utils.compose.change import STEPS, Change, order_of, refused, under_traffic
from lab_utils.compose.project import Project, demand_well
from lab_utils.compose.visitors import Visitors, users_of
from lab_utils.ports import Ports

SERVICE, VARIANT = "recommender-a", "a"

WAIT_TIMEOUT = 40.0
"""Seconds until the balancer must serve exactly the containers that run."""

STOP_TIMEOUT = 5
"""Seconds that a container has to finish what it is at."""


def replace(project: Project, ports: Ports, steps: object) -> Change:
    """Replace recommender a by a new container, in an order of steps, while visitors come.

    Args:
        project: the lab's stack; more or fewer containers of it than one are made one before.
        ports: where the stack answers.
        steps: each of `STEPS` once; `...` and None stand for ours.

    Raises:
        LabError: Compose failed, or the balancer does not come to serve what runs.
    """
    order = STEPS if steps is None or steps is ... else order_of(steps)
    if order is None:
        return refused(steps)
    if len(project.containers(SERVICE)) != 1:
        _scale(project, 1)
    wait(project, ports)
    old = project.containers(SERVICE)

    def start() -> None:
        _scale(project, len(project.containers(SERVICE)) + 1)

    def stop() -> None:
        for container in old:
            container.stop(timeout=STOP_TIMEOUT)
            container.remove()

    take = {"start": start, "wait": lambda: wait(project, ports), "stop": stop}
    address = ports.url("balancer")
    visitors = Visitors(address, users_of(address, VARIANT))
    return under_traffic(order, take, lambda: wait(project, ports), visitors)


def wait(project: Project, ports: Ports) -> None:
    """Wait until the balancer serves recommender a from the containers that run, and no others.

    Raises:
        LabError: it does not within `WAIT_TIMEOUT` seconds.
    """

    def missing() -> str | None:
        running = {_address(each) for each in project.containers(SERVICE)}
        served = served_from(ports)
        return None if running == served else f"containers run at {running}, served are {served}"

    waiting.until(
        missing,
        timeout=WAIT_TIMEOUT,
        doing="waiting for the balancer",
        next_step="`docker compose ps --all` shows who runs, `./lab up` mends the stack",
    )


def served_from(ports: Ports) -> set[str]:
    """The IP addresses from which the balancer has recommender a served now."""
    backends = balancer.status(ports)["variants"][VARIANT]["backends"]
    return {each["address"].partition("@")[2] for each in backends if each["health"] == "healthy"}


def _scale(project: Project, count: int) -> None:
    # port 0 is any free one: a fixed port can be had by one container only
    words = f"up --detach --no-deps --no-recreate --scale {SERVICE}={count} {SERVICE}"
    command = f"LAB_PORT_A=0 docker compose {words}"
    demand_well(project.run(command), "scaling the recommender")


def _address(container: object) -> str:
    networks = container.attrs["NetworkSettings"]["Networks"].values()  # type: ignore[attr-defined]
    return next((str(each["IPAddress"]) for each in networks), "")
