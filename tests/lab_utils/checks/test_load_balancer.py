"""What the exercises of notebook 04 say to right and to typical wrong answers."""

import functools
import itertools
import random
import zlib
from types import SimpleNamespace

from balancer import strategies

from lab_utils import balancer, waiting
from lab_utils.balancer import Weights
from lab_utils.checks import load_balancer as check
from lab_utils.checks import splits
from lab_utils.ports import Ports
from lab_utils.practice import StrategyRefused
from lab_utils.stack.base import Service
from lab_utils.visits import Visit, Visits
from tests.lab_utils.checks.cases import Case, Try

# 04.1


def ours():
    return random.choices(["a", "b"], [70, 30])[0]


def by_hand():
    return "a" if random.random() < 0.7 else "b"


def fair():
    return random.choice("ab")


def exchanged():
    return random.choices(["a", "b"], [30, 70])[0]


def always():
    return "a"


def capital():
    return random.choices(["A", "B"], [70, 30])[0]


def sixty():
    return random.choices(["a", "b"], [60, 40])[0]


turns = itertools.cycle("aaaaaaabbb")


def in_turns():
    return next(turns)


def shows(user=""):
    print("a")


def wants_a_user(user):
    return "a"


# 04.3


def hashed(user):
    return "a" if zlib.crc32(user.encode()) % 100 < 70 else "b"


def seeded(user):
    return random.Random(user).choices(["a", "b"], [70, 30])[0]


def drawn(user):
    return random.choices(["a", "b"], [70, 30])[0]


MEMORY = {}


def remembered(user):
    return MEMORY.setdefault(user, random.choices(["a", "b"], [70, 30])[0])


@functools.lru_cache
def cached(user):
    return drawn(user)


def noted(user):
    return noted.known.setdefault(user, drawn(user))


noted.known = {}


def salted(user):
    return "a" if hash(user) % 100 < 70 else "b"


def last_digit(user):
    return "a" if int(user) % 10 < 7 else "b"


def early(user):
    return "a" if int(user) <= 1400 else "b"


def half(user):
    return "a" if zlib.crc32(user.encode()) % 2 else "b"


def wrong_way(user):
    return "b" if zlib.crc32(user.encode()) % 100 < 70 else "a"


def adds(user):
    return "a" if user + 1 < 70 else "b"


# The stack, as it is told to be

HERE = SimpleNamespace(ports=Ports())


def weighing(a, b, *, seen=None, failed=False):
    """The balancer has these weights, and its visitors see another share of b than these say."""

    def given(patch):
        patch.setattr(
            balancer, "weights", lambda ports: Weights({"a": a, "b": b}, {"a": 70, "b": 30})
        )
        share = seen if seen is not None else (b / (a + b))

        def ask(url, users):
            status = 503 if failed else 200
            return Visits(
                tuple(Visit(str(u), "b" if u <= 400 * share else "a", status, 1.0) for u in users)
            )

        patch.setattr(check.visits, "ask", ask)

    return given


def services(a="running", b="running", front="running"):
    def service(name, state):
        return Service(name, state, "healthy" if state == "running" else "", "", "")

    parts = [service("recommender-a", a), service("recommender-b", b), service("balancer", front)]
    return SimpleNamespace(ports=Ports(), services=lambda: parts)


def believing(b, a="healthy"):
    def given(patch):
        backends = {
            "a": {"address": "a:8000", "health": a},
            "b": {"address": "b:8000", "health": b},
        }
        variants = {name: {"backends": [each]} for name, each in backends.items()}
        patch.setattr(balancer, "status", lambda ports: {"variants": variants})
        patch.setattr(check, "NOTICE_S", 0.0)
        patch.setattr(waiting, "PAUSE", 0.0)
        answers = (Visit("1", "a", 200, 1.0), Visit("2", "b", 503, 1.0))
        patch.setattr(check.visits, "ask", lambda url, users: Visits(answers))

    return given


# 04.6


def mine(user_id, weights, salt):
    return "b"


