"""The exercises of notebook 04: a split, what is wrong with it, and the strategies that mend it."""

from __future__ import annotations

import inspect
import itertools

from scipy.stats import binomtest

from lab_utils import balancer, practice, visits, waiting
from lab_utils.checks.answers import NotYet, called, function, number, probability
from lab_utils.checks.exercise import exercise
from lab_utils.checks.splits import (
    PLANNED,
    TOO_FAR,
    demand_mixing,
    demand_no_memory,
    demand_no_salted_hash,
    demand_share,
    demand_variants,
    for_each,
    times,
)
from lab_utils.errors import LabError
from lab_utils.stack.base import Stack

DRAWS = 10_000
USERS = [str(user) for user in range(1, 2001)]
STAFF, OTHERS = range(1, 21), range(21, 321)
SALT = "winter"
"""Of the balancers of 04.6: with it sticky gives a to users 1, 20 and 21, who tell < from <=."""
NOTICE_S = 20.0
"""Seconds that the balancer has to notice a death, or a return: ten, two probes, and some."""


@exercise(
    "04.1",
    "Can you split requests 70 to 30?",
    hint="The module `random` has a function that draws from a list by weights.",
    answer='`return random.choices(["a", "b"], [70, 30])[0]`: one draw by weight for each request, '
    "and no memory of the one before.",
)
def randomiser(pick: object) -> str:
    """A function without arguments that names a variant, anew at each call."""
    draw = function(pick, "pick()")
    # once before the many: one that prints, prints once
    demand_variants(called(times, draw, 1, shown="pick()"), "pick()")
    drawn = called(times, draw, DRAWS, shown="pick()")
    demand_variants(drawn, "pick()")
    share = drawn.count("a") / DRAWS
    saw = f"of {DRAWS:,} calls {share:.1%} gave a"
    demand_share(share, DRAWS, saw)
    switches = sum(one != other for one, other in itertools.pairwise(drawn))
    if binomtest(switches, DRAWS - 1, 2 * PLANNED * (1 - PLANNED)).pvalue < TOO_FAR:
        raise NotYet(
            f"{saw}, but a follows b and b follows a in a pattern: {switches:,} changes",
            "each call to be independent of those before",
            "draw a random number in each call, and count nothing",
        )
    return "10,000 calls: as near to 70 % as chance allows, and none depends on the one before"


@exercise(
    "04.2",
    "Three visits each: what share of the users meets both variants?",
    hint="Whoever does not meet both has met the same one three times. That happens in two ways.",
    answer="0.63: three times a has probability 0.7³ = 0.343, three times b 0.3³ = 0.027. The "
    "rest, 1 - 0.343 - 0.027, have met both.",
)
def met_both(share: object) -> str:
    """A share of users, from 0 to 1."""
    found = probability(share)
    slips = {
        0.42: (
            "that is two visits' share: 2 · 0.7 · 0.3",
            "a share for three visits, which is larger",
            "begin with those who do not meet both",
        ),
        0.37: (
            "that is the share of those who meet the same variant three times",
            "the share of all the others",
            "there are only two kinds of users: you have one, and want the other",
        ),
        0.657: (
            "that leaves out those who meet a three times, and nobody else",
            "a little less: there is a second way to meet one variant only",
            "think of those who meet b each time",
        ),
        0.3: (
            "that is the share of requests that b gets",
            "a share of users, after three requests each",
            "a user draws three times: multiply probabilities",
        ),
    }
    for slip, (saw, expected, next_step) in slips.items():
        if abs(found - slip) < 0.006:
            raise NotYet(f"{found:g}: {saw}", expected, next_step)
    if abs(found - (1 - PLANNED**3 - (1 - PLANNED) ** 3)) > 0.005:
        raise NotYet(
            f"{found:g}",
            "a share to within half a percentage point",
            "what is the probability of a, a and a again? And what else is left?",
        )
    return f"{found:g}: as probability has it; compare it with what you measure next"


@exercise(
    "04.3",
    "Can a user keep the variant without anybody remembering it?",
    hint="A hash turns a text into a number that looks random and is the same each time: "
    "`zlib.crc32(user.encode())`. What is left of it after a division by 100?",
    answer='`return "a" if zlib.crc32(user.encode()) % 100 < 70 else "b"`: the same text has the '
    "same hash in every process and on every machine, so nobody has to remember anything.",
)
def keep(rule: object) -> str:
    """A function from a user, a text, to a variant."""
    choose = inspect.unwrap(function(rule, "keep(user)"))  # without the memory of an `lru_cache`
    demand_variants(called(for_each, choose, USERS[:1], shown="keep(user)"), "keep(user)")
    first, again = (called(for_each, choose, USERS, shown="keep(user)") for _ in range(2))
    demand_variants(first, "keep(user)")
    for user, before, after in zip(USERS, first, again, strict=True):
        if before != after:
            raise NotYet(
                f"user {user} got {before}, and when asked again {after}",
                "the same variant for the same user, each time",
                "let the user's name decide, not a draw",
            )
    demand_no_memory(choose)
    demand_no_salted_hash(choose)
    demand_mixing(first)
    share = first.count("a") / len(USERS)
    demand_share(share, len(USERS), f"{share:.1%} of {len(USERS):,} users have a")
    return f"{len(USERS):,} users, each with the same variant twice; {share:.1%} have a"


