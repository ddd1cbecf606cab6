"""The exercises of notebook 03, judged by the files and the system as they are."""

from __future__ import annotations

from typing import Any

from lab_utils.checks.answers import described, one_of, some_of, text, whole
from lab_utils.checks.exercise import NotYet, exercise
from lab_utils.compose.change import STEPS, Change
from lab_utils.compose.draft import Draft, NotReadable, exposed
from lab_utils.compose.file import STACK_FILE
from lab_utils.compose.moments import Moments
from lab_utils.compose.project import understood
from lab_utils.compose.reach import Reach
from lab_utils.compose.scaling import Scaled
from lab_utils.errors import LabError
from lab_utils.stack.base import SERVICES
from lab_utils.stack.tracing import Complaint

REPLICAS = 3
"""Containers that exercise 03.4 asks for."""


@exercise(
    "03.1",
    "Which services start without waiting for another?",
    hint="Look at each section of compose.yaml for the key `depends_on`. Who has none waits for "
    "nobody.",
    answer="train-a, train-b and balancer. The trainers come first because others wait for them; "
    "the balancer has no `depends_on` at all: it asks each backend for its health and serves "
    "those that are well, so it has no reason to wait.",
)
def starts_at_once(services: object) -> str:
    """By compose.yaml as it stands."""
    waits = STACK_FILE.waits()
    said = some_of(services, STACK_FILE.services)
    right = {name for name, others in waits.items() if not others}
    if left_out := said - waits.keys():
        raise NotYet(
            f"{_listed(left_out)}: a service with `profiles`",
            "services that a plain `docker compose up` starts",
            "leave out what has to be asked for by name",
        )
    if waiting := said - right:
        name = min(waiting)
        raise NotYet(
            f"{name} waits for {_listed(waits[name])}",
            "services whose section has no `depends_on`",
            f"look at the section of {name} again, and at those of the others you named",
        )
    if not said:
        raise NotYet("no service at all", "at least one", "somebody has to begin: who can?")
    if missing := right - said:
        raise NotYet(
            f"{_listed(said)}, which is right, but not all",
            f"{len(missing)} more",
            "read the sections of those that you left out: who would wait, and for whom?",
        )
    return f"{_listed(right)} have no `depends_on`: they start at once"


@exercise(
    "03.2",
    "Whose request was it, and who answered?",
    hint="The name of the request is in `complaint.request_id`. `tracing.find` goes through all "
    "logs with it, as you would with `grep`.",
    answer="`tracing.find(here, complaint.request_id)` shows two lines. The event log's names the "
    "user, nobody-we-know, and the variant that the balancer chose for this name; the line of "
    "that recommender has the status 404: it answered, and it does not know this user. Nothing "
    "was broken.",
)
def find_the_request(service_and_user: object, complaint: Complaint) -> str:
    """By the balancer's event log."""
    service, user = _pair(service_and_user, "a service and a user")
    event = complaint.event
    answered = f"recommender-{event['variant']}"
    said = one_of(service, SERVICES)
    who = text(user)
    if said == "balancer":
        raise NotYet(
            "the balancer, which passed the answer on",
            "the service that made the answer",
            "look for the line that begins with a recommender's name",
        )
    if said != answered:
        raise NotYet(
            f"{said} has no line with {complaint.request_id}",
            "the service in whose log the name of the request stands",
            "look at what stands before the `|` of the second line",
        )
    if complaint.request_id in who:
        raise NotYet(
            "the name of the request",
            "the user's",
            "in the event log's line it stands after `user_id`",
        )
    if who != event["user_id"]:
        raise NotYet(
            f"{described(who)}, whose request was another one",
            f"the user of {complaint.request_id}",
            "the event log's line names it: `user_id`, and again in `path`",
        )
    return f"{answered} answered {event['status']} to user {who}: {event['path']}"


@exercise(
    "03.3",
    "Which of these connections can be opened?",
    hint="A name is known to the members of a network, and to nobody else. And whose own address "
    "is 127.0.0.1, inside a container?",
    answer="{'A', 'C', 'E'}. A: in one network services find each other by name. C: the port is "
    "published on this computer. E: on their own network all ports are open to all members, the "
    "admin port, too: what is not published is hidden from outsiders only. Not B and F: the name "
    "is unknown outside the network. Not D: 127.0.0.1 is the container itself, and there the "
    "balancer has nothing on port 8000.",
)
def reachable(letters: object, reach: Reach) -> str:
    """By what happened when each was tried."""
    said = some_of(letters, reach.opened)
    right = {letter for letter, opened in reach.opened.items() if opened}
    if said == right:
        return f"tried: {', '.join(sorted(right))} could be opened, and no other"
    wrong = sorted(said - right)
    if outside := [each for each in wrong if each in "BF"]:
        raise NotYet(
            f"{outside[0]}, where somebody outside the network uses a service's name",
            "connections that can be opened",
            "who answers when this computer, or a stranger, asks what address that name has?",
        )
    if wrong:
        raise NotYet(
            f"{wrong[0]}, which could not be opened",
            "connections that can be opened",
            "each container is a computer of its own to its programs: what is 127.0.0.1 there?",
        )
    missing = right - said
    hint = (
        "does a network's member need a published port to be reached by another one?"
        if missing & {"A", "E"}
        else "what is a published port for?"
    )
    named = _listed(said) or "none"
    raise NotYet(f"{named}: right as far as it goes", "one or more others", hint)


