"""Everything that was measured, to be asked for by name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lab_utils.measurements import Measurement, Value
from lab_utils.runtimes import Kind

Measured = Measurement | Iterable[Measurement]


@dataclass(frozen=True)
class Evidence:
    """Measurements of one server.

    Attributes:
        measured: in the order in which they were taken.
    """

    measured: tuple[Measurement, ...]

    @classmethod
    def of(cls, *groups: Measured) -> Evidence:
        """Of single measurements and groups of them."""
        lists = ([each] if isinstance(each, Measurement) else each for each in groups)
        return cls(tuple(seen for some in lists for seen in some))

    def get(self, what: str, kind: Kind) -> Measurement:
        """One of them.

        Raises:
            KeyError: it was neither measured nor recorded.
        """
        for seen in self.measured:
            if (seen.what, seen.runtime) == (what, kind):
                return seen
        raise KeyError(what)

    def find(self, what: str, kind: Kind) -> Measurement | None:
        """One of them; None if it was neither measured nor recorded."""
        try:
            return self.get(what, kind)
        except KeyError:
            return None

    def value(self, what: str, kind: Kind) -> Value:
        """The value of one of them; of several numbers the median.

        Raises:
            KeyError: it was neither measured nor recorded.
        """
        return self.get(what, kind).value

    def median(self, what: str, kind: Kind) -> float:
        """The median of one of them, in its unit.

        Raises:
            KeyError: it was neither measured nor recorded.
        """
        return self.get(what, kind).median
