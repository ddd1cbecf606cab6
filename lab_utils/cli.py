"""The commands of `./lab`; each is a few lines that call the room where the work is done."""

from __future__ import annotations

import argparse
import errno
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, NoReturn

from rich.console import Console
from rich.markup import escape

from lab_utils import interrupts
from lab_utils.errors import LabError

if TYPE_CHECKING:
    from lab_utils.doctor import Finding

Command = Callable[[argparse.Namespace, Console], int]

READERS_TO_MEND = {errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS}
"""A full disk or a folder that may not be written to: no defect, but nothing we can mend."""

INTRODUCTION = """\
A recitation in one repository: containers, a load balancer, and an A/B test between two
recommenders on real film ratings.

  ./lab demo     the whole story in one command, ending in a verdict and a page with pictures
  ./lab open     the notebooks, in JupyterLab
  ./lab test     every check this machine can run
"""

MAINTENANCE = {
    "bench": "measure ours beside its peers; alone: list what can be",
    "notebooks": "make the student copies from the solutions",
    "lock": "make the lock files again, at the newest versions",
}
"""Commands that a student does not need."""

CLEANED = (
    "No process, container, volume, network or state of this lab is left on this machine, and no "
    "image but what is said above. Not removed: results/ and .venv (delete this folder to be rid "
    "of them), a base image fetched from a registry, what `./lab engine up` installed, the "
    "engine's build cache (`docker builder prune`), and what uv, pip, matplotlib and Jupyter cache "
    "in your home."
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code says how it went (0 well, 1 told why not, 130 interrupted)."""
    parser = _parser()
    options = parser.parse_args(arguments)
    console = Console(highlight=False)
    if options.run is None:
        parser.print_help()
        return 0
    try:
        with interrupts.stopping_in_good_order():
            return int(options.run(options, console))
    except LabError as error:
        _show(error)
        return 1
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        Console(stderr=True).print("\nInterrupted; what this command had started is stopped.")
        return 130
    except Exception as error:
        if (told := _explained(error)) is None:
            raise
        _show(told)
        return 1


def _show(error: LabError) -> None:
    out = Console(stderr=True, highlight=False)
    out.print(f"[bold red]While {escape(error.doing)}:[/] {escape(error.found)}")
    out.print(f"[bold]Next:[/] {escape(error.next_step)}")


def _explained(error: Exception) -> LabError | None:
    """What a reader can do about an error from below; None if it is a defect of ours."""
    if isinstance(error, OSError) and error.errno in READERS_TO_MEND:
        where = f": {error.filename}" if error.filename else ""
        return LabError(
            "running this command",
            f"the operating system refused: {error.strerror}{where}",
            "make room or give the right to write there, then run it again",
        )
    from lab_utils import docker_engine

    if isinstance(error, docker_engine.FAILURES):
        return LabError(
            "talking to the Docker Engine",
            str(error),
            "is it still running? `./lab doctor` looks; then run this again",
        )
    return None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="lab",
        description=INTRODUCTION,
        epilog="to work on the lab itself:\n"
        + "\n".join(f"    {name:<11}{summary}" for name, summary in MAINTENANCE.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=None)
    commands = parser.add_subparsers(title="commands", metavar="")

    demo = _add(commands, "demo", _demo, "build, start, visit, collect, test, and show a verdict")
    _add_kind(demo)
    demo.add_argument("--seed", type=int, default=2026, help="of the visitors' order (2026)")
    demo.add_argument("--keep", action="store_true", help="leave the stack up afterwards")

    test = _add(commands, "test", _test, "run every check this machine can run")
    test.add_argument(
        "pytest",
        nargs=argparse.REMAINDER,
        help="words for pytest: then it alone is run; notebooks among them cell by cell",
    )

    notebooks = _add(commands, "open", _open, "open the notebooks in JupyterLab")
    notebooks.add_argument("jupyter", nargs="*", help="words for JupyterLab, after --")

    _add_kind(_add(commands, "up", _up, "start the stack and wait until it is healthy"))
    _add(commands, "status", _status, "what of the stack is up, and where it answers")
    logs = _add(commands, "logs", _logs, "what the services say")
    logs.add_argument("service", nargs="?", help="recommender-a, recommender-b, balancer, ...")
    logs.add_argument("-f", "--follow", action="store_true", help="go on as they say more")
    _add(commands, "down", _down, "stop the stack; models and events are kept")
    _add(commands, "clean", _clean, "remove everything the lab made, and nothing else")
    physician = _add(commands, "doctor", _doctor, "what this machine has, and what is missing")
    physician.add_argument(
        "--class",
        dest="rehearse",
        action="store_true",
        help="also run every notebook as a class will: all is built the evening before",
    )

    slides = _add(commands, "slides", _slides, "make slides of the notebooks: one file, no network")
    slides.add_argument("notebook", nargs="*", help="how a name begins (04); all by default")
    slides.add_argument("--solved", action="store_true", help="with the exercises' solutions")

    engine = _add(commands, "engine", _engine, "install and start a Docker Engine, or stop it")
    engine.add_argument("action", choices=["up", "down"])

    bench = _add(commands, "bench", _bench, MAINTENANCE["bench"], listed=False)
    bench.add_argument("name", nargs="?", help="which benchmark")
    bench.add_argument("words", nargs=argparse.REMAINDER, help="for it; --help lists them")

    books = _add(commands, "notebooks", _notebooks, MAINTENANCE["notebooks"], listed=False)
    books.add_argument("name", nargs="*", help="how the names of those wanted begin: 04")
    books.add_argument("--check", action="store_true", help="only say whether they are up to date")
    _add(commands, "lock", _lock, MAINTENANCE["lock"], listed=False)
    return parser


def _add(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    run: Command,
    summary: str,
    *,
    listed: bool = True,
) -> argparse.ArgumentParser:
    """Add a command; one that is not listed among the others is in the epilog."""
    if listed:
        command = commands.add_parser(name, help=summary, description=summary)
    else:
        command = commands.add_parser(name, description=summary)
    command.set_defaults(run=run)
    return command


def _add_kind(command: argparse.ArgumentParser) -> None:
    kinds = command.add_mutually_exclusive_group()
    kinds.set_defaults(kind="auto")
    for kind, summary in (
        ("containers", "demand a Docker Engine"),
        ("processes", "run local processes, even where an engine answers"),
    ):
        kinds.add_argument(f"--{kind}", dest="kind", action="store_const", const=kind, help=summary)
    command.add_argument(
        "--balancer",
        choices=["ours", "nginx", "haproxy"],
        default="ours",
        help="who is between visitors and recommenders (ours); the others need containers",
    )


def _demo(options: argparse.Namespace, console: Console) -> int:
    from lab_utils import demo

    demo.run_in_terminal(
        console,
        kind=options.kind,
        seed=options.seed,
        keep=options.keep,
        balancer=options.balancer,
    )
    return 0


def _test(options: argparse.Namespace, console: Console) -> int:
    from lab_utils import self_test

    return self_test.run(options.pytest, console)


def _open(options: argparse.Namespace, _console: Console) -> NoReturn:
    from lab_utils import jupyter_lab
    from lab_utils.paths import ROOT

    words = jupyter_lab.command(ROOT, "notebooks/00_start_here.ipynb")
    os.execv(sys.executable, [*words, *options.jupyter])  # noqa: S606 - this very Python


def _slides(options: argparse.Namespace, console: Console) -> int:
    from lab_utils import slides

    deck = slides.make(slides.DECK, options.notebook, solved=options.solved)
    console.print(f"[bold]{deck}[/]: open it in any browser. Arrows to go on, ? for all keys.")
    return 0


def _up(options: argparse.Namespace, console: Console) -> int:
    from lab_utils import building, busy, ratings, stack

    ratings.demand()
    with busy.alone(), building.watching(console) as watch:
        chosen = stack.choose(options.kind, console.print, balancer=options.balancer)
        chosen.up(console.print, watch)
    return _status(options, console)


def _status(_options: argparse.Namespace, console: Console) -> int:
    from rich import box
    from rich.table import Column, Table

    from lab_utils import stack
    from lab_utils.stack.base import ADMIN

    up = stack.present()
    if up is None:
        console.print(f"{_not_up()}. `./lab up` starts it, `./lab demo` shows all of it.")
        return 0
    console.print(up.description)
    rows = [tuple(vars(service).values()) for service in up.services()]
    names = ("service", "state", "health", "address", "runs as")
    # As wide as it has to be: a name that is cut or folded cannot be copied.
    wide = [max(map(len, column)) for column in zip(names, *rows, strict=True)]
    columns = (Column(name, min_width=width) for name, width in zip(names, wide, strict=True))
    table = Table(*columns, box=box.SIMPLE_HEAD)
    for row in rows:
        table.add_row(*row)
    console.print(table, crop=False)
    admin = f"{up.ports.url('admin')}: {ADMIN[up.balancer]}"
    console.print(f"The balancer's admin port is {admin}", soft_wrap=True)
    for each in stack.unwell(up):
        console.print(f"\n{escape(str(each))}", soft_wrap=True)
        console.print(
            f"Next: `./lab logs {each.name}` shows all of it; `./lab up` starts again what is down."
        )
    return 0


def _not_up() -> str:
    """That nothing is up, as far as could be seen."""
    from lab_utils import stack

    if unseen := stack.unseen():
        return f"No process of the stack is up, and its containers are out of sight: {unseen.found}"
    return "The stack is not up"


def _logs(options: argparse.Namespace, _console: Console) -> int:
    from lab_utils import stack
    from lab_utils.stack.base import SERVICES, names

    up = stack.present()
    known = names(up) if up and options.service else SERVICES
    if options.service not in (None, *known):
        raise LabError(
            "reading the logs",
            f"there is no service {options.service!r}",
            f"name one of {', '.join(known)}, or none for all",
        )
    if up is None:
        raise LabError("reading the logs", _not_up(), "start it with `./lab up`")
    try:
        for line in up.logs(options.service, follow=options.follow):
            print(line, flush=True)
    except KeyboardInterrupt:
        return 130  # without a word: it is how one leaves `--follow`, and nothing was started
    return 0


def _down(_options: argparse.Namespace, console: Console) -> int:
    from lab_utils import stack

    up = stack.present()
    if up is None:
        console.print(f"{_not_up()}: nothing to stop.")
    else:
        up.down(console.print)
    return 0


def _clean(_options: argparse.Namespace, console: Console) -> int:
    from lab_utils import cleanup

    cleaned = cleanup.clean(console.print)
    for line in cleaned.removed:
        console.print(f"removed {line}", soft_wrap=True)
    for line in cleaned.kept:
        console.print(f"kept {line}", soft_wrap=True)
    if cleaned.unseen is not None:
        raise LabError(
            "looking for what of the lab is in the Docker Engine",
            f"{cleaned.unseen.found}; containers, images and volumes of the lab may be there. "
            "All else of it is removed",
            f"{cleaned.unseen.next_step}; then `./lab clean` again, if you ever used the lab there",
        )
    console.print(CLEANED)
    return 0


def _doctor(options: argparse.Namespace, console: Console) -> int:
    from lab_utils import doctor

    if not options.rehearse:
        _show_findings("What the lab finds on this machine", doctor.examine(), console)
        return 0
    from lab_utils import rehearsal  # with what runs notebooks, a second that a look does not need

    findings = list(rehearsal.rehearse(console.print))
    _show_findings("What a class will find on this machine", findings, console)
    if any(each.verdict == "missing" for each in findings):
        console.print("[bold]Not all of it will run here[/]: see what is missing, above.")
        return 1
    console.print("[bold]Ready[/]: what a notebook needs is built, and every one of them ran.")
    return 0


def _show_findings(title: str, findings: Iterable[Finding], console: Console) -> None:
    from rich.table import Column, Table

    signs = {"ok": "[green]ok[/]", "note": "[yellow]note[/]", "missing": "[red]missing[/]"}
    # folded, never cut: an address that is cut short cannot be looked for
    wide = (Column(name, overflow="fold") for name in ("found", "what to do"))
    table = Table("what", "", *wide, title=title)
    for each in findings:
        table.add_row(each.what, signs[each.verdict], escape(each.found), escape(each.advice))
    console.print(table)


def _engine(options: argparse.Namespace, console: Console) -> int:
    from lab_utils import engine_setup

    if options.action == "up":
        engine_setup.up(console.print)
    else:
        engine_setup.down(console.print)
    return 0


def _bench(options: argparse.Namespace, console: Console) -> int:
    import benchmarks

    if options.name is not None:
        return benchmarks.run(options.name, options.words, console)
    for name, summary in benchmarks.summaries().items():
        console.print(f"./lab bench {name}: {summary}")
    return 0


def _notebooks(options: argparse.Namespace, console: Console) -> int:
    from lab_utils import notebooks

    if options.check:
        notebooks.demand_up_to_date()
        console.print("every student copy is what its solution makes it")
    else:
        notebooks.make(console.print, options.name)
    return 0


def _lock(_options: argparse.Namespace, console: Console) -> int:
    from lab_utils import locks
    from lab_utils.paths import ROOT

    for path in locks.make():
        console.print(f"wrote {path.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
