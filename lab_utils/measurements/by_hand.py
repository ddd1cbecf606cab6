"""What a container is made of, by hand, inside the tiny guest, where nothing can be broken.

The same three parts as in Documentation/filesystems/overlayfs.rst and
Documentation/admin-guide/cgroup-v2.rst of the kernel, and unshare(1).
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from lab_utils.runtimes import VirtualMachine


@dataclass(frozen=True)
class Step:
    """One command, and what it showed.

    Attributes:
        title: which part of a container it makes: `namespaces`, `layers`, `limits`, `a container`.
        command: as typed into the guest's shell.
        output: what it printed.
        meaning: one sentence: what to see in it.
        seconds: it took.
    """

    title: str
    command: str
    output: str
    meaning: str
    seconds: float


STEPS = (
    (
        "namespaces",
        """\
unshare --uts --pid --mount --ipc --net --fork sh -c '
    mount -t proc proc /proc
    hostname box
    ps; hostname'
hostname
""",
        "Inside, the machine has another name and two processes; outside, nothing has changed.",
    ),
    (
        "layers",
        """\
mkdir /box && mount -t tmpfs box /box && cd /box
mkdir -p image/bin image/proc own work root
cp /bin/busybox image/bin && chroot image /bin/busybox --install -s /bin
echo 'from the image' > image/greeting
mount -t overlay overlay -o lowerdir=image,upperdir=own,workdir=work root
chroot root sh -c 'ls /; cat /greeting; echo changed > /greeting; cat /greeting'
cat image/greeting
ls own
""",
        "What is written inside lands in a layer of its own; the image stays as it was.",
    ),
    (
        "limits",
        """\
mount -t cgroup2 cgroup /sys/fs/cgroup && cd /sys/fs/cgroup
echo +memory > cgroup.subtree_control
mkdir box && echo 8M > box/memory.max
sh -c 'echo $$ > box/cgroup.procs; exec tail /dev/zero'
echo "exit code $?"
grep oom_kill box/memory.events
""",
        "A program that wants more memory than its group may have is killed: exit code 137.",
    ),
    (
        "a container",
        """\
sh -c '
    echo $$ > /sys/fs/cgroup/box/cgroup.procs
    exec unshare --uts --pid --mount --ipc --net --fork chroot /box/root sh -c "
        mount -t proc proc /proc
        hostname box
        ps; hostname; ls /; cat /proc/self/cgroup"'
""",
        "All three at once: its own names and processes, its own files, its own limits.",
    ),
)


def container_by_hand(vm: VirtualMachine | None = None) -> tuple[Step, ...]:
    """Namespaces, files in layers, and a memory limit, each by hand; then all three at once.

    Args:
        vm: a tiny guest that is up and has not been used for this; None: one is started for it.

    Raises:
        Unavailable: no virtual machine can be had here.
    """
    if vm is not None:
        return tuple(_step(vm, *each) for each in STEPS)
    with VirtualMachine("tiny") as own:
        return container_by_hand(own)


def _step(vm: VirtualMachine, title: str, command: str, meaning: str) -> Step:
    before = time.perf_counter()
    output = vm.run_inside(command)
    return Step(title, command, output, meaning, time.perf_counter() - before)