@exercise(
    "04.4",
    "Can you give half of the users to b, with everything running?",
    hint="The admin port takes `PUT /weights` with a JSON object; only their ratio counts.",
    answer='`httpx.put(here.ports.url("admin") + "/weights", json={"a": 50, "b": 50})`: equal '
    "weights, in force from the next request on. Sticky moves users to b, and none away from it.",
)
def even_split(stack: Stack) -> str:
    """The state of the balancer: its weights, and whom it sends where."""
    planned = balancer.planned_split(stack.ports)
    share = planned["b"]
    said = f"the balancer's weights give b {share:.1%}"
    if share in (0, 1):
        raise NotYet(
            said,
            "both to have users",
            "a weight of 0 means nobody: give each variant more than that",
        )
    if abs(share - 0.3) < 0.001:
        raise NotYet(
            f"{said}, as its settings do",
            "more than that for b",
            "put other weights; whether they were taken is in what the admin port answers: print "
            "its `.text`",
        )
    if abs(share - 0.7) < 0.001:
        raise NotYet(
            said, "as many users for a as for b", "they are exchanged now; make them the same"
        )
    if share != 0.5:
        raise NotYet(
            said,
            "the two weights to be the same number",
            "they need not sum to 100: it is their ratio that counts",
        )
    seen = visits.ask(stack.ports.url("balancer"), range(1, 401))
    got = seen.split.get("b", 0.0)
    saw = f"{said}, and of 400 users {got:.1%} got b"
    if seen.failed:
        raise NotYet(
            f"{saw}; {seen.failed:.0%} of the visits failed",
            "every visit to be answered",
            "look at the stack: `stack_view.once(here)`",
        )
    if binomtest(round(got * 400), 400, share).pvalue < TOO_FAR:
        raise NotYet(
            saw, "a split that agrees with the weights", "is somebody else changing the weights?"
        )
    return f"{saw}: what chance allows"


@exercise(
    "04.5",
    "Taking turns among 10, 10 and 200 ms: how long is the mean wait?",
    hint="Each backend gets the same number of requests, however slow it is.",
    answer="73.3 ms: every third request waits for the slow one, and (10 + 10 + 200) / 3 = 73.3. "
    "The median is 10: a mean of waits hides who waits.",
)
def mean_wait(ms: object) -> str:
    """Milliseconds."""
    found = number(ms, "milliseconds")
    slips = {
        10: (
            "the median",
            "the mean: the slow third counts, too",
            "add up what three visitors wait",
        ),
        200: (
            "what the unlucky third waits",
            "the mean over all",
            "how many of three visitors are that unlucky?",
        ),
        105: (
            "the mean of a fast and a slow backend",
            "the mean over three backends, two of them fast",
            "count the fast ones twice",
        ),
        220: (
            "the sum of what three visitors wait",
            "the mean of it",
            "divide by the number of visitors",
        ),
        0.0733: ("a number in seconds", "milliseconds", "multiply by 1,000"),
    }
    for slip, (saw, expected, next_step) in slips.items():
        if abs(found - slip) < slip * 0.01:
            raise NotYet(f"{found:g}: {saw}", expected, next_step)
    if abs(found - 220 / 3) > 1:
        raise NotYet(
            f"{found:g} ms",
            "the mean of the three waits, to within 1 ms",
            "each backend answers a third of the requests",
        )
    return f"{found:g} ms, if every third request waits for the slow one"


@exercise(
    "04.6",
    "Can the staff, users 1 to 20, all get b, and everybody else as before?",
    hint="`user_id` is a text: `int(user_id)` is a number. For the others call the balancer's own "
    "`sticky(weights, salt, user_id)`, imported inside the function.",
    answer='`from balancer.strategies import sticky`, then `return "b" if int(user_id) <= 20 else '
    "sticky(weights, salt, user_id)`: staff see the challenger first, and the experiment goes on "
    "for all others. (Its analysis has to leave the staff out.)",
)
def staff_first(strategy: object, stack: Stack) -> str:
    """A strategy of the student's own, in a balancer that is started with it."""
    own = function(strategy, "staff_first(user_id, weights, salt)")
    before = visits.ask(practice.start_balancer(stack, salt=SALT).url, OTHERS)
    try:
        trial = practice.start_balancer(stack, strategy=own, salt=SALT)
    except practice.StrategyRefused as refused:
        raise _unusable(f"the balancer does not take it: {refused.why}") from None
    staff = visits.ask(trial.url, STAFF)
    others = visits.ask(trial.url, [*OTHERS] * 2)
    if mistakes := trial.status()["strategy_errors"]:
        raise _unusable(
            f"it failed {mistakes} times, and sticky stood in; the balancer's log says: "
            f"{trial.process.last_lines(1)}"
        )
    if staff.failed or others.failed:
        raise NotYet(
            f"{staff.failed:.0%} of the staff's visits failed, and {others.failed:.0%} of the rest",
            "every visit to be answered",
            "look at the stack: `stack_view.once(here)`",
        )
    _judge_staff(staff.split.get("b", 0.0), others, visits.moves(before, others))
    return (
        f"all {len(STAFF)} of the staff got b; of {len(OTHERS)} others {others.split['b']:.0%}, "
        "and each of them what sticky gives"
    )