def started(rule, *, failed=0, log="", status=200):
    """The balancer takes the strategy, answers by a rule, and counts this many mistakes."""

    def given(patch):
        trial = SimpleNamespace(
            url="http://trial",
            status=lambda: {"strategy_errors": failed},
            process=SimpleNamespace(last_lines=lambda count: log),
        )
        usual = SimpleNamespace(url="http://usual")

        def start_balancer(stack, *, strategy=None, salt):
            return trial if strategy else usual

        patch.setattr(check.practice, "start_balancer", start_balancer)

        def ask(url, users):
            chosen = sticky if url == usual.url else rule
            return Visits(tuple(Visit(str(user), chosen(user), status, 1.0) for user in users))

        patch.setattr(check.visits, "ask", ask)

    return given


def refused(why):
    """The balancer does not take the strategy."""

    def given(patch):
        def start_balancer(stack, *, strategy=None, salt):
            if strategy:
                raise StrategyRefused(why, "mend what it says")
            return SimpleNamespace(url="http://usual")

        patch.setattr(check.practice, "start_balancer", start_balancer)
        patch.setattr(check.visits, "ask", lambda url, users: Visits(()))

    return given


def staff_then(others, **more):
    return started(lambda user: "b" if user <= 20 else others(user), **more)


def sticky(user):
    return hashed(str(user))


A_BEFORE = next(user for user in check.OTHERS if sticky(user) == "a")


def test_the_users_on_either_side_of_the_limit_would_get_a_from_sticky():
    weights = {"a": 70, "b": 30}
    assert {strategies.sticky(weights, check.SALT, user) for user in ("1", "20", "21")} == {"a"}


