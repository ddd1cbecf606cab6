"""The balancer's settings, looked at before anything is started with them."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import Any

from lab_utils import commands
from lab_utils.errors import LabError
from lab_utils.paths import CONTAINERS

FILE = CONTAINERS / "balancer" / "balancer.toml"
VARIANTS = {"a", "b"}
PUBLISHED = {"listen": 8082, "admin": 8083}
"""The ports inside the balancer's container that compose.yaml publishes."""

DOING = "checking the balancer's settings"


def demand(path: Path = FILE, *, published: bool = False) -> dict[str, Any]:
    """The settings as TOML gives them, if the balancer and this stack can use them.

    Args:
        path: the file.
        published: whether Compose publishes the balancer's ports, which then have to be the usual.

    Raises:
        CommandFailed: the balancer cannot use them; its own words say why.
        LabError: they are not for a stack with two recommenders, or its ports.
    """
    commands.run(
        [sys.executable, "-P", "-m", "balancer", "check", "--config", path],
        doing=DOING,
        next_step=f"mend {path.name}; each line above names a key and what it may be",
    )
    table = tomllib.loads(path.read_text("utf-8"))
    if table["variants"].keys() != VARIANTS:
        raise LabError(
            DOING,
            f"{path.name} has the variants {', '.join(table['variants'])}",
            "the stack has two recommenders: it needs [variants.a] and [variants.b], and no other",
        )
    for key, port in PUBLISHED.items() if published else ():
        if not table.get(key, "").endswith(f":{port}"):
            raise LabError(
                DOING,
                f"{path.name} has {key} = {table.get(key)!r}, and Compose publishes port {port} of "
                "the balancer's container",
                f'put it back to "0.0.0.0:{port}"; on this machine the port is changed by '
                "LAB_PORT_BALANCER and LAB_PORT_ADMIN",
            )
    return table
