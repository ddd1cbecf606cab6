"""Runs nginx or HAProxy with the split of balancer.toml: `fill.py TEMPLATE RESULT COMMAND...`.

Neither of them reads our settings, and weights that are written down twice come apart one day. So
their configurations say `${SALT}`, `${SHARE_OF_A}` and `${SHARE_OF_B}`, which are filled in here
when the container starts. (nginx's official image does the same with `envsubst`.)
"""

from __future__ import annotations

import os
import sys
import tomllib
from pathlib import Path
from typing import Any

SETTINGS = Path("/etc/balancer/balancer.toml")


def values(settings: dict[str, Any]) -> dict[str, str]:
    """What the placeholders stand for.

    Args:
        settings: balancer.toml, with the variants `a` and `b`.

    Raises:
        ValueError: it asks for what these configurations cannot do.

    >>> values({"salt": "spring", "variants": {"a": {"weight": 2}, "b": {"weight": 1}}})
    {'SALT': 'spring', 'SHARE_OF_A': '67', 'SHARE_OF_B': '33'}
    """
    variants = settings["variants"]
    if variants.keys() != {"a", "b"}:
        raise ValueError(f"variants: found {', '.join(variants)}, may be a and b here")
    if settings.get("strategy", "sticky") != "sticky":
        raise ValueError(f'strategy: found "{settings["strategy"]}", may be "sticky" here')
    a, b = (variants[name]["weight"] for name in "ab")
    if a + b == 0:
        raise ValueError("variants: found only weights of 0, may be anything above 0")
    # whole percents, which both can express; whoever rounds says the rounded share in /status
    share = round(100 * a / (a + b))
    if not 0 < share < 100:
        raise ValueError("variants: found a share of 0 %, which nginx cannot express")
    return {"SALT": settings["salt"], "SHARE_OF_A": str(share), "SHARE_OF_B": str(100 - share)}


def filled(template: str, filling: dict[str, str]) -> str:
    """The template with every placeholder of ours replaced; nginx's own `$names` stay."""
    for name, value in filling.items():
        template = template.replace("${" + name + "}", value)
    return template


def main(template: str, result: str, *command: str) -> None:
    """Fill in, then become the command, so that signals reach it."""
    try:
        filling = values(tomllib.loads(SETTINGS.read_text("utf-8")))
    except (OSError, ValueError) as error:
        sys.exit(f"{SETTINGS} cannot be used: {error}")
    Path(result).write_text(filled(Path(template).read_text("utf-8"), filling), "utf-8")
    os.execvp(command[0], command)  # noqa: S606 - the container's own command line


if __name__ == "__main__":
    main(*sys.argv[1:])