CASES = [
    Case(
        check.randomiser,
        right=(Try((ours,), "70 %"), Try((by_hand,), "none depends")),
        wrong=(
            Try((fair,), "give the draw its weights"),
            Try((exchanged,), "a and b are exchanged"),
            Try((always,), "a branch for each"),
            Try((capital,), "in small letters"),
            Try((sixty,), "look at your weights"),
            Try((in_turns,), "in a pattern"),
            Try((shows,), "handed back with `return`"),
            Try((ours(),), "give the function and do not call it"),
            Try((wants_a_user,), "raised TypeError"),
        ),
        secret=r"random\.choices|random\.random\(",
    ),
    Case(
        check.met_both,
        right=(Try((0.63,), "as probability has it"), Try((1 - 0.7**3 - 0.3**3,), "0.63")),
        wrong=(
            Try((0.42,), "two visits' share"),
            Try((0.37,), "meet the same variant three times"),
            Try((0.657,), "a three times, and nobody else"),
            Try((0.3,), "share of requests that b gets"),
            Try((63,), "reads like a percentage"),
            Try((0.9,), "a, a and a again"),
            Try(("0.63",), "leave the quotes out"),
        ),
        secret=r"0\.343|= 0\.63",
    ),
    Case(
        check.keep,
        right=(Try((hashed,), "2,000 users"), Try((seeded,), "2,000 users")),
        wrong=(
            Try((drawn,), "when asked again"),
            Try((remembered,), "`MEMORY` grows with each new user"),
            Try((noted,), "`noted.known` grows"),
            Try((shows,), "`print` only shows"),
            Try((salted,), "which Python salts anew"),
            Try((last_digit,), "whose number ends in"),
            Try((early,), "users 1 to 200"),
            Try((half,), "give the draw its weights"),
            Try((wrong_way,), "a and b are exchanged"),
            Try((adds,), "raised TypeError"),
        ),
        secret=r"% 100 < 70",
    ),
    Case(
        check.even_split,
        right=(Try((HERE,), "of 400 users 50.0% got b", weighing(50, 50)),),
        wrong=(
            Try((HERE,), "as its settings do", weighing(70, 30)),
            Try((HERE,), "they are exchanged now", weighing(30, 70)),
            Try((HERE,), "a weight of 0 means nobody", weighing(100, 0)),
            Try((HERE,), "they need not sum to 100", weighing(50, 40)),
            Try((HERE,), "every visit to be answered", weighing(50, 50, failed=True)),
            Try((HERE,), "somebody else changing the weights", weighing(50, 50, seen=0.3)),
        ),
        secret=r'"a": 50',
    ),
    Case(
        check.mean_wait,
        right=(Try((73.3,), "every third request"), Try((220 / 3,), "every third request")),
        wrong=(
            Try((10,), "the median"),
            Try((200,), "the unlucky third"),
            Try((105,), "a fast and a slow"),
            Try((220,), "divide by the number of visitors"),
            Try((0.0733,), "multiply by 1,000"),
            Try((50,), "answers a third of the requests"),
        ),
        secret=r"73\.3",
    ),
    Case(
        check.staff_first,
        right=(Try((mine, HERE), "all 20 of the staff got b", staff_then(sticky)),),
        wrong=(
            Try((mine, HERE), "returned 'c'", refused("mine returned 'c', may return a or b")),
            Try((mine, HERE), "as its first line", refused("mine failed: NameError: sticky")),
            Try((mine, HERE), "user is a text", refused("mine failed: TypeError: '<='")),
            Try((mine, HERE), "begin it with `def", refused("mine wants to know 'user'")),
            Try((mine, HERE), "never ends", refused("mine was not done after 0.05 s")),
            Try((mine, HERE), "as the cell began", refused("a function without a name")),
            Try(
                (mine, HERE),
                "failed 3 times, and sticky stood in",
                staff_then(sticky, failed=3, log="mine returned None"),
            ),
            Try((mine, HERE), "every visit to be answered", staff_then(sticky, status=503)),
            Try(
                (mine, HERE),
                "which way round your `if` is",
                started(lambda user: "a" if user <= 20 else sticky(user)),
            ),
            Try(
                (mine, HERE),
                "reach up to user 20",
                started(lambda user: "b" if user < 20 else "a"),
            ),
            Try((mine, HERE), "let `sticky` choose", staff_then(lambda user: "a")),
            Try((mine, HERE), "draw nothing", staff_then(lambda user: drawn(user))),
            Try((mine, HERE), "hand all to `sticky`", staff_then(lambda user: half(str(user)))),
            Try(
                (mine, HERE),
                "1 had another variant before",
                staff_then(lambda user: "b" if user == A_BEFORE else sticky(user)),
            ),
            Try(("mine", HERE), "give the function and do not call it", staff_then(sticky)),
        ),
        secret=r"<= 20",
    ),
    Case(
        check.b_is_out,
        right=(
            Try((services(b="exited (137)"),), "1 were told 503", believing("unhealthy")),
            Try((services(b="exited"),), "holds it for unhealthy", believing("unhealthy")),
        ),
        wrong=(
            Try((services(),), "both recommenders are running"),
            Try((services(a="exited (137)"),), "not the one in use"),
            Try((services(a="exited (1)", b="exited (1)"),), "both recommenders are down"),
            Try((services(front="exited (137)"),), "visitors reach nobody"),
            Try((services(b="paused"),), "says nothing"),
            Try((services(b="exited (137)"),), "still believes in b:8000", believing("healthy")),
            Try(
                (services(b="exited (137)"),),
                "not believe in a yet",
                believing("unhealthy", a="unhealthy"),
            ),
        ),
        secret=r"here\.kill",
    ),
]


def test_what_a_rule_knows_is_found_in_closures_and_defaults_too():
    def made():
        known = {}

        def rule(user, seen=[]):  # noqa: B006 - the mistake that is looked for
            seen.append(user)
            known[user] = 1
            return "a"

        return rule

    assert set(splits._sizes(made())) == {"known", "default 0"}
    assert splits._sizes(len) == {}


def test_a_cache_around_a_draw_is_looked_behind():
    assert "when asked again" in str(check.keep(cached))


def test_a_function_that_prints_is_not_called_ten_thousand_times(capsys):
    check.randomiser(shows)
    assert capsys.readouterr().out == "a\n"
