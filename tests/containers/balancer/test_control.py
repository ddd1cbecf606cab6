import asyncio
import contextlib
import itertools
import re
import socket
from types import SimpleNamespace

import pytest
from balancer import server
from balancer.control import Control
from balancer.metrics import Metrics
from balancer.settings import parse


class NameServer:
    """Stands in for the loop's getaddrinfo: names lead to `leads_to`, but for those in `zone`."""

    def __init__(self, monkeypatch, *leads_to):
        self.leads_to = leads_to
        self.zone = {}  # of the names that lead elsewhere
        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", self.look_up)

    async def look_up(self, host, port, **_):
        addresses = self.zone.get(host, self.leads_to)
        if not addresses:
            raise socket.gaierror(-2, "Name or service not known")
        kind = socket.AF_INET, socket.SOCK_STREAM, 6
        return [(*kind, "", (address, 0)) for address in addresses]


class Worker:
    """Does no work, and remembers what it was told."""

    def __init__(self):
        self.views = []
        self.has_time = asyncio.Event()
        self.has_time.set()

    def apply(self, view):
        self.views.append(view)

    async def metrics(self):
        await self.has_time.wait()
        return Metrics()

    def targets(self):
        """Name and health of each of variant a's backends, as last told."""
        return (
            {each.name: each.healthy for each in self.views[-1].targets["a"]} if self.views else {}
        )


class Probes:
    """Stand in for questions about health: all is well, but for those in `sick`."""

    def __init__(self, monkeypatch):
        self.sick = set()
        self.asked = []
        monkeypatch.setattr("balancer.control.probe", self.probe)

    async def probe(self, host, port, settings):
        self.asked.append(host)
        return host not in self.sick, "looked at"

    async def more(self, count=6):
        before = len(self.asked)
        await until(lambda: len(self.asked) > before + count)


def settings_for(tmp_path, *backends, **more):
    return parse(
        {
            "listen": "127.0.0.1:0",
            "salt": "test",
            "event_log": str(tmp_path / "log"),
            "variants": {"a": {"weight": 1, "backends": list(backends)}},
            "health": {"interval_s": 0.01, "fall": 2, "rise": 2, "eject_s": 0.05},
            **more,
        }
    )