@exercise(
    "03.4",
    "Three containers of recommender a",
    hint="`up --detach --scale SERVICE=NUMBER SERVICE`, and the variable that sets the port: of a "
    "fixed one there is one only, and 0 means any free one.",
    answer="`LAB_PORT_A=0 docker compose up --detach --no-deps --no-recreate --scale "
    "recommender-a=3 recommender-a`. With `LAB_PORT_A=0` each container gets a free port of its "
    "own; `--no-recreate` leaves the first one alone, `--no-deps` the trainers.",
)
def three_containers(command: object, scaled: Scaled) -> str:
    """By what runs, and whom the balancer has healthy."""
    typed = text(command)
    output = scaled.output
    if why_not := understood(typed)[2]:
        raise NotYet(
            f"it was not run: {why_not}", "a command that can be run here", "mend that first"
        )
    if scaled.running is None or scaled.served is None:
        raise LabError("counting the containers", output.said, "ours is shown by .solution()")
    if output.exit_code and "port is already allocated" in output.said:
        raise NotYet(
            "a second container wanted the port that the first one has",
            "a port for each",
            "set LAB_PORT_A for this command, so that each may take a free one",
        )
    if output.exit_code:
        raise NotYet(
            f"exit code {output.exit_code}: {output.said.splitlines()[-1]}",
            "a command that Compose takes",
            "the last line says what it does not like",
        )
    if scaled.running != REPLICAS:
        raise NotYet(
            f"`{typed[:70]}` left {scaled.running} running",
            f"{REPLICAS} containers",
            "how many of which service is told by `--scale`",
        )
    if scaled.served != REPLICAS:
        raise NotYet(
            f"{REPLICAS} run, and the balancer has {scaled.served} of them healthy",
            "a balancer that knows them all",
            "it looks the name up every two seconds: run the cell again, and read "
            "`docker compose ps`",
        )
    return f"{scaled.running} containers run, and the balancer found all of them by their one name"


@exercise(
    "03.5",
    "A change that nobody notices",
    hint="At each moment somebody has to be there, and the balancer has to know it.",
    answer="['start', 'wait', 'stop']: there is a container at every moment, and the balancer "
    "knows the new one before the old one goes. A request that still meets the old one while it "
    "stops is asked again elsewhere.",
)
def unnoticed(steps: object, change: Change) -> str:
    """By the visitors who got no films."""
    if change.refused:
        if not isinstance(steps, list | tuple):
            example = '`["...", "...", "..."]`'
            raise NotYet(described(steps), "a list of three texts", f"write it as {example}")
        missing = [step for step in STEPS if step not in steps]
        saw = f"{described(steps)}" + (f", without `{missing[0]}`" if missing else "")
        raise NotYet(saw, "each of the three steps once", "copy their names from the text above")
    order = change.order
    saw = f"{change.lost} of {len(change.visits)} visitors lost"
    if not change.lost:
        return f"{saw}; the longest waited {change.longest_ms:,.0f} ms"
    if order.index("stop") < order.index("start"):
        gap = "not even waiting helps" if order[-1] == "start" else "until the other one is found"
        raise NotYet(
            f"{saw}: from `stop` on there was nobody ({gap})",
            "a container that answers at every moment",
            "what has to be there before the old one may go?",
        )
    if order.index("wait") < order.index("start"):
        raise NotYet(
            f"{saw}: `wait` came first, when there was nothing to wait for",
            "a balancer that knows the new container before the old one goes",
            "wait for something that has begun",
        )
    if order.index("stop") < order.index("wait"):
        raise NotYet(
            f"{saw}: the new one ran, and the balancer still asked the old one",
            "a balancer that knows both for a moment",
            "running and being found are two things: where does the waiting belong?",
        )
    raise NotYet(
        f"{saw}, though the order is a good one",
        "none lost",
        "this computer is busy: run the cell again",
    )


