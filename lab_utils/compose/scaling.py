"""Several containers of one service: how many run, and how many are served from."""

from __future__ import annotations

from dataclasses import dataclass

from lab_utils.compose.output import Output

OURS = (
    "LAB_PORT_A=0 docker compose up --detach --no-deps --no-recreate "
    "--scale recommender-a=3 recommender-a"
)
"""Three containers of recommender a: the first stays as it is, the others get any free port."""


@dataclass(frozen=True)
class Scaled:
    """What became of a command that was to change how many containers there are.

    Attributes:
        output: of the command.
        running: containers of recommender a that run; None where nobody could look.
        served: how many of them the balancer has healthy; None where nobody could look.
    """

    output: Output
    running: int | None
    served: int | None

    def __str__(self) -> str:
        if self.running is None:
            return str(self.output)
        seen = f"containers that run: {self.running}; that the balancer has healthy: {self.served}"
        return f"{self.output}\n{seen}"

    __repr__ = __str__

    def _repr_mimebundle_(self, **more: object) -> dict[str, str]:
        bundle = self.output._repr_mimebundle_(**more)
        if self.running is None:
            return bundle
        seen = (
            f"<p>Containers of recommender-a that run: <b>{self.running}</b>; that the balancer "
            f"has healthy: <b>{self.served}</b></p>"
        )
        return {"text/html": bundle["text/html"] + seen, "text/plain": str(self)}
