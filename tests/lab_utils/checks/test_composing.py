"""The exercises of notebook 03: right and typically wrong answers, with no engine at hand."""

import pytest

from lab_utils.checks import composing as check
from lab_utils.compose.change import Change, refused
from lab_utils.compose.draft import OURS, Draft
from lab_utils.compose.moments import Moment, Moments
from lab_utils.compose.output import Output
from lab_utils.compose.reach import Reach, questions
from lab_utils.compose.scaling import OURS as SCALE
from lab_utils.compose.scaling import Scaled
from lab_utils.compose.visitors import Visit
from lab_utils.ports import Ports
from lab_utils.stack.tracing import Complaint
from tests.lab_utils.checks.cases import Case, Try

EVENT = {"user_id": "nobody", "variant": "b", "status": 404, "path": "/recommend/nobody?n=3"}
COMPLAINT = Complaint("48cd-1a", EVENT)
REACH = Reach(
    dict(zip("ABCDEF", (True, False, True, False, True, False), strict=True)), questions(Ports())
)
ENDED = Moments(
    (
        Moment("store", 0.0, None, 2.0, 3),
        Moment("prices", 0.3, None, 2.5, 1),
        Moment("till", 0.6, None, 2.9, 1),
    )
)

PLAIN = "docker compose up --detach recommender-a"


def change(*order, lost):
    visits = [Visit(at / 40, 5.0, 503 if at < lost else 200) for at in range(100)]
    return Change(order, (0.0, 0.1, 0.2), tuple(visits))


def scaled(said="", exit_code=0, running=3, served=3):
    return Scaled(Output(SCALE, exit_code, said), running, served)


class FileOf(Draft):
    """A draft that Compose has resolved to this."""

    def __init__(self, **changed):
        object.__setattr__(self, "folder", OURS)
        object.__setattr__(self, "changed", changed)

    def resolved(self):
        films = {
            "ports": [{"host_ip": "127.0.0.1", "target": 8000, "published": "8090"}],
            "healthcheck": {"test": ["CMD", "python3", "-c", "... 127.0.0.1:8000"]},
        }
        reader = {
            "depends_on": {"films": {"condition": "service_healthy"}},
            "secrets": [{"source": "api_key"}],
        }
        services = {"films": films, "reader": reader}
        for name, value in self.changed.items():
            service, _, key = name.partition("_")
            services[service][key] = value
        return {"services": services}


