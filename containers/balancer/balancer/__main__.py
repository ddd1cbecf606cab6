"""The balancer's command: `python -m balancer --config FILE`.

With `check` it only reads the settings; with `healthcheck` it asks the balancer that runs with
them.
"""

from __future__ import annotations

import argparse
import sys
import urllib.request
from pathlib import Path

from balancer.settings import Settings, SettingsError, load

_HEALTHCHECK_S = 3.0
_BAD_START = 2


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line says; the exit code."""
    parser = argparse.ArgumentParser(prog="balancer", description="The lab's load balancer.")
    parser.add_argument(
        "command", nargs="?", default="serve", choices=("serve", "check", "healthcheck")
    )
    parser.add_argument("--config", type=Path, required=True, help="the settings, a TOML file")
    options = parser.parse_args(arguments)
    try:
        settings = load(options.config)
    except SettingsError as error:
        return _give_up(str(error))
    if options.command == "check":
        return 0
    return _healthcheck(settings) if options.command == "healthcheck" else _serve(settings)


def _serve(settings: Settings) -> int:
    # The health check starts every few seconds and needs none of this.
    from balancer import server, workers

    try:
        server.run(server.serve(settings) if settings.workers == 1 else workers.lead(settings))
    except server.StartError as error:
        return _give_up(f"the balancer cannot start: {error}")
    return 0


def _healthcheck(settings: Settings) -> int:
    """Ask the balancer that runs with these settings, on this machine, for its status."""
    host = settings.admin.host
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - this is where we call
    address = settings.admin._replace(host=everywhere.get(host, host))
    try:
        with urllib.request.urlopen(f"http://{address}/status", timeout=_HEALTHCHECK_S):
            return 0
    except OSError as error:
        print(f"the balancer does not answer on {address}: {error}", file=sys.stderr)
        return 1


def _give_up(message: str) -> int:
    print(message, file=sys.stderr)
    return _BAD_START


if __name__ == "__main__":
    sys.exit(main())
