"""A strategy of one's own: its author is told what is wrong with it, and visitors are answered."""

import shutil
import signal
import threading
from pathlib import Path

import balancer
import pytest
from balancer.own_strategy import PATIENCE_S
from balancer.settings import SettingsError
from balancer.strategies import sticky

COIN = Path(balancer.__file__).parents[1] / "strategies" / "coin.py"
USERS = [str(number) for number in range(18, 118)]


@pytest.fixture
def own(tmp_path, make_balancer):
    """A balancer without sockets that goes by this Python's function `choose`."""

    def make(code, **settings):
        path = tmp_path / "own.py"
        path.write_text(code)
        return make_balancer(strategy=f"{path}:choose", **settings)

    return make


def after_the_trial(trouble, parameters="user_id"):
    """A strategy that chooses a, and makes trouble for everybody but the user it is tried with."""
    lines = "".join(f"    {line}\n" for line in trouble.splitlines())
    return (
        f"import sys, time\ndef choose({parameters}):\n"
        f"    if user_id == '17':\n        return 'a'\n{lines}"
    )


def errors(balancer):
    return balancer.snapshot().other["strategy_errors"]


def split(balancer):
    return {user: balancer.choose_variant(user) for user in USERS}


def sticky_split(balancer):
    return {user: sticky(balancer.weights, balancer.salt, user) for user in USERS}


# What it can do.


def test_it_is_told_what_it_asks_for_in_any_order(own):
    balancer = own(
        "def choose(salt, weights, user_id, outcomes, random):\n"
        "    assert (salt, weights) == ('test', {'a': 70, 'b': 30})\n"
        "    assert 0 <= random.random() < 1\n"
        "    return 'b' if outcomes['b', 1] or user_id == 'Zoë' else 'a'\n"
    )
    assert [balancer.choose_variant(user) for user in ("17", "Zoë")] == ["a", "b"]
    balancer.record_outcome("b", 1)
    assert balancer.choose_variant("17") == "b"
    assert errors(balancer) == 0


def test_the_same_seed_gives_it_the_same_numbers(own):
    code = "def choose(random):\n    return random.choice('ab')\n"
    assert split(own(code, seed=1)) == split(own(code, seed=1)) != split(own(code, seed=2))


def test_new_weights_are_known_to_it_at_once(own):
    balancer = own("def choose(weights):\n    return max(weights, key=weights.get)\n")
    assert balancer.choose_variant("17") == "a"
    balancer.apply(balancer.view({"a": 1, "b": 2}))
    assert balancer.choose_variant("17") == "b"


def test_a_user_is_asked_about_each_time(own):
    balancer = own(
        "seen = []\ndef choose(user_id):\n    seen.append(1)\n    return 'ab'[len(seen) % 2]"
    )
    assert [balancer.choose_variant("17") for _ in range(4)] == list("abab")


def test_it_may_use_what_python_files_use(own):
    own(
        "from dataclasses import dataclass\n@dataclass\nclass Arm:\n    name: str\n"
        "def choose():\n    return Arm('a').name\n"
    )


def test_the_example_tosses_a_coin_and_leaves_out_who_has_no_weight(make_balancer):
    balancer = make_balancer(strategy=f"{COIN}:coin")
    assert 30 < list(split(balancer).values()).count("a") < 70
    balancer.apply(balancer.view({"a": 0, "b": 5}))
    assert set(split(balancer).values()) == {"b"}
    assert errors(balancer) == 0


# What is wrong with it before the first request: it is told, as with any other setting.


@pytest.mark.parametrize(
    ("code", "lesson"),
    [
        ("x = 1\ndef choose(:\n", r"own.py is not Python: SyntaxError: .*line 2"),
        ("def choose():\nreturn 1\n", r"is not Python: IndentationError: .*line 2"),
        ("x = '\0'\n", r"is not Python: "),
        ("def pick(): 0\ndef coin(): 0\nx = 1", r"has no function 'choose', but pick, coin"),
        ("choose = 'a'\n", r"has no function 'choose', but none at all"),
        ("def choose(users): ...", r"wants to know 'users'; it may ask for user_id, weights, salt"),
        ("def choose(*all): ...", r"wants to know 'all'; it may ask for user_id"),
        ("x = 1\ny = x / 0\n", r"own.py cannot be loaded: ZeroDivisionError: .*\(line 2\)"),
        ("import no_such_thing\n", r"cannot be loaded: ModuleNotFoundError: .*no_such_thing"),
        ("import sys\nsys.exit()\n", r"own.py cannot be loaded: SystemExit.*\(line 2\)"),
        ("x = 1\nwhile True: pass\n", r"own.py cannot be loaded: .* was not done after"),
        ("def choose(weights):\n    return weights['c']\n", r"failed: KeyError: 'c' \(line 2\)"),
        ("def choose(user_id, /):\n    return 'a'\n", r"choose failed: TypeError: .*keyword"),
        ("def choose(): ...", r'choose returned None, may return "a" or "b"'),
    ],
)
def test_a_mistake_is_a_lesson(own, monkeypatch, code, lesson):
    monkeypatch.setattr("balancer.own_strategy.LOADING_S", 0.2)
    with pytest.raises(SettingsError, match="strategy: .*" + lesson):
        own(code)


def test_a_file_that_is_not_there_is_named(make_balancer, tmp_path):
    with pytest.raises(SettingsError, match=r"strategy: .*none\.py cannot be read \(No such file"):
        make_balancer(strategy=f"{tmp_path / 'none.py'}:choose")


def test_the_line_is_the_student_s_own(own):
    code = "def choose(random):\n    return random.choice([])\n"
    with pytest.raises(SettingsError, match=r"IndexError: .*\(line 2\)"):
        own(code)


