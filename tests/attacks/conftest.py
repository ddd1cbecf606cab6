"""A balancer in front of a backend that records, with small limits and short patience."""

import pytest

from lab_utils import ports
from tests.attacks.actors import Backend, Balancer, Haproxy, until
from tests.attacks.cases import AFTER, LIMITS
from tests.attacks.wire import answers_in


@pytest.fixture(scope="module")
def _backend():
    backend = Backend()
    yield backend
    backend.close()


@pytest.fixture(scope="module")
def _balancer(_backend, tmp_path_factory, request):
    limits = getattr(request.module, "LIMITS", LIMITS)  # a module may have its own
    balancer = Balancer(tmp_path_factory.mktemp("balancer"), _backend.port, limits)
    yield balancer
    balancer.stop()


@pytest.fixture
def backend(_backend):
    """The only backend; polite, until a test gives it another `script`."""
    _backend.clear()
    return _backend


@pytest.fixture
def balancer(_balancer, backend):
    """The balancer in front of `backend`."""
    return _balancer


@pytest.fixture
def well_again(balancer, backend):
    """After the test the balancer has to be well: nothing is under way, and it answers."""
    yield
    backend.clear()
    until(lambda: balancer.in_flight() == 0)
    assert [each.body for each in answers_in(balancer.talk(AFTER))[0]] == [b"GET /after"]


@pytest.fixture(scope="module")
def _haproxy_backend():
    backend = Backend(narrow=False)
    yield backend
    backend.close()


@pytest.fixture(scope="module")
def _haproxy(_haproxy_backend, tmp_path_factory):
    haproxy = Haproxy(tmp_path_factory.mktemp("haproxy"), _haproxy_backend.port, ports.free_port())
    yield haproxy
    haproxy.stop()


@pytest.fixture
def haproxy_backend(_haproxy_backend):
    """What is behind HAProxy."""
    _haproxy_backend.clear()
    return _haproxy_backend


@pytest.fixture
def haproxy(_haproxy, haproxy_backend):
    """HAProxy in front of `haproxy_backend`."""
    return _haproxy