UNUSABLE = (
    (
        "wants to know",
        "parameters by the names that a balancer knows",
        "begin it with `def staff_first(user_id, weights, salt):`",
    ),
    (
        "NameError",
        "everything it uses to be known inside it: it runs in another process",
        "put the import into the function, as its first line",
    ),
    (
        "returned",
        "a variant's name for every user",
        "follow each way through it: does every one end with a `return` of a name?",
    ),
    (
        "was not done",
        "an answer at once: nobody else is served meanwhile",
        "look for a loop that never ends",
    ),
    (
        "failed",
        "a variant's name for every user",
        'a user is a text; try it here: `staff_first("17", {"a": 70, "b": 30}, "")`',
    ),
    ("", "a function that the balancer can call", "define it with `def`, as the cell began"),
)
"""What is expected and done next, by the first of these words that the balancer's have in them."""


def _unusable(saw: str) -> NotYet:
    return next(NotYet(saw, *advice) for word, *advice in UNUSABLE if word in saw)


def _judge_staff(staff: float, others: visits.Visits, moves: dict[str, int]) -> None:
    share = others.split.get("b", 0.0)
    saw = f"{staff:.0%} of the staff and {share:.0%} of the others got b"
    if staff == 0:
        raise NotYet(saw, "the staff to get the challenger", "look which way round your `if` is")
    if staff < 1:
        raise NotYet(saw, "all of the staff to get b", "does your rule reach up to user 20?")
    if share in (0, 1):
        raise NotYet(
            saw, "the others to be split by the weights", "let `sticky` choose for everybody else"
        )
    if others.met_several:
        raise NotYet(
            f"{saw}; {others.met_several:.0%} of the others met both variants",
            "each user to keep the variant",
            "draw nothing: let a hash of the user decide",
        )
    if moved := sum(count for move, count in moves.items() if move in ("a to b", "b to a")):
        raise NotYet(
            f"{saw}; of the {len(OTHERS)} others {moved} had another variant before",
            "everybody else as before",
            "nobody from 21 on is staff; for them hand all to `sticky` as you were given it",
        )


@exercise(
    "04.7",
    "Can you kill b, and see the balancer let go of it?",
    hint="`here` has a method that ends one service as a crash would; `here.services()` lists all.",
    answer='`here.kill("recommender-b")`: after five requests in a row have failed, or three '
    "probes, the balancer ejects it. Users of b are told 503 at once, and nobody else notices.",
)
def b_is_out(stack: Stack) -> str:
    """The state of the stack: b dead, and the balancer aware of it."""
    states = {each.name: each for each in stack.services()}
    a, b = states["recommender-a"], states["recommender-b"]
    (front,) = (each for name, each in states.items() if "recommender" not in name)
    if front.state != "running":
        raise NotYet(
            f"{front.name} {front.trouble}: visitors reach nobody at all",
            "the one in front to run",
            f'`here.start("{front.name}")`, then look behind it',
        )
    if a.state != "running" and b.state != "running":
        raise NotYet(
            "both recommenders are down",
            "one of them to go on serving",
            "start the other one again",
        )
    if a.state != "running":
        raise NotYet(
            f"recommender-a {a.trouble}, and 70 % of the users with it",
            "the challenger to die, not the one in use",
            'begin with `here.start("recommender-a")`',
        )
    if b.state == "running":
        raise NotYet(
            "both recommenders are running",
            "one of them to be dead",
            "look at the methods of `here`",
        )
    if b.state == "paused":
        raise NotYet(
            "recommender-b is paused: it holds its connections and says nothing",
            "it to have ended",
            "let it go on, and end it",
        )
    _wait_until_known(stack)
    seen = visits.ask(stack.ports.url("balancer"), range(1, 101))
    return (
        f"recommender-b {b.trouble}; the balancer holds it for unhealthy; of 100 visits "
        f"{seen.statuses.get(200, 0)} were answered by a, {seen.statuses.get(503, 0)} were told 503"
    )


def _wait_until_known(stack: Stack) -> None:
    def still() -> str | None:
        variants = balancer.status(stack.ports)["variants"]
        well = {name: _believed(variants[name]["backends"]) for name in ("a", "b")}
        if well["b"]:
            return f"the balancer still believes in {', '.join(well['b'])}"
        return None if well["a"] else "the balancer does not believe in a yet, which was away"

    try:
        waiting.until(still, timeout=NOTICE_S, doing="waiting for the balancer", next_step="-")
    except LabError as late:
        raise NotYet(
            late.found.strip(),
            "the balancer to let go of b, and of b alone",
            "send visitors, or wait for its next probes; then run this cell again",
        ) from None


def _believed(backends: list[dict[str, str]]) -> list[str]:
    return [each["address"] for each in backends if each["health"] == "healthy"]
