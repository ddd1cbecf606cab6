"""Your own strategy: a function in a file of yours, loaded by name.

    strategy = "strategies/coin.py:coin"

The function names what it wants to know, in any order, and returns the name of a variant:

    def coin(weights, random):
        return random.choice(list(weights))

It is called for every request, inside the balancer. So whatever it does, the balancer goes on: a
mistake, a variant that does not exist or a loop without end is told in the balancer's log and in
/status, counted, and the request is split by `sticky` instead.
"""

from __future__ import annotations

import contextlib
import inspect
import logging
import reprlib
import signal
import threading
import traceback
from collections import Counter
from random import Random
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from balancer.strategies import sticky

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from types import CodeType, FrameType

    from balancer.strategies import Facts

logger = logging.getLogger(__name__)

MAY_ASK: Final = ("user_id", "weights", "salt", "outcomes", "random")
"""What a function may want to know, by the names of its parameters."""
PATIENCE_S: Final = 0.05
"""How long one call may take: for as long, nobody else is served."""
LOADING_S: Final = 5.0
"""How long the file may take to load: it may import something big."""

_AGAIN_S: Final = 0.0001
_MOST_TOLD: Final = 10


class StrategyError(ValueError):
    """A strategy cannot be used; the message is for its author."""


class OwnStrategy:
    """A function that chooses variants, and what has become of its calls.

    Args:
        choose: the function.
        name: what it is called in messages.
    """

    def __init__(self, choose: Callable[..., Any], name: str) -> None:
        self.errors = 0
        self._told: set[str] = set()
        self._choose = choose
        self._name = name
        self._asks = tuple(inspect.signature(choose).parameters)

    def __call__(self, facts: Facts, user_id: str) -> str:
        """The variant for a user: the function's choice, or that of `sticky` if it fails."""
        try:
            return self.ask(facts, user_id)
        except StrategyError as error:
            self.errors += 1
            # Not a line for each of a million requests; and one that names its user never repeats.
            if str(error) not in self._told and len(self._told) < _MOST_TOLD:
                self._told.add(str(error))
                logger.warning("%s; sticky stands in", error)
            return sticky(facts.weights, facts.salt, user_id)

    def ask(self, facts: Facts, user_id: str) -> str:
        """The function's choice.

        Raises:
            StrategyError: it failed, took too long, or chose what is not there.
        """
        known = {
            "user_id": user_id,
            # Its own copies: nothing it does to them reaches us.
            "weights": dict(facts.weights),
            "salt": facts.salt,
            "outcomes": Counter(facts.outcomes),
            "random": facts.random,
        }
        try:
            with _time_limit(PATIENCE_S, self._choose.__code__):
                chosen = self._choose(**{name: known[name] for name in self._asks})
        except _TooSlow:
            raise StrategyError(
                f"{self._name} was not done after {PATIENCE_S:g} s and was stopped: "
                "nobody is served while it thinks"
            ) from None
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            raise StrategyError(f"{self._name} failed: {self._where(error)}") from error
        able = [name for name, weight in facts.weights.items() if weight > 0]
        if not isinstance(chosen, str) or chosen not in able:
            raise StrategyError(
                f"{self._name} returned {reprlib.repr(chosen)}, may return "
                + " or ".join(f'"{name}"' for name in able)
            )
        return chosen

    def _where(self, error: BaseException) -> str:
        return _where(error, self._choose.__code__.co_filename)


def load(spec: str, folder: Path, weights: dict[str, float], salt: str) -> OwnStrategy:
    """The strategy that `FILE.py:FUNCTION` names, tried once.

    Args:
        spec: as in the settings; a relative file is looked for in `folder`.
        folder: where the settings are.
        weights: what it is tried with.
        salt: the same.

    Raises:
        StrategyError: there is no such file or function, or it does not work.
    """
    file, _, function = spec.rpartition(":")
    path = folder / file
    try:
        # Without what this file imports from __future__.
        code = compile(path.read_text(encoding="utf-8"), str(path), "exec", dont_inherit=True)
    except OSError as error:
        raise StrategyError(f"{path} cannot be read ({error.strerror})") from error
    except (SyntaxError, ValueError) as error:
        raise StrategyError(f"{path} is not Python: {_where(error, str(path))}") from error
    names: dict[str, Any] = {"__name__": path.stem, "__file__": str(path)}
    try:
        with _time_limit(LOADING_S, code):
            exec(code, names)  # noqa: S102 - running the student's own code is what this is for
    except _TooSlow:
        raise StrategyError(
            f"{path} cannot be loaded: it was not done after {LOADING_S:g} s and was stopped"
        ) from None
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        raise StrategyError(f"{path} cannot be loaded: {_where(error, str(path))}") from error
    choose = names.get(function)
    if not inspect.isfunction(choose):
        functions = [name for name, value in names.items() if inspect.isfunction(value)]
        raise StrategyError(
            f"{path} has no function {function!r}, but {', '.join(functions) or 'none at all'}"
        )
    for parameter in inspect.signature(choose).parameters:
        if parameter not in MAY_ASK:
            raise StrategyError(
                f"{spec} wants to know {parameter!r}; it may ask for {', '.join(MAY_ASK)}"
            )
    strategy = OwnStrategy(choose, spec)
    strategy.ask(_Trial(weights, salt), "17")
    return strategy


class _TooSlow(BaseException):
    """No Exception: a strategy that catches those must not catch this one."""


@contextlib.contextmanager
def _time_limit(seconds: float, code: CodeType) -> Iterator[None]:
    """Interrupt what takes too long; where there are no timers, it may take its time.

    A bare `except:` catches the interruption, as it catches everything. So there is another, and
    another, as long as the code is at work.

    Args:
        seconds: how long it may take.
        code: what is interrupted, and nothing else.

    Raises:
        _TooSlow: it took longer.
    """
    in_main = threading.current_thread() is threading.main_thread()
    if not in_main or not hasattr(signal, "setitimer"):
        yield
        return

    late = False
    end = monotonic() + seconds

    def on_alarm(_: int, frame: FrameType | None) -> None:
        nonlocal late
        if monotonic() < end:
            return  # it was meant for the call before
        late = True
        while frame is not None:
            if frame.f_code is code:
                raise _TooSlow
            frame = frame.f_back

    # It stays: an alarm under way while the timer is stopped must not find the default, which ends
    # the process.
    signal.signal(signal.SIGALRM, on_alarm)
    signal.setitimer(signal.ITIMER_REAL, seconds, _AGAIN_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    if late:
        raise _TooSlow


class _Trial:
    """The facts of a day on which nothing has happened yet."""

    def __init__(self, weights: dict[str, float], salt: str) -> None:
        self.weights = weights
        self.salt = salt
        self.epsilon = 0.0
        self.outcomes: Counter[tuple[str, int]] = Counter()
        self.random = Random(0)  # noqa: S311 - a lottery, not a secret


def _where(error: BaseException, path: str) -> str:
    """An error in one line: its kind, what it says, and the last line of the file it came by."""
    said = f"{type(error).__name__}: {error}"
    lines = [
        line
        for frame, line in traceback.walk_tb(error.__traceback__)
        if frame.f_code.co_filename == path
    ]
    return f"{said} (line {lines[-1]})" if lines else said
