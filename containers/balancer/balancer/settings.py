"""The settings: one small TOML file, checked in full before anything is opened.

Every problem is reported at once, and each names the key, what was found and what it may be:
somebody who is handed one error at a time starts the program once for every mistake.
"""

from __future__ import annotations

import difflib
import math
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from balancer.strategies import STRATEGIES

if TYPE_CHECKING:
    from collections.abc import Callable


class SettingsError(ValueError):
    """The settings cannot be used.

    Args:
        source: the file they came from.
        problems: one sentence each; all of them, not only the first.
    """

    def __init__(self, source: str, problems: list[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join([f"{source} cannot be used:", *(f"  {p}" for p in problems)]))


class Address(NamedTuple):
    """Where something listens; port 0 lets the system choose a free one."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class VariantSettings:
    """One arm of the experiment: its planned share and the backends that serve it."""

    name: str
    weight: float
    backends: tuple[Address, ...]


@dataclass(frozen=True, slots=True)
class UserSettings:
    """Where a request says whose it is: in its path, else in a header."""

    path_prefix: str
    header: str


@dataclass(frozen=True, slots=True)
class HealthSettings:
    """How backends are probed; after the first verdict, it takes `fall` or `rise` to turn it."""

    path: str
    interval_s: float
    timeout_s: float
    fall: int
    rise: int


@dataclass(frozen=True, slots=True)
class Limits:
    """What one client may ask for, in bytes, and how long anybody may keep silent, in seconds."""

    header_bytes: int
    body_bytes: int
    client_header_s: float
    client_idle_s: float
    backend_connect_s: float
    backend_response_s: float


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set."""

    listen: Address
    admin: Address
    event_log: Path
    strategy: str
    salt: str
    seed: int | None
    user: UserSettings
    variants: tuple[VariantSettings, ...]
    health: HealthSettings
    limits: Limits

    @property
    def weights(self) -> dict[str, float]:
        """The planned weight of each variant."""
        return {variant.name: variant.weight for variant in self.variants}


class _Rule(NamedTuple):
    """What a value may be: `accept` returns it in its final form or raises ValueError."""

    accept: Callable[[Any], Any]
    may_be: str


_REQUIRED: Final = object()
_MISSING: Final = object()
_VARIANT_NAME: Final = re.compile(r"[A-Za-z0-9_-]+")


def load(path: Path) -> Settings:
    """Read and check a settings file.

    Raises:
        SettingsError: the file cannot be read, is not TOML, or holds values it may not.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        reason = f"it could not be read ({error.strerror}); name the file with --config"
        raise SettingsError(str(path), [reason]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(str(path), [f"it is not valid TOML: {error}"]) from error
    return parse(table, source=str(path))


def parse(table: dict[str, Any], source: str = "the settings") -> Settings:
    """Check a table as TOML gives it.

    Raises:
        SettingsError: with every problem found.
    """
    problems: list[str] = []
    top = _Section(table, "", problems)
    user, health, limits = top.section("user"), top.section("health"), top.section("limits")
    settings = Settings(
        listen=top.take("listen", _ADDRESS, Address("0.0.0.0", 8082)),  # noqa: S104 - published by Compose
        admin=top.take("admin", _ADDRESS, Address("127.0.0.1", 8083)),
        event_log=top.take("event_log", _FILE),
        strategy=top.take("strategy", _STRATEGY, "sticky"),
        salt=top.take("salt", _TEXT),
        seed=top.take("seed", _whole(0), None),
        user=UserSettings(
            path_prefix=user.take("path_prefix", _PATH, "/recommend/"),
            header=user.take("header", _HEADER, "X-User-Id"),
        ),
        variants=_variants(top.section("variants"), problems),
        health=HealthSettings(
            path=health.take("path", _PATH, "/healthz"),
            interval_s=health.take("interval_s", _POSITIVE, 2.0),
            timeout_s=health.take("timeout_s", _POSITIVE, 1.0),
            fall=health.take("fall", _whole(1), 3),
            rise=health.take("rise", _whole(1), 2),
        ),
        limits=Limits(
            header_bytes=limits.take("header_bytes", _whole(256), 16_384),
            body_bytes=limits.take("body_bytes", _whole(0), 10_485_760),
            client_header_s=limits.take("client_header_s", _POSITIVE, 10.0),
            client_idle_s=limits.take("client_idle_s", _POSITIVE, 60.0),
            backend_connect_s=limits.take("backend_connect_s", _POSITIVE, 1.0),
            backend_response_s=limits.take("backend_response_s", _POSITIVE, 10.0),
        ),
    )
    for section in (top, user, health, limits):
        section.refuse_unknown()
    if problems:
        raise SettingsError(source, problems)
    return settings


def _variants(section: _Section, problems: list[str]) -> tuple[VariantSettings, ...]:
    found = []
    for name in section.table:
        if not _VARIANT_NAME.fullmatch(name):
            problems.append(f"variants: found the name {name!r}, may be letters, digits, - and _")
        variant = section.section(name)
        weight = variant.take("weight", _WEIGHT)
        found.append(VariantSettings(name, weight, variant.take("backends", _ADDRESSES)))
        variant.refuse_unknown()
    if not found:
        problems.append("variants: found none, may be one section [variants.NAME] or more")
    elif all(variant.weight == 0 for variant in found):
        problems.append("variants: found only weights of 0, may be anything with one above 0")
    return tuple(found)


class _Section:
    """One table of the file, which remembers the keys it was asked for."""

    def __init__(self, table: dict[str, Any], name: str, problems: list[str]) -> None:
        self.table = table
        self._prefix = f"{name}." if name else ""
        self._problems = problems
        self._known: list[str] = []

    def take(self, key: str, rule: _Rule, default: Any = _REQUIRED) -> Any:
        """The checked value of a key; a problem is noted, and the caller reads on."""
        self._known.append(key)
        value = self.table.get(key, _MISSING)
        if value is _MISSING and default is not _REQUIRED:
            return default
        try:
            return rule.accept(value)
        except ValueError:
            found = "nothing" if value is _MISSING else repr(value)
            self._problems.append(f"{self._prefix}{key}: found {found}, may be {rule.may_be}")
            return None

    def section(self, key: str) -> _Section:
        """A table inside this one, empty where the file leaves it out."""
        self._known.append(key)
        value = self.table.get(key, {})
        if not isinstance(value, dict):
            name = f"{self._prefix}{key}"
            self._problems.append(f"{name}: found {value!r}, may be a section [{name}]")
            value = {}
        return _Section(value, f"{self._prefix}{key}", self._problems)

    def refuse_unknown(self) -> None:
        """Note the keys nobody asked for: each is a misspelling or a wish that has no effect."""
        for key in self.table.keys() - set(self._known):
            close = difflib.get_close_matches(key, self._known, n=1)
            hint = f"did you mean {close[0]}?" if close else "may be " + ", ".join(self._known)
            self._problems.append(f"{self._prefix}{key}: is not a key, {hint}")


def _typed(value: Any, *types: type) -> Any:
    # In Python True is an int; in a settings file it is a mistake.
    if not isinstance(value, types) or isinstance(value, bool):
        raise ValueError  # noqa: TRY004 - one exception for every refusal
    return value


def _matching(pattern: str) -> Callable[[Any], str]:
    compiled = re.compile(pattern)

    def accept(value: Any) -> str:
        if not compiled.fullmatch(_typed(value, str)):
            raise ValueError
        return str(value)

    return accept


def _number(above: Callable[[float], bool]) -> Callable[[Any], float]:
    def accept(value: Any) -> float:
        number = float(_typed(value, int, float))
        if not (math.isfinite(number) and above(number)):
            raise ValueError
        return number

    return accept


def _whole(low: int) -> _Rule:
    def accept(value: Any) -> int:
        if _typed(value, int) < low:
            raise ValueError
        return int(value)

    return _Rule(accept, f"a whole number, {low} or more")


def _address(value: Any) -> Address:
    host, colon, port = _typed(value, str).rpartition(":")
    if not (colon and host and port.isascii() and port.isdigit() and int(port) <= 65_535):
        raise ValueError
    return Address(host.removeprefix("[").removesuffix("]"), int(port))


def _addresses(value: Any) -> tuple[Address, ...]:
    if not _typed(value, list):
        raise ValueError
    return tuple(_address(item) for item in value)


def _strategy(value: Any) -> str:
    if _typed(value, str) not in STRATEGIES:
        raise ValueError
    return str(value)


_ADDRESS: Final = _Rule(_address, 'text like "127.0.0.1:8082"')
_ADDRESSES: Final = _Rule(_addresses, 'a list of texts like ["recommender-a:8000"], not empty')
_FILE: Final = _Rule(lambda value: Path(_matching(r".+")(value)), "the path of a file")
_HEADER: Final = _Rule(_matching(r"[A-Za-z0-9-]+"), "the name of a header")
_PATH: Final = _Rule(_matching(r"/[!-~]*"), 'text that starts with "/", without spaces')
_POSITIVE: Final = _Rule(_number(lambda number: number > 0), "a number above 0")
_STRATEGY: Final = _Rule(_strategy, " or ".join(f'"{name}"' for name in STRATEGIES))
_TEXT: Final = _Rule(_matching(r".+"), "text, not empty")
_WEIGHT: Final = _Rule(_number(lambda number: number >= 0), "a number, 0 or more")
