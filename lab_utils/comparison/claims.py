"""The rows of the usual slide, and what measurements say to each."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from lab_utils.comparison import wording
from lab_utils.comparison.evidence import Evidence
from lab_utils.measurements import Measurement

Word = Literal["holds", "wrong", "holds only when", "not measured"]


@dataclass(frozen=True)
class Verdict:
    """What the measurements say to a claim.

    Attributes:
        word: whether it holds.
        because: for `holds only when`: when; else why, with what was measured.
    """

    word: Word
    because: str

    def __str__(self) -> str:
        return (
            f"{self.word} {self.because}"
            if self.word == "holds only when"
            else (f"{self.word}: {self.because}")
        )


@dataclass(frozen=True)
class Claim:
    """A row of the slide.

    Attributes:
        key: one word for it.
        slide: what the slide says.
        what: the measurement that the row of the table shows.
        judge: from all the evidence to a verdict; a KeyError where evidence is missing.
    """

    key: str
    slide: str
    what: str
    judge: Callable[[Evidence], Verdict]

    def verdict(self, evidence: Evidence) -> Verdict:
        """What the measurements say."""
        try:
            return self.judge(evidence)
        except KeyError as missing:
            return Verdict("not measured", f"no {missing.args[0]} here, and none recorded")


def _size(seen: Evidence) -> Verdict:
    container, vm = seen.get("image size", "container"), seen.get("image size", "vm")
    if not container.median < vm.median:
        return Verdict("wrong", f"the image has {_both(container, vm)}")
    return Verdict(
        "holds only when",
        f"the guest carries a whole system: the order is right, but {_both(container, vm)} is the "
        "same server, with and without a kernel",
    )


def _start(seen: Evidence) -> Verdict:
    container = seen.get("start to first answer", "container").median
    boot = seen.get("start to first answer", "vm").median
    resumed = seen.get("start from a snapshot", "vm").median
    times = f"container {_s(container)}, boot {_s(boot)}, snapshot {_s(resumed)}"
    if not container < boot:
        return Verdict("wrong", times)
    # on the scale of factors: is a snapshot's start nearer to a container's than to a boot?
    if abs(math.log(resumed / container)) < abs(math.log(boot / resumed)):
        return Verdict("wrong", f"it is the boot that is slow, not the virtual machine: {times}")
    return Verdict("holds", times)


def _system(seen: Evidence) -> Verdict:
    container, vm = seen.get("boot id", "container"), seen.get("boot id", "vm")
    if container.value == vm.value:
        return Verdict("wrong", "both have the same boot id")
    host = seen.find("boot id", "process")
    if host and host.value != container.value:
        return Verdict("holds", "here the container's kernel is that of the engine's own machine")
    return Verdict("holds", "the container shows the host's boot id, the guest one of its own")


def _resources(seen: Evidence) -> Verdict:
    container, vm = seen.get("memory seen", "container"), seen.get("memory seen", "vm")
    if container.median <= vm.median:
        return Verdict("wrong", f"inside, {_both(container, vm)} are seen")
    killed = seen.get("exit code", "container")
    return Verdict(
        "holds",
        f"inside, {_both(container, vm)} are seen; a limit is not seen at all, and what passes it "
        f"ends with exit code {wording.value(killed)}",
    )


def _cost(seen: Evidence) -> Verdict:
    container, vm = (
        seen.get("how many fit into a gigabyte", "container"),
        seen.get("how many fit into a gigabyte", "vm"),
    )
    said = f"{wording.value(container)} against {wording.value(vm)} fit into a gigabyte"
    return Verdict("holds" if container.median > vm.median else "wrong", said)


def _state(seen: Evidence) -> Verdict:
    kept = [
        what
        for what in ("restart", "remove", "commit", "volume")
        if seen.get(what, "container").value
    ]
    if kept:
        lost = "" if "remove" in kept else "; it is lost on remove"
        return Verdict("wrong", f"a file outlives {', '.join(kept)}{lost}")
    return Verdict("holds", "no file outlived anything")


def _portability(seen: Evidence) -> Verdict:
    host, guest = seen.get("kernel", "container"), seen.get("kernel", "vm")
    if host.value == guest.value and _system(seen).word == "wrong":
        return Verdict("holds", "both run on one kernel")
    return Verdict(
        "holds only when",
        f"there is a Linux kernel of the right processor below: here {host.value}, which the image "
        f"does not hold; the guest brought {guest.value}",
    )


def _sharing(seen: Evidence) -> Verdict:
    first, second = seen.get("image size", "container"), seen.get("second image adds", "container")
    said = f"a second image on the same {wording.value(first)} adds {wording.value(second)}"
    return Verdict("holds" if second.median < first.median else "wrong", said)


def _isolation(seen: Evidence) -> Verdict:
    host, neighbour = seen.get("host goes on", "vm"), seen.get("neighbour goes on", "vm")
    if not (host.value and neighbour.value):
        return Verdict("wrong", "the panic was felt outside")
    return Verdict("holds", "a guest's kernel panicked, its neighbour and the host went on")


def _roll_back(seen: Evidence) -> Verdict:
    vm, container = (seen.get("process rolled back", kind).value for kind in ("vm", "container"))
    if vm and not container:
        return Verdict("holds", "a snapshot brings back files and processes, a commit files alone")
    return Verdict("wrong", f"processes come back: vm {vm}, container {container}")


def _both(container: Measurement, vm: Measurement) -> str:
    return f"{wording.value(container)} against {wording.value(vm)}"


def _s(seconds: float) -> str:
    return wording.amount(seconds, "s")


CLAIMS = (
    Claim("size", "A VM's image takes gigabytes, a container's megabytes.", "image size", _size),
    Claim("start", "Containers start faster.", "start to first answer", _start),
    Claim(
        "system",
        "A VM has an operating system of its own, containers share one.",
        "kernel",
        _system,
    ),
    Claim(
        "resources",
        "A VM is given its memory and processors, a container takes what there is.",
        "memory seen",
        _resources,
    ),
    Claim(
        "cost", "Fewer VMs than containers fit on a machine.", "how many fit into a gigabyte", _cost
    ),
    Claim("state", "Containers are stateless.", "restart", _state),
    Claim("portability", "A container runs the same everywhere.", "kernel", _portability),
    Claim(
        "sharing", "Container images share what they have in common.", "second image adds", _sharing
    ),
    Claim("isolation", "A VM isolates fully, a container less.", "host goes on", _isolation),
    Claim("roll-back", "A VM can be rolled back as a whole.", "process rolled back", _roll_back),
)