CASES = [
    Case(
        check=check.starts_at_once,
        right=(
            Try(({"train-a", "train-b", "balancer"},), "start at once"),
            Try((["Balancer", "train-b", "train-a"],), "balancer, train-a, train-b"),
        ),
        wrong=(
            Try(({"train-a", "train-b"},), "1 more"),
            Try(({"train-a", "recommender-a"},), "recommender-a waits for train-a"),
            Try(({"train-a", "train-b", "balancer", "nginx"},), "nginx: a service with"),
            Try(({"trainer"},), "slip of the pen"),
            Try(("train-a",), "between braces"),
            Try((set(),), "no service at all"),
        ),
        secret="train-a, train-b and balancer",
    ),
    Case(
        check=check.find_the_request,
        right=(Try((("recommender-b", "nobody"), COMPLAINT), "recommender-b answered 404"),),
        wrong=(
            Try((("recommender-a", "nobody"), COMPLAINT), "recommender-a has no line"),
            Try((("balancer", "nobody"), COMPLAINT), "passed the answer on"),
            Try((("recommender-b", "17"), COMPLAINT), "whose request was another"),
            Try((("recommender-b", "48cd-1a"), COMPLAINT), "the name of the request"),
            Try((("recommender-b", 17), COMPLAINT), "in quotes"),
            Try((("b", "nobody"), COMPLAINT), "slip of the pen"),
            Try(("recommender-b", COMPLAINT), "a comma between"),
        ),
        secret="nobody-we-know",
    ),
    Case(
        check=check.reachable,
        right=(Try(({"A", "C", "E"}, REACH), "A, C, E could be opened"),),
        wrong=(
            Try(({"A", "B", "C", "E"}, REACH), "B, where somebody outside"),
            Try(({"A", "C", "D", "E"}, REACH), "D, which could not be opened"),
            Try(({"A", "C"}, REACH), "need a published port"),
            Try(({"A", "E"}, REACH), "what is a published port for"),
            Try(({"A", "C", "E", "F"}, REACH), "F, where somebody outside"),
            Try(("ACE", REACH), "between braces"),
            Try(({"G"}, REACH), "slip of the pen"),
        ),
        secret=r"'A', 'C', 'E'",
    ),
    Case(
        check=check.three_containers,
        right=(Try((SCALE, scaled()), "3 containers run"),),
        wrong=(
            Try((PLAIN, scaled("... port is already allocated", 1, 1, 1)), "wanted the port"),
            Try((PLAIN, scaled("unknown flag: --skale", 16, 1, 1)), "unknown flag"),
            Try((PLAIN, scaled(running=1, served=1)), "left 1 running"),
            Try((PLAIN, scaled(running=3, served=1)), "has 1 of them healthy"),
            Try(("docker compose up", scaled("", None)), "it was not run"),
            Try(("no idea", scaled("", None, None, None)), "a terminal runs anything"),
            Try((3, scaled()), "in quotes"),
        ),
        secret="LAB_PORT_A=0",
    ),
    Case(
        check=check.unnoticed,
        right=(
            Try((["start", "wait", "stop"], change("start", "wait", "stop", lost=0)), "0 of 100"),
        ),
        wrong=(
            Try((["stop", "start", "wait"], change("stop", "start", "wait", lost=60)), "nobody ("),
            Try((["stop", "wait", "start"], change("stop", "wait", "start", lost=90)), "waiting h"),
            Try((["start", "stop", "wait"], change("start", "stop", "wait", lost=40)), "still ask"),
            Try(
                (["wait", "start", "stop"], change("wait", "start", "stop", lost=45)), "came first"
            ),
            Try((["start", "stop"], refused(["start", "stop"])), "without `wait`"),
            Try(("start", refused("start")), "list of three texts"),
            Try((["start", "wait", "stop"], change("start", "wait", "stop", lost=1)), "is busy"),
        ),
        secret=r"'start', 'wait', 'stop'",
    ),
    Case(
        check=check.ended_first,
        right=(Try((("store", 3), ENDED), "store ended first"), Try((("Store", 3.0), ENDED), "3")),
        wrong=(
            Try((("till", 1), ENDED), "complained loudest"),
            Try((("prices", 1), ENDED), "another one was gone"),
            Try((("store", 1), ENDED), "another one ended with that"),
            Try((("store", 0), ENDED), "all went well"),
            Try((("store", "3"), ENDED), "leave the quotes out"),
            Try((("films", 3), ENDED), "slip of the pen"),
        ),
        secret="STORE_FOLDER",
    ),
    Case(
        check=check.my_file,
        right=(Try((FileOf(),), "this computer's only"),),
        wrong=(
            Try((FileOf(films_ports=[{"published": "8090"}]),), "open to the whole network"),
            Try((FileOf(films_ports=[]),), "no port at all"),
            Try((FileOf(films_healthcheck={}),), "has no health check"),
            Try((FileOf(films_healthcheck={"test": ["CMD", "true"]}),), "does not ask films"),
            Try(
                (FileOf(films_healthcheck={"test": ["CMD", "curl", "http://127.0.0.1:8000"]}),),
                "no such program",
            ),
            Try(
                (FileOf(reader_depends_on={"films": {"condition": "service_started"}}),), "started"
            ),
            Try((FileOf(reader_environment={"API_KEY": "x"}),), "still is in the environment"),
            Try((FileOf(reader_secrets=[]),), "no secret named"),
            Try(("compose.yaml",), "what `compose.mine` returned"),
        ),
        secret="films: {condition: service_healthy}",
    ),
]


@pytest.fixture(autouse=True)
def progress(monkeypatch, tmp_path):
    monkeypatch.setenv("LAB_PROGRESS", str(tmp_path / "progress.json"))


def test_what_nobody_could_look_at_is_no_wrong_answer():
    unseen = Scaled(Output("docker compose up", None, "This needs a Docker Engine"), None, None)
    verdict = check.three_containers("docker compose up --detach", unseen)
    assert verdict.kind == "could not look"
    assert "needs a Docker Engine" in verdict.saw


@pytest.mark.needs("docker")
@pytest.mark.parametrize(
    ("right", "wrong", "says"),
    [
        ("services:", "servces:", "servces"),
        ("\n    init", "\n\tinit", "tab"),
        ("127.0.0.1:$", "$", "open to the whole network"),
        ("service_healthy", "service_started", "until films is started"),
        ("    secrets: [api_key]", "", "no secret named api_key"),
    ],
)
def test_a_file_is_judged_as_compose_resolves_it(tmp_path, right, wrong, says):
    text = (OURS / "compose.yaml").read_text()
    (tmp_path / "compose.yaml").write_text(text.replace(right, wrong, 1))
    verdict = check.my_file(Draft(tmp_path))
    assert verdict.kind == "not yet"
    assert says in f"{verdict.saw} {verdict.next_step}"


@pytest.mark.needs("docker")
def test_our_own_file_passes():
    assert check.my_file(Draft(OURS)).is_right
