"""What the environment sets."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from recommender_b import RecommenderError

if TYPE_CHECKING:
    from collections.abc import Mapping

HIGHEST_PORT = 65535


@dataclass(frozen=True)
class Settings:
    """Where to listen, where the data is and where the model goes.

    Attributes:
        host: the address to listen on (`LAB_HOST`).
        port: the TCP port to listen on (`LAB_PORT`).
        data: the folder holding `ratings.csv.gz` and `movies.csv` (`LAB_DATA`).
        model: the folder the model is written into and read from (`LAB_MODEL`).
        variant: what the experiment calls this recommender (`LAB_VARIANT`).
    """

    host: str = "0.0.0.0"  # noqa: S104 - a container is reached from outside only so
    port: int = 8000
    data: Path = Path("/data")
    model: Path = Path("/model")
    variant: str = "b"

    @property
    def model_file(self) -> Path:
        """The one file a trained model is."""
        return self.model / "recommender_b.npz"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read the settings; an unset or empty variable keeps its default.

        Raises:
            RecommenderError: if LAB_PORT is no port number.
        """
        return cls(
            host=environment.get("LAB_HOST") or cls.host,
            port=_port(environment.get("LAB_PORT") or str(cls.port)),
            data=Path(environment.get("LAB_DATA") or cls.data),
            model=Path(environment.get("LAB_MODEL") or cls.model),
            variant=environment.get("LAB_VARIANT") or cls.variant,
        )


def _port(text: str) -> int:
    if not (re.fullmatch("[0-9]{1,5}", text) and 1 <= int(text) <= HIGHEST_PORT):
        raise RecommenderError(f"LAB_PORT is {text!r}; it must be a whole number, 1 to 65535.")
    return int(text)
