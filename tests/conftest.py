"""What tests may need of a machine, and how loudly it is said when a machine has it not.

`@pytest.mark.needs("docker")` skips where there is no engine, unless LAB_REQUIRE names it
(`LAB_REQUIRE=docker,network ./lab test`): then the missing need is a failure. Whatever was
skipped is listed at the end with the reason and how to get it.
"""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import sys
from collections import defaultdict

import pytest

from lab_utils import docker_engine, jupyter_lab, runtimes
from lab_utils.ports import Ports
from lab_utils.self_test import TEST_PROJECT
from lab_utils.stack.containers import ContainerStack
from lab_utils.stack.processes import ProcessStack


def _docker() -> str | None:
    try:
        docker_engine.find()
    except docker_engine.EngineUnavailable as missing:
        return f"{missing.found}; {missing.next_step}"
    return None


def _network() -> str | None:
    import ssl

    import httpx
    from pip._internal.models.index import PyPI  # the package index, as pip itself names it

    try:
        httpx.head(PyPI.simple_url, timeout=10, verify=ssl.create_default_context())
    except httpx.HTTPError as error:
        return f"the package index does not answer ({error}); connect to the network"
    return None


def _linux() -> str | None:
    return None if sys.platform == "linux" else "this is not Linux; use a virtual machine or WSL 2"


def _posix() -> str | None:
    return None if os.name == "posix" else "this is Windows; use WSL 2"


def _root() -> str | None:
    return None if hasattr(os, "geteuid") and os.geteuid() == 0 else "not root"


def _wrk() -> str | None:
    if sys.platform == "linux" and shutil.which("wrk"):
        return None
    return "wrk is missing, or this is not Linux; on Debian and Ubuntu `apt-get install wrk`"


def _vm() -> str | None:
    reason = runtimes.missing("vm")
    return f"{reason.found}; {reason.next_step}" if reason else None


def _haproxy() -> str | None:
    return _debian("haproxy")


def _slowhttptest() -> str | None:
    return _debian("slowhttptest")


def _varnishtest() -> str | None:
    return _debian("varnishtest", "varnish")


def _browser() -> str | None:
    if jupyter_lab.browser():
        return None
    return "no Chromium or Chrome; on Debian and Ubuntu `apt-get install chromium`"


def _debian(program: str, package: str | None = None) -> str | None:
    if shutil.which(program):
        return None
    return f"{program} is missing; on Debian and Ubuntu `apt-get install {package or program}`"


NEEDS = {
    "browser": _browser,
    "docker": _docker,
    "haproxy": _haproxy,
    "linux": _linux,
    "network": _network,
    "posix": _posix,
    "root": _root,
    "slowhttptest": _slowhttptest,
    "varnishtest": _varnishtest,
    "vm": _vm,
    "wrk": _wrk,
}


@functools.cache
def missing(need: str) -> str | None:
    """Why this machine has not what is needed; None where it has."""
    return NEEDS[need]()


def required() -> set[str]:
    """The needs whose absence is a failure, from LAB_REQUIRE."""
    words = {word.strip() for word in os.environ.get("LAB_REQUIRE", "").split(",")} - {""}
    if unknown := words - set(NEEDS):
        raise pytest.UsageError(f"LAB_REQUIRE names {unknown}; known are {sorted(NEEDS)}")
    return words


_skipped: dict[str, list[str]] = defaultdict(list)


def pytest_configure(config: pytest.Config) -> None:
    required()


def pytest_runtest_setup(item: pytest.Item) -> None:
    for mark in item.iter_markers("needs"):
        for need in mark.args:
            why = missing(need)
            if why is None:
                continue
            if need in required():
                pytest.fail(f"LAB_REQUIRE names {need}, and: {why}", pytrace=False)
            _skipped[need].append(item.nodeid)
            pytest.skip(f"needs {need}: {why}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not _skipped:
        return
    terminalreporter.section("NOT TESTED ON THIS MACHINE", yellow=True, bold=True)
    for need, tests in _skipped.items():
        terminalreporter.line(f"{len(tests)} tests need {need}: {missing(need)}", yellow=True)
    terminalreporter.line(f"LAB_REQUIRE={','.join(_skipped)} makes these failures", yellow=True)


@contextlib.contextmanager
def full_disk():
    """Files can be made meanwhile, but nothing can be written into them."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:  # before pytest itself writes again, into a file perhaps
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture(name="full_disk")
def _full_disk():
    return full_disk


@pytest.fixture(scope="session")
def engine():
    """The machine's engine; for tests that are marked as needing docker."""
    return docker_engine.find()


@pytest.fixture(scope="session")
def container_stack(engine):
    """A stack in containers beside the user's own, up; removed at the end with its images."""
    stack = ContainerStack(engine, Ports.free(), TEST_PROJECT)
    engine.remove_all(TEST_PROJECT)
    try:
        stack.up(print)
        yield stack
    finally:
        engine.remove_all(TEST_PROJECT)


@pytest.fixture(scope="session")
def process_stack(tmp_path_factory):
    """A stack of local processes beside the user's own, up."""
    stack = ProcessStack(Ports.free(), tmp_path_factory.mktemp("processes"))
    stack.up(print)
    yield stack
    stack.down(print)