@exercise(
    "03.6",
    "Which service ended first, and with which exit code?",
    hint="The loudest is not the first. `docker compose logs --timestamps` has the time before "
    "each line, `docker compose ps --all` the exit codes.",
    answer="store, with 3: STORE_FOLDER was not set. prices ended because the store did not "
    "answer, till because prices did not: each complained louder than the one before.",
)
def ended_first(service_and_code: object, moments: Moments) -> str:
    """By when the engine saw each container end."""
    service, exit_code = _pair(service_and_code, "a service and an exit code")
    ended = moments.ended
    said = one_of(service, [each.service for each in ended])
    code = whole(exit_code)
    first = ended[0]
    if said == ended[-1].service:
        raise NotYet(
            f"{said}, which ended last and complained loudest",
            "the service that ended before all others",
            "compare the times, and not the words",
        )
    if said != first.service:
        raise NotYet(
            f"{said}, which ended because another one was gone",
            "the service that ended before all others",
            "whom did it ask when it gave up?",
        )
    if code == 0:
        raise NotYet("exit code 0", "that of a program that failed", "0 means: all went well")
    if code != first.exit_code:
        raise NotYet(
            f"{code}, and another one ended with that",
            f"the code with which {said} ended",
            "it stands in brackets in its line of `docker compose ps --all`",
        )
    return f"{said} ended first, with exit code {code}"


@exercise(
    "03.7",
    "Your own Compose file",
    hint="Each of the four has its model in the stack's own compose.yaml: `ports` of the "
    "balancer, `depends_on` of nginx, `secrets` at the end; a health check is in the sample "
    "`sick`, asking at the wrong door.",
    answer="It is the file notebooks/compose/ours/compose.yaml: the port on 127.0.0.1, a "
    "healthcheck, `depends_on: films: {condition: service_healthy}`, and the key as a secret from "
    "a file, with no value of it in the file itself.",
)
def my_file(draft: object) -> str:
    """By the file as Compose resolves it."""
    if not isinstance(draft, Draft):
        raise NotYet(described(draft), "`my_file.answer`", "give what `compose.mine` returned")
    try:
        resolved = draft.resolved()
    except NotReadable as error:
        raise NotYet(
            error.found.splitlines()[-1], "a file that Compose can read", error.next_step
        ) from None
    films, reader = _services(resolved)
    _demand_port(resolved, films)
    _demand_health(films)
    _demand_order(reader)
    _demand_secret(reader)
    return "Compose reads it; its port is this computer's only, and the reader waits for health"


def _services(resolved: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    services = resolved.get("services") or {}
    for name in ("films", "reader"):
        if name not in services:
            raise NotYet(f"no service {name}", "both services", f"call one of them {name} again")
    return services["films"], services["reader"]


def _demand_port(resolved: dict[str, Any], films: dict[str, Any]) -> None:
    if open_to_all := exposed(resolved):
        raise NotYet(
            f"port {open_to_all[0]} is open to the whole network",
            "a port that only this computer reaches",
            "say on which address it is published, before the port, as the stack's own file does",
        )
    if not films.get("ports"):
        raise NotYet(
            "films publishes no port at all",
            "one that this computer can reach",
            "put `ports` back, with the address before the port",
        )


def _demand_health(films: dict[str, Any]) -> None:
    check = films.get("healthcheck") or {}
    if not check.get("test") or check.get("disable"):
        raise NotYet(
            "films has no health check",
            "a command that ends well when films answers",
            "add `healthcheck:` with `test:` and `interval:`, indented as `ports:` is",
        )
    if not any("8000" in str(word) for word in check["test"]):
        raise NotYet(
            "a health check that does not ask films at its port 8000",
            "one that asks the server itself",
            "the port is the one inside the container: the one that `command` names",
        )
    asks = " ".join(map(str, check["test"]))
    if missing := [program for program in ("curl", "wget") if program in asks]:
        raise NotYet(
            f"a health check that asks with {missing[0]}, and films' image has no such program",
            "one that can be run inside the container",
            "python3 is there: the sample `sick` asks with it",
        )


def _demand_order(reader: dict[str, Any]) -> None:
    condition = ((reader.get("depends_on") or {}).get("films") or {}).get("condition")
    if condition != "service_healthy":
        raise NotYet(
            f"the reader waits until films is {str(condition or 'nothing').split('_')[-1]}",
            "a reader who comes once films is well",
            "`depends_on` can name a condition: the stack's own file has two kinds of them",
        )


def _demand_secret(reader: dict[str, Any]) -> None:
    if "API_KEY" in (reader.get("environment") or {}):
        raise NotYet(
            "the key still is in the environment, for everybody who may inspect",
            "a key in a file that is mounted",
            "take `environment` away and give the reader `secrets: [api_key]`",
        )
    if not any(each.get("source") == "api_key" for each in reader.get("secrets") or ()):
        raise NotYet(
            "the reader has no secret named api_key",
            "the key at /run/secrets/api_key",
            "`secrets:` stands in two places: in the service, and at the left edge with its `file`",
        )


def _pair(answer: object, what: str) -> tuple[object, object]:
    if not isinstance(answer, tuple | list) or len(answer) != 2:
        example = "write two things with a comma between them, each text in quotes of its own"
        raise NotYet(described(answer), what, example)
    return answer[0], answer[1]


def _listed(names: Any) -> str:
    return ", ".join(sorted(names))
