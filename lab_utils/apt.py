"""Debian's and Ubuntu's package manager, as this machine is set up to use it."""

from __future__ import annotations

import os

from lab_utils import commands
from lab_utils.errors import LabError


def run(*arguments: str) -> None:
    """Run apt-get without questions.

    Raises:
        CommandFailed: it failed; its own words are in the error.
    """
    commands.run(
        ["apt-get", *arguments],
        doing=f"running apt-get {arguments[0]}",
        environment={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        next_step="see apt's own words above; is the package mirror reachable?",
    )


def offers(*packages: str) -> bool:
    """Whether this machine's sources have a version of every one of the packages to install."""
    asked = commands.run(["apt-cache", "policy", *packages], doing="asking apt what it offers")
    candidates = [line for line in asked.stdout.splitlines() if "Candidate: " in line]
    return len(candidates) == len(packages) and not any("(none)" in line for line in candidates)


def mirror() -> str:
    """The address of the Debian mirror that this machine's own sources name.

    Raises:
        LabError: they name none.
    """
    if not (found := _debian_sources()):
        run("update", "-qq")
        found = _debian_sources()
    if not found:
        raise LabError(
            "looking for this machine's Debian mirror",
            "apt knows no source labelled Debian",
            "add one to /etc/apt, or name a base image: BASE_IMAGE=...",
        )
    return found[0]


def _debian_sources() -> list[str]:
    asked = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"]
    return commands.run(
        [*asked, "Label: Debian"], doing="asking apt for its sources"
    ).stdout.split()
