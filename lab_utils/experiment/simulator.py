"""A log with a known truth, to see what the analysis makes of it.

Everything here is invented, and that is its use: of real visitors nobody knows how they would
have done under the other variant, so nobody knows when an analysis was fooled. Here both chances
of every visit are known, and stand in the log beside what was seen of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from lab_utils.experiment.arguments import at_least, open_share, positive
from lab_utils.experiment.errors import BadArgument
from lab_utils.experiment.population import GAVE_UP, LATENCY_SPREAD, Device, Visits, draw

START = "2026-03-01"
"""The first simulated day."""

Assign = Callable[[str], str]
"""From a user's name to a variant, such as the balancer's `sticky` with weights and salt given."""


def phones_and_desktops() -> dict[str, Device]:
    """Two kinds of users that differ in name only."""
    return {"phone": Device(0.6), "desktop": Device(0.4)}


@dataclass(frozen=True)
class World:
    """Users and what they are like: all that is true before anybody looks.

    A user's rate is Beta distributed around the variant's, so that two visits of one user
    correlate by `icc`. A user holds the same rank among all users under each variant: the
    treatment moves rates, and not who is who.

    >>> world = World({"a": 0.1, "b": 0.1}, users=4)
    >>> world.log(lambda user: "ab"[int(user) % 2])["variant"].value_counts().tolist()
    [2, 2]

    Args:
        rates: the true rate of success of each variant, strictly between 0 and 1.
        users: how many come at all; their names are "0", "1", ...
        visits_per_user: mean visits, at least 1; one plus a geometric number.
        icc: how alike two visits of one user are, strictly between 0 and 1.
        days: over which visits are spread evenly.
        latency_ms: the median of the control's.
        slower: a factor on the latency of a variant, 1 where not given.
        devices: kinds of users by name; their shares sum to 1, on the first day and the last.
        novelty: a factor on a user's rate under a variant at the user's first visit; what is
            above (or below) 1 of it halves every `novelty_days`. 1 where not given.
        novelty_days: days since a user's first visit after which half the novelty is left.
        patience_ms: visitors whose answer takes longer have gone: no success, and no line in
            the log, as it is written by the page that they never saw.
        lost: the chance that a line of a variant's log is lost, whatever it says; 0 where not
            given.
        also: further outcomes and their rates: columns of 0 and 1 that no variant moves, for
            each of which users have another rate of their own.

    Raises:
        BadArgument: no users, days, visits or patience; a rate, ICC or share that is none; a
            variant that is told something and has no rate.
    """

    rates: Mapping[str, float]
    users: int = 2_000
    visits_per_user: float = 1.0
    icc: float = 0.1
    days: int = 14
    latency_ms: float = 12.0
    slower: Mapping[str, float] = field(default_factory=dict)
    devices: Mapping[str, Device] = field(default_factory=phones_and_desktops)
    novelty: Mapping[str, float] = field(default_factory=dict)
    novelty_days: float = 2.0
    patience_ms: float = float("inf")
    lost: Mapping[str, float] = field(default_factory=dict)
    also: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        at_least("users", self.users, 1), at_least("days", self.days, 1)
        at_least("visits_per_user", self.visits_per_user, 1), open_share("icc", self.icc)
        positive("novelty_days", self.novelty_days), positive("latency_ms", self.latency_ms)
        if not self.patience_ms > 0:
            raise BadArgument(f"patience_ms is {self.patience_ms}", "give milliseconds above 0")
        for rate in (*self.rates.values(), *self.also.values()):
            open_share("a rate", rate)
        for factor in (*self.slower.values(), *self.novelty.values()):
            positive("a factor", factor)
        for share in self.lost.values():
            if not 0 <= share < 1:
                raise BadArgument(f"lost is {share}", "give a share from 0 to below 1")
        told = {*self.slower, *self.novelty, *self.lost}
        self._demand_rates(told)
        self._demand_shares()

    def log(self, assign: Assign | Mapping[int, Assign], seed: int = 0) -> pd.DataFrame:
        """What is written down of the test: `visits` without those that left no line.

        Args:
            assign: as for `visits`.
            seed: of all that is drawn.

        Raises:
            BadArgument: as `visits`.
        """
        visits = self.visits(assign, seed)
        return visits[~visits["lost"]].drop(columns="lost").reset_index(drop=True)

    def visits(self, assign: Assign | Mapping[int, Assign], seed: int = 0) -> pd.DataFrame:
        """Every visit that happened, whether or not it left a line in the log.

        The same seed gives the same users and, where a variant is no better, the same outcomes,
        whatever the assignment.

        Args:
            assign: from a user's name to a variant, such as the balancer's `sticky` with its
                weights and salt filled in. For a ramp-up one for each day from which on it
                holds, such as `{0: careful, 7: bold}`.
            seed: of all that is drawn.

        Returns:
            One row per visit, by time: `request_id`, `timestamp`, `user_id`, `variant`,
            `latency_ms`, `status` (499 for a visitor who had gone), `outcome`; per user `device`
            and `before`, a score from before the test that goes along with the user's rate; the
            columns of `also`; the truth, which no real log has: `chance_a`, `chance_b`, ... the
            probability that this visit succeeds under each variant; and `lost`, whether it left
            no line.

        Raises:
            BadArgument: a variant without a rate; a ramp-up that does not begin on day 0.
        """
        rng = np.random.default_rng(seed)
        visits = draw(self, rng, self.users)
        names = np.arange(self.users).astype(str)
        variants = self._assigned(assign, names, visits)
        chances = {name: visits.chance(name) for name in self.rates}
        latency = visits.latency * _told(self.slower, variants, 1.0)
        gone = latency > self.patience_ms
        chance = np.select([variants == name for name in chances], list(chances.values()))
        lost = rng.random(variants.size) < _told(self.lost, variants, 0.0)
        start = pd.Timestamp(START, tz="UTC")
        columns: dict[str, Any] = {
            "timestamp": start + pd.to_timedelta(visits.day * 86_400, unit="s"),
            "user_id": names[visits.whose],
            "variant": variants,
            "latency_ms": latency,
            "status": np.where(gone, GAVE_UP, 200),
            "outcome": ((visits.luck < chance) & ~gone).astype(float),
            "device": np.array(list(self.devices))[visits.device][visits.whose],
            "before": visits.before[visits.whose],
            **{name: self._other(rng, rate, visits) for name, rate in self.also.items()},
            **{f"chance_{name}": seen for name, seen in chances.items()},
            "lost": gone | lost,
        }
        table = pd.DataFrame(columns).sort_values("timestamp", ignore_index=True)
        table.insert(0, "request_id", [f"r{i}" for i in range(len(table))])
        return table

    def truth(self) -> pd.DataFrame:
        """What the test ought to find, for each device and for all visits together.

        A visitor who leaves before the answer is no success; novelty has worn off.

        Returns:
            `share` of visits, the rate of each variant, and `difference`, the last one's minus
            the first one's.
        """
        rows = {
            name: {
                "share": kind.mean_share,
                **{
                    variant: rate * self._stays(variant, kind)
                    for variant, rate in (kind.rates or self.rates).items()
                },
            }
            for name, kind in self.devices.items()
        }
        table = pd.DataFrame.from_dict(rows, orient="index")
        table.loc["all"] = table.mul(table["share"], axis=0).sum()
        table.loc["all", "share"] = 1.0
        first, *_, last = self.rates
        table["difference"] = table[last] - table[first]
        return table

    def _stays(self, variant: str, kind: Device) -> float:
        """The share of visitors who are still there when the answer comes."""
        median = self.latency_ms * kind.slower * self.slower.get(variant, 1.0)
        spread = LATENCY_SPREAD * np.sqrt(2)
        return float(stats.norm.cdf(np.log(self.patience_ms / median) / spread))

    def _assigned(
        self, assign: Assign | Mapping[int, Assign], names: NDArray[np.str_], visits: Visits
    ) -> NDArray[np.str_]:
        """The variant of each visit, by the rule that holds on its day."""
        phases = dict(sorted(assign.items())) if isinstance(assign, Mapping) else {0: assign}
        if next(iter(phases), None) != 0:
            raise BadArgument(f"the ramp-up has days {list(phases)}", "begin it on day 0")
        served = np.array([[rule(name) for name in names.tolist()] for rule in phases.values()])
        self._demand_rates(set(served.ravel().tolist()))
        phase = np.searchsorted(list(phases), visits.day, side="right") - 1
        return np.asarray(served[phase, visits.whose])

    def _other(self, rng: np.random.Generator, rate: float, visits: Visits) -> NDArray[np.float64]:
        own = visits.own_rates(rng.random(visits.device.size), np.full(visits.device.size, rate))
        return (rng.random(visits.whose.size) < own[visits.whose]).astype(float)

    def _demand_rates(self, variants: set[str]) -> None:
        for where, rates in {"the world": self.rates, **self._own_rates}.items():
            unknown = variants - set(rates)
            if unknown:
                found = f"{sorted(unknown)} have no rate in {where}"
                raise BadArgument(found, "give the true rate of each variant")

    @property
    def _own_rates(self) -> dict[str, Mapping[str, float]]:
        return {name: kind.rates for name, kind in self.devices.items() if kind.rates}

    def _demand_shares(self) -> None:
        kinds = self.devices.values()
        for shares in ([k.share for k in kinds], [k.end_share for k in kinds]):
            if not np.isclose(sum(shares), 1):
                raise BadArgument(f"devices have shares {shares}", "give shares that sum to 1")
        for rates in self._own_rates.values():
            if set(rates) != set(self.rates):
                found = f"a device has rates for {sorted(rates)}"
                raise BadArgument(found, f"give rates for {sorted(self.rates)}")


def simulated_log(
    assign: Assign | Mapping[int, Assign],
    rates: Mapping[str, float],
    seed: int = 0,
    **world: Any,
) -> pd.DataFrame:
    """The log of a `World` with these rates, in one call.

    >>> log = simulated_log(lambda user: "ab"[int(user) % 2], {"a": 0.1, "b": 0.1}, users=4)
    >>> log["variant"].value_counts().tolist()
    [2, 2]

    Args:
        assign: as for `World.visits`.
        rates: the true rate of success of each variant, strictly between 0 and 1.
        seed: of all that is drawn.
        **world: what else a `World` is told.

    Raises:
        BadArgument: as `World` and its `visits`.
    """
    return World(rates, **world).log(assign, seed)


def _told(
    by_variant: Mapping[str, float], variants: NDArray[np.str_], otherwise: float
) -> NDArray[np.float64]:
    """What was said of each visit's variant."""
    told = np.full(variants.size, otherwise)
    for name, value in by_variant.items():
        told[variants == name] = value
    return told
