import asyncio
import socket

import pytest
from balancer.names import Name


def entry(address):
    return (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0))


class NameServer:
    """Stands in for the loop's getaddrinfo: answers when told to, and counts the questions."""

    def __init__(self, monkeypatch):
        self.asked = 0
        self.answers = asyncio.Queue()
        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", self.look_up, raising=True)

    async def look_up(self, host, port, **_):
        self.asked += 1
        answer = await self.answers.get()
        if isinstance(answer, Exception):
            raise answer
        return [entry(address) for address in answer]


def run(story, monkeypatch):
    """Run an async test with a name and a name server of its own."""

    async def tell():
        await asyncio.wait_for(story(Name("recommender-b"), NameServer(monkeypatch)), 10)

    asyncio.run(tell())


def test_an_address_is_never_looked_up(monkeypatch):
    async def story(_, server):
        for host in ("127.0.0.1", "::1"):
            name = Name(host)
            await name.refresh()
            assert name.addresses == (host,)
        assert server.asked == 0

    run(story, monkeypatch)


def test_the_first_look_up_is_waited_for(monkeypatch):
    async def story(name, server):
        server.answers.put_nowait(["10.0.0.2", "10.0.0.3", "10.0.0.2"])
        await name.refresh()
        assert name.addresses == ("10.0.0.2", "10.0.0.3")

    run(story, monkeypatch)


def test_a_slow_name_server_holds_nobody_up_who_knows_an_address(monkeypatch):
    async def story(name, server):
        server.answers.put_nowait(["10.0.0.2"])
        await name.refresh()
        for _ in range(5):
            await name.refresh()
            await asyncio.sleep(0)
        assert name.addresses == ("10.0.0.2",)
        assert server.asked == 2  # the second is still under way, and there is no third

    run(story, monkeypatch)


def test_a_container_that_comes_back_elsewhere_is_found(monkeypatch):
    async def story(name, server):
        for answer in (["10.0.0.2"], ["10.0.0.9"]):
            server.answers.put_nowait(answer)
            await name.refresh()
        while name.addresses != ("10.0.0.9",):
            await asyncio.sleep(0)

    run(story, monkeypatch)


def test_a_name_that_leads_nowhere_says_so_and_keeps_what_was_known(monkeypatch):
    async def story(name, server):
        gone = socket.gaierror(-2, "Name or service not known")
        server.answers.put_nowait(gone)
        await name.refresh()
        assert name.addresses == ()
        assert "recommender-b cannot be looked up: Name or service not known" in name.problem
        server.answers.put_nowait(["10.0.0.2"])
        await name.refresh()
        server.answers.put_nowait(gone)
        await name.refresh()
        await asyncio.sleep(0.01)
        assert name.addresses == ("10.0.0.2",)

    run(story, monkeypatch)


@pytest.mark.parametrize("host", ["localhost"])
def test_a_real_name_is_looked_up_by_the_system(host):
    async def story():
        name = Name(host)
        await name.refresh()
        return name.addresses

    assert "127.0.0.1" in asyncio.run(story())
