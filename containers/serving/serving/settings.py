"""What the environment sets."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from serving import RecommenderError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from serving.recommender import Recommender

HIGHEST_PORT = 65535


@dataclass(frozen=True)
class Settings:
    """Where to listen, where the data is and where the model goes.

    Attributes:
        host: the address to listen on (`LAB_HOST`).
        port: the TCP port to listen on (`LAB_PORT`).
        data: the folder holding `ratings.csv.gz` and `movies.csv` (`LAB_DATA`).
        model_file: the one file a trained model is, in the folder `LAB_MODEL`.
        variant: what the experiment calls this recommender (`LAB_VARIANT`).
    """

    host: str
    port: int
    data: Path
    model_file: Path
    variant: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], recommender: Recommender) -> Self:
        """Read the settings; an unset or empty variable has the default that images rely on.

        Raises:
            RecommenderError: if LAB_PORT is no port number.
        """
        return cls(
            # A container is reached from outside only so.
            host=environment.get("LAB_HOST") or "0.0.0.0",  # noqa: S104
            port=_port(environment.get("LAB_PORT") or "8000"),
            data=Path(environment.get("LAB_DATA") or "/data"),
            model_file=Path(environment.get("LAB_MODEL") or "/model")
            / f"{recommender.package}.npz",
            variant=environment.get("LAB_VARIANT") or recommender.variant,
        )


def _port(text: str) -> int:
    if not (re.fullmatch("[0-9]{1,5}", text) and 1 <= int(text) <= HIGHEST_PORT):
        raise RecommenderError(f"LAB_PORT is {text!r}; it must be a whole number, 1 to 65535.")
    return int(text)