async def until(condition):
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.005)


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run an async test with a control whose worker and probes are not real."""

    def run(story, *backends, leads_to=("10.0.0.1", "10.0.0.2")):
        async def tell():
            names = NameServer(monkeypatch, *leads_to)
            control = Control(settings_for(tmp_path, *backends))
            control.workers.append(worker := Worker())
            probes = Probes(monkeypatch)
            control.start()
            try:
                await asyncio.wait_for(story(SimpleNamespace(**locals())), 30)
            finally:
                control.stop()

        asyncio.run(tell())

    return run


def test_a_name_is_a_backend_for_each_address_it_leads_to(run):
    async def story(lab):
        both = {"films:80@10.0.0.1": True, "films:80@10.0.0.2": True, "10.0.0.9:81": True}
        await until(lambda: lab.worker.targets() == both)
        status = await lab.control.status()
        assert {each["address"] for each in status["variants"]["a"]["backends"]} == set(both)

    run(story, "films:80", "10.0.0.9:81")


def test_one_that_is_new_gets_no_requests_before_it_is_found_healthy(run):
    async def story(lab):
        lab.probes.sick.add("10.0.0.2")
        await until(lambda: lab.probes.asked.count("10.0.0.2") > 2)
        assert lab.worker.targets() == {"films:80@10.0.0.1": True, "films:80@10.0.0.2": False}
        assert not any(each.healthy for each in lab.worker.views[0].targets["a"])

    run(story, "films:80")


def test_names_are_looked_up_again(run):
    async def story(lab):
        await until(lambda: len(lab.worker.targets()) == 2)
        lab.names.leads_to = ("10.0.0.2", "10.0.0.3")
        await until(lambda: lab.worker.targets().get("films:80@10.0.0.3"))
        assert lab.worker.targets().keys() == {"films:80@10.0.0.2", "films:80@10.0.0.3"}
        await asyncio.sleep(0)
        asked = lab.probes.asked.count("10.0.0.1")
        await until(lambda: lab.probes.asked[-5:].count("10.0.0.3") > 1)
        assert lab.probes.asked.count("10.0.0.1") == asked

    run(story, "films:80")


def test_a_name_server_that_is_gone_takes_no_backend_with_it(run):
    async def story(lab):
        await until(lambda: len(lab.worker.targets()) == 2)
        lab.names.leads_to = ()
        await lab.probes.more()
        assert list(lab.worker.targets().values()) == [True, True]

    run(story, "films:80")


def test_an_address_that_neither_name_nor_health_speak_for_is_never_believed_again(run):
    async def story(lab):
        await until(lambda: list(lab.worker.targets().values()) == [True, True])
        lab.names.leads_to = ()
        lab.probes.sick.add("10.0.0.1")
        await until(lambda: len(lab.worker.targets()) == 1)
        lab.probes.sick.clear()  # somebody answers there again: but who is it?
        await lab.probes.more()
        assert lab.worker.targets() == {"films:80@10.0.0.2": True}
        lab.names.leads_to = ("10.0.0.1",)
        await until(lambda: lab.worker.targets() == {"films:80@10.0.0.1": True})

    run(story, "films:80")


def test_an_address_is_the_name_s_that_leads_there_now(run):
    async def story(lab):
        lab.names.zone = {"films": ("10.0.0.1",), "books": ("10.0.0.2",)}
        both = {"films:80@10.0.0.1", "books:80@10.0.0.2"}
        await until(lambda: lab.worker.targets().keys() == both)
        lab.names.zone = {"films": (), "books": ("10.0.0.1",)}
        await until(lambda: lab.worker.targets() == {"books:80@10.0.0.1": True})

    run(story, "films:80", "books:80")


def test_a_name_that_leads_nowhere_yet_says_so_and_is_asked_again(run):
    async def story(lab):
        await asyncio.sleep(0.02)
        (waiting,) = (await lab.control.status())["variants"]["a"]["backends"]
        assert (waiting["address"], waiting["health"]) == ("films:80", "unhealthy")
        assert "films cannot be looked up: Name or service not known" in waiting["detail"]
        lab.names.leads_to = ("10.0.0.1",)
        await until(lambda: lab.worker.targets() == {"films:80@10.0.0.1": True})

    run(story, "films:80", leads_to=())


def test_a_name_that_no_name_server_could_know_leaves_the_others_alone(tmp_path):
    async def story():
        control = Control(settings_for(tmp_path, "films..example:80"))
        control.start()
        await asyncio.sleep(0.05)
        (seen,) = (await control.status())["variants"]["a"]["backends"]
        control.stop()
        assert "films..example cannot be looked up: " in seen["detail"]

    asyncio.run(story())


def test_workers_are_told_of_changes_and_of_nothing_else(run):
    async def story(lab):
        await until(lambda: all(lab.worker.targets().values()) and lab.worker.targets())
        told, asked = len(lab.worker.views), len(lab.probes.asked)
        await until(lambda: len(lab.probes.asked) > asked + 10)
        assert len(lab.worker.views) == told

    run(story, "films:80")


def test_one_whose_requests_fail_is_ejected_until_probes_speak_for_it_again(run):
    async def story(lab):
        first, second = "films:80@10.0.0.1", "films:80@10.0.0.2"
        await until(lambda: lab.worker.targets() == {first: True, second: True})
        lab.control.failing(first, "5 requests in a row failed")
        assert lab.worker.targets() == {first: False, second: True}
        backends = (await lab.control.status())["variants"]["a"]["backends"]
        seen = {each["address"]: each["detail"] for each in backends}
        assert seen == {first: "5 requests in a row failed", second: "looked at"}
        await until(lambda: lab.worker.targets() == {first: True, second: True})
        assert (
            f'ejections_total{{variant="a",backend="{first}"}} 1' in await lab.control.exposition()
        )

    run(story, "films:80")


def test_one_that_is_gone_already_is_not_ejected(run):
    async def story(lab):
        await until(lambda: len(lab.worker.targets()) == 2)
        told = len(lab.worker.views)
        lab.control.failing("films:80@10.0.0.7", "too late")
        assert len(lab.worker.views) == told

    run(story, "films:80")


def test_new_weights_are_confirmed_once_every_worker_has_heard_of_them(run):
    async def story(lab):
        lab.worker.has_time.clear()
        setting = asyncio.create_task(lab.control.set_weights({"a": 7}))
        await until(lambda: lab.worker.views and lab.worker.views[-1].weights == {"a": 7})
        assert not setting.done()
        lab.worker.has_time.set()
        await setting

    run(story, "films:80")


def test_a_change_of_weights_leaves_a_line_in_the_log(run, caplog):
    caplog.set_level("INFO")

    async def story(lab):
        before = lab.control.weights
        await lab.control.set_weights({"a": 7})
        assert f"weights: a 7, before that a {before['a']:g}" in caplog.messages

    run(story, "films:80")


def test_outcomes_are_told_to_all_together(run):
    async def story(lab):
        await until(lambda: list(lab.worker.targets().values()) == [True, True])
        told = len(lab.worker.views)
        for outcome in (1, 1, 0):
            lab.control.learnt("a", outcome)
        await until(lambda: lab.worker.views[-1].outcomes)
        assert sorted(lab.worker.views[-1].outcomes) == [("a", 0, 1), ("a", 1, 2)]
        assert len(lab.worker.views) == told + 1

    run(story, "films:80")


# The same with real sockets: two addresses of this machine behind one name.


class Backend:
    """Answers with its own address; a request for /slow only once it may."""

    def __init__(self, host):
        self.host = host
        self.paths = []
        self.may_answer = asyncio.Event()

    async def serve(self, reader, writer):
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                path = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode()
                if path != "/healthz":
                    self.paths.append(path)
                if path == "/slow":
                    await self.may_answer.wait()
                body = self.host.encode()
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
        writer.close()


@contextlib.asynccontextmanager
async def two_backends():
    one, two = Backend("127.0.0.1"), Backend("127.0.0.2")
    first = await asyncio.start_server(one.serve, one.host, 0)
    port = first.sockets[0].getsockname()[1]
    second = await asyncio.start_server(two.serve, two.host, port)
    yield one, two, port
    for each in (first, second):
        each.close()


@contextlib.asynccontextmanager
async def balancer_for(settings):
    """A balancer and its control in this loop; a function that asks it for a path."""
    control = Control(settings)
    worker = server.Alone(settings, server.open_log(settings), control)
    control.workers.append(worker)
    async with contextlib.AsyncExitStack() as stack:
        address = await server.listen(stack, worker.balancer, settings.listen, "listen")
        control.start()

        async def ask(path):
            reader, writer = await asyncio.open_connection(*address)
            writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
            answer = await reader.read()
            writer.close()
            return answer.rpartition(b"\r\n\r\n")[2].decode()

        yield ask
    await server.drain(worker.balancer)
    control.stop()
    worker.balancer.event_log.close()


@pytest.mark.needs("linux")
def test_one_that_leaves_its_name_gets_no_more_requests_and_finishes_what_it_has(
    tmp_path, monkeypatch
):
    async def story():
        names = NameServer(monkeypatch, "127.0.0.1")
        async with (
            two_backends() as (one, two, port),
            balancer_for(settings_for(tmp_path, f"films:{port}")) as ask,
        ):

            async def served_by(*hosts):
                async with asyncio.timeout(20):
                    while {await ask("/") for _ in range(6)} != set(hosts):
                        pass

            await served_by(one.host)
            names.leads_to = ("127.0.0.1", "127.0.0.2")
            await served_by(one.host, two.host)
            slow = [asyncio.create_task(ask("/slow")) for _ in range(2)]
            await until(lambda: "/slow" in one.paths and "/slow" in two.paths)
            names.leads_to = ("127.0.0.1",)
            await served_by(one.host)
            before = len(two.paths)
            await served_by(one.host)
            assert len(two.paths) == before
            for backend in (one, two):
                backend.may_answer.set()
            assert set(await asyncio.gather(*slow)) == {one.host, two.host}

    asyncio.run(story())


def test_a_backend_that_fails_requests_is_spared_and_comes_back(make_backend, make_lab):
    one, two = make_backend(), make_backend()
    lab = make_lab({"a": [one, two]}, eject_after=3)
    one.script = lambda connection, head: connection.close()
    assert {lab.ask("GET", "/")[0] for _ in range(10)} == {200}
    assert "3 requests in a row failed: " in lab.backends()[0]["detail"]
    assert (len(one.heads), len(two.heads)) == (3, 10)
    one.reset()
    lab.until(lambda: lab.backends()[0]["health"] == "healthy")
    assert {lab.ask("GET", "/")[0] for _ in range(4)} == {200}
    assert len(one.heads) == 2
    exposed = lab.ask("GET", "/metrics", port=lab.admin_port)[2].decode()
    assert re.search(rf'ejections_total\{{variant="a",backend="{one.address}"\}} 1\n', exposed)


def test_a_success_in_between_starts_the_count_anew(make_backend, make_lab):
    one, two = make_backend(), make_backend()
    lab = make_lab({"a": [one, two]}, eject_after=2)
    fails = itertools.cycle([True, False])
    one.script = lambda connection, head: connection.close() if next(fails) else connection.answer()
    assert {lab.ask("GET", "/")[0] for _ in range(12)} == {200}
    assert [each["health"] for each in lab.backends()] == ["healthy", "healthy"]
    assert len(one.heads) > 4
