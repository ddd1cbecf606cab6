"""The settings: one small TOML file, checked in full before anything is opened.

Every problem is reported at once, and each names the key, what was found and what it may be:
somebody who is handed one error at a time starts the program once for every mistake.
"""

from __future__ import annotations

import re
import socket
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from balancer import own_strategy
from balancer.rules import (
    ADDRESS,
    ADDRESSES,
    FILE,
    HEADER,
    PATH,
    PERCENT,
    POSITIVE,
    SHARE,
    TEXT,
    WEIGHT,
    Address,
    Section,
    one_of,
    whole,
)
from balancer.strategies import BACKEND_STRATEGIES, VARIANT_STRATEGIES, canary

if TYPE_CHECKING:
    from balancer.own_strategy import OwnStrategy

_MOST_WORKERS: Final = 64


class SettingsError(ValueError):
    """The settings cannot be used.

    Args:
        source: the file they came from.
        problems: one sentence each; all of them, not only the first.
    """

    def __init__(self, source: str, problems: list[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join([f"{source} cannot be used:", *(f"  {p}" for p in problems)]))


@dataclass(frozen=True, slots=True)
class VariantSettings:
    """One arm of the experiment: its planned share and the backends that serve it."""

    name: str
    weight: float
    backends: tuple[Address, ...]


@dataclass(frozen=True, slots=True)
class CanarySettings:
    """The variant that `percent` of the users meet first."""

    variant: str
    percent: float


@dataclass(frozen=True, slots=True)
class UserSettings:
    """Where a request says whose it is: in its path, else in a header."""

    path_prefix: str
    header: str


@dataclass(frozen=True, slots=True)
class HealthSettings:
    """How backends are probed; after the first verdict, it takes `fall` or `rise` to turn it.

    `eject_after` requests that fail in a row turn it as well, for `eject_s` at least.
    """

    path: str
    interval_s: float
    timeout_s: float
    fall: int
    rise: int
    eject_after: int
    eject_s: float


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

    table: dict[str, Any]
    """As TOML gave it."""
    source: Path
    listen: Address
    admin: Address
    event_log: Path
    workers: int
    strategy: str
    own_strategy: OwnStrategy | None
    backend_strategy: str
    when_variant_is_down: str
    salt: str
    seed: int | None
    epsilon: float
    canary: CanarySettings | None
    user: UserSettings
    variants: tuple[VariantSettings, ...]
    health: HealthSettings
    limits: Limits

    @property
    def weights(self) -> dict[str, float]:
        """The planned weight of each variant."""
        weights = {variant.name: variant.weight for variant in self.variants}
        if self.canary is None:
            return weights
        return canary(weights, self.canary.variant, self.canary.percent)


_STRATEGY: Final = one_of(VARIANT_STRATEGIES, or_matching=r"[^:]+\.py:[A-Za-z_]\w*")
_WHEN_DOWN: Final = one_of(("unavailable", "failover"))
_BACKEND_STRATEGY: Final = one_of(BACKEND_STRATEGIES)
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
    return parse(table, source=path)


def parse(table: dict[str, Any], source: Path = Path("settings")) -> Settings:
    """Check a table as TOML gives it.

    Args:
        table: what is in the file.
        source: the file, for messages; a strategy of your own is looked for beside it.

    Raises:
        SettingsError: with every problem found.
    """
    problems: list[str] = []
    top = Section(table, "", problems)
    user, health, limits = top.section("user"), top.section("health"), top.section("limits")
    settings = Settings(
        table=table,
        source=source,
        listen=top.take("listen", ADDRESS, Address("0.0.0.0", 8082)),  # noqa: S104 - published by Compose
        admin=top.take("admin", ADDRESS, Address("127.0.0.1", 8083)),
        event_log=top.take("event_log", FILE),
        workers=_workers(top, problems),
        strategy=(strategy := top.take("strategy", _STRATEGY, "sticky")),
        own_strategy=None,
        backend_strategy=top.take("backend_strategy", _BACKEND_STRATEGY, "round_robin"),
        when_variant_is_down=top.take("when_variant_is_down", _WHEN_DOWN, "unavailable"),
        salt=top.take("salt", TEXT),
        seed=top.take("seed", whole(0), None),
        epsilon=top.take("epsilon", SHARE, 0.1),
        user=UserSettings(
            path_prefix=user.take("path_prefix", PATH, "/recommend/"),
            header=user.take("header", HEADER, "X-User-Id"),
        ),
        variants=(variants := _variants(top.section("variants"), problems)),
        canary=_canary(top.section("canary"), variants, problems, wanted=strategy == "canary"),
        health=HealthSettings(
            path=health.take("path", PATH, "/healthz"),
            interval_s=health.take("interval_s", POSITIVE, 2.0),
            timeout_s=health.take("timeout_s", POSITIVE, 1.0),
            fall=health.take("fall", whole(1), 3),
            rise=health.take("rise", whole(1), 2),
            eject_after=health.take("eject_after", whole(1), 5),
            eject_s=health.take("eject_s", POSITIVE, 10.0),
        ),
        limits=Limits(
            header_bytes=limits.take("header_bytes", whole(256), 16_384),
            body_bytes=limits.take("body_bytes", whole(0), 10_485_760),
            client_header_s=limits.take("client_header_s", POSITIVE, 10.0),
            client_idle_s=limits.take("client_idle_s", POSITIVE, 60.0),
            backend_connect_s=limits.take("backend_connect_s", POSITIVE, 1.0),
            backend_response_s=limits.take("backend_response_s", POSITIVE, 10.0),
        ),
    )
    for section in (top, user, health, limits):
        section.refuse_unknown()
    if not problems and strategy not in VARIANT_STRATEGIES:
        settings = _with_own_strategy(settings, source, problems)
    if problems:
        raise SettingsError(str(source), problems)
    return settings


def _with_own_strategy(settings: Settings, source: Path, problems: list[str]) -> Settings:
    """Load the strategy that is no name of ours; last, as trying it takes all the rest."""
    try:
        own = own_strategy.load(
            settings.strategy, source.parent, settings.weights, salt=settings.salt
        )
    except own_strategy.StrategyError as error:
        problems.append(f"strategy: {error}")
        return settings
    return replace(settings, own_strategy=own)


def _workers(section: Section, problems: list[str]) -> int:
    workers = int(section.take("workers", whole(1, most=_MOST_WORKERS), 1) or 1)
    if workers > 1 and not hasattr(socket, "SO_REUSEPORT"):
        problems.append(
            f"workers: found {workers}, may be 1 on this system: it cannot share a port"
        )
    return workers


def _variants(section: Section, problems: list[str]) -> tuple[VariantSettings, ...]:
    found = []
    for name in section.table:
        if not _VARIANT_NAME.fullmatch(name):
            problems.append(f"variants: found the name {name!r}, may be letters, digits, - and _")
        variant = section.section(name)
        weight = variant.take("weight", WEIGHT)
        found.append(VariantSettings(name, weight, variant.take("backends", ADDRESSES)))
        variant.refuse_unknown()
    if not found:
        problems.append("variants: found none, may be one section [variants.NAME] or more")
    elif all(variant.weight == 0 for variant in found):
        problems.append("variants: found only weights of 0, may be anything with one above 0")
    return tuple(found)


def _canary(
    section: Section, variants: tuple[VariantSettings, ...], problems: list[str], *, wanted: bool
) -> CanarySettings | None:
    """The section [canary]; with another strategy it may be there, and waits for its time."""
    if not wanted and not section.table:
        return None
    name = section.take("variant", one_of([variant.name for variant in variants]))
    found = CanarySettings(name, section.take("percent", PERCENT))
    section.refuse_unknown()
    if wanted and name and not any(each.weight for each in variants if each.name != name):
        problems.append(
            f"canary.variant: found {name!r}, may be one beside which another has a weight above 0"
        )
    return found if wanted else None
