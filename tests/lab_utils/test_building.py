import io

from rich.console import Console

from lab_utils import building

BUILD = """\
#0 building with "default" instance using docker driver

#1 [balancer internal] load build definition from Dockerfile
#1 DONE 0.0s

#6 [balancer build 1/5] FROM docker.io/library/python:3.13-slim
#6 DONE 0.0s

#24 [balancer stage-1 2/7] RUN mkdir /events
#24 CACHED

#28 [balancer build 3/5] RUN --mount=type=secret,id=ca --mount=type=cache,target=/x     pip install
#28 1.2 Collecting httptools

#42 [balancer stage-1 6/7] COPY balancer/balancer balancer
#42 DONE 0.1s

#28 [balancer build 3/5] RUN --mount=type=secret,id=ca --mount=type=cache,target=/x     pip install
#28 DONE 9.9s

#44 [balancer] exporting to image
#44 DONE 0.2s
"""


def shown(**options):
    console = Console(file=io.StringIO(), **options)
    with building.watching(console) as watch:
        for line in BUILD.splitlines():
            watch(line)
    return console.file.getvalue()


def test_in_a_file_each_step_that_is_worked_on_has_one_line():
    assert shown().splitlines() == [
        "  balancer build 3/5: RUN pip install",
        "  balancer stage-1 6/7: COPY balancer/balancer balancer",
    ]


def test_on_a_terminal_one_line_takes_the_place_of_the_other():
    assert "\n  balancer build" not in shown(force_terminal=True)