# What goes wrong later: sticky stands in.


@pytest.mark.parametrize(
    ("trouble", "lesson"),
    [
        ("return 1 / 0", "failed: ZeroDivisionError: division by zero (line 5)"),
        ("return None", 'returned None, may return "a" or "b"'),
        ("return 'c'", "returned 'c', may return"),
        ("return ['a']", "returned ['a'], may return"),
        ("return 'a' * 10**6", "returned 'aaaa"),
        ("sys.exit()", "failed: SystemExit"),
        ("raise MemoryError", "failed: MemoryError"),
        ("raise RecursionError", "failed: RecursionError"),
        ("while True: pass", f"was not done after {PATIENCE_S:g} s"),
        ("try:\n    while True: pass\nexcept Exception:\n    pass", "was not done after"),
        ("try:\n    while True: pass\nexcept:\n    return 'a'", "was not done after"),
        ("while True:\n    try: int('x')\n    except: pass", "was not done after"),
        ("time.sleep(60)", "was not done after"),
    ],
)
def test_sticky_stands_in_and_the_reason_is_told_once(own, caplog, trouble, lesson):
    balancer = own(after_the_trial(trouble))
    users = USERS[:10]
    assert [balancer.choose_variant(u) for u in users] == [sticky_split(balancer)[u] for u in users]
    assert errors(balancer) == len(users)
    (said,) = caplog.messages
    assert lesson in said
    assert said.endswith("sticky stands in")
    assert len(said) < 300


@pytest.mark.needs("posix")
def test_an_alarm_that_comes_after_its_call_is_no_harm(own):
    balancer = own(
        "import signal\ndef choose():\n    signal.raise_signal(signal.SIGALRM)\n    return 'a'\n"
    )
    assert balancer.choose_variant("17") == "a"
    signal.raise_signal(signal.SIGALRM)
    assert errors(balancer) == 0


def test_the_log_is_not_filled_by_a_reason_that_names_the_user(own, caplog):
    balancer = own(after_the_trial("raise ValueError(user_id)"))
    split(balancer)
    assert errors(balancer) == len(USERS)
    assert 1 <= len(caplog.messages) <= 10


def test_the_log_is_not_filled_by_two_reasons_in_turn(own, caplog):
    balancer = own(after_the_trial("return None if int(user_id) % 2 else 0"))
    split(balancer)
    assert len(caplog.messages) == 2


def test_what_cannot_even_be_shown_is_no_trouble(own, caplog):
    odd = "class Odd:\n    def __repr__(self): return 1 / 0\nreturn Odd()"
    balancer = own(after_the_trial(odd))
    assert split(balancer) == sticky_split(balancer)
    assert "returned <Odd instance" in caplog.text


def test_a_variant_without_weight_is_not_chosen(own, caplog):
    balancer = own("def choose():\n    return 'a'\n")
    balancer.apply(balancer.view({"a": 0, "b": 1}))
    assert balancer.choose_variant("17") == "b"
    assert "returned 'a', may return \"b\"" in caplog.text


def test_what_it_does_to_its_arguments_stays_with_it(own):
    balancer = own(
        "def choose(weights, outcomes):\n    weights.clear()\n    outcomes.clear()\n"
        "    outcomes['a', 1] = 7\n    return 'a'\n"
    )
    balancer.record_outcome("b", 1)
    balancer.choose_variant("17")
    assert balancer.weights == {"a": 70, "b": 30}
    assert balancer.snapshot().outcomes == {("b", 1): 1}


def test_an_interrupt_by_the_user_is_none_of_its_mistakes(own):
    with pytest.raises(KeyboardInterrupt):
        own("def choose():\n    raise KeyboardInterrupt\n")


# And in a real process, with the loop that it has.

DIFFICULT = """
import logging, sys, time

def choose(user_id):
    if user_id == "loop":
        while True:
            pass
    if user_id == "stubborn":
        try:
            while True:
                pass
        except Exception:
            pass
    if user_id == "sleep":
        time.sleep(60)
    if user_id == "exit":
        sys.exit()
    if user_id == "print":
        print("talk " * 50_000)
    return "a"
"""


@pytest.mark.needs("posix")
@pytest.mark.parametrize("settings", ["", "workers = 2"])
def test_the_balancer_goes_on_whatever_happens(make_backend, make_lab, tmp_path, settings):
    (tmp_path / "own.py").write_text(DIFFICULT)
    backends = {"a": [make_backend()], "b": [make_backend()]}
    lab = make_lab(backends, settings=f'{settings}\nstrategy = "own.py:choose"')
    lab.until(lambda: {lab.ask("GET", "/")[0] for _ in range(10)} == {200})
    listening = threading.Thread(target=lab.process.stdout.read)  # a pipe that is full would block
    listening.start()
    for user in ("loop", "stubborn", "sleep", "exit"):
        status, headers, _ = lab.ask("GET", f"/recommend/{user}")
        assert (status, headers["X-Variant"]) == (200, sticky({"a": 1, "b": 1}, "test", user))
    for user in ("print", "17"):
        assert lab.ask("GET", f"/recommend/{user}")[1]["X-Variant"] == "a"
    assert lab.status()["strategy_errors"] == 4
    assert lab.stop() == 0
    listening.join()


def test_it_is_found_beside_the_settings(make_backend, make_lab, tmp_path):
    (tmp_path / "strategies").mkdir()
    shutil.copy(COIN, tmp_path / "strategies")
    lab = make_lab({"a": [make_backend()]}, settings='strategy = "strategies/coin.py:coin"')
    assert "strategies/coin.py:coin split" in lab.ready_line
    assert lab.ask("GET", "/")[1]["X-Variant"] == "a"
    assert lab.status()["strategy"] == "strategies/coin.py:coin"
