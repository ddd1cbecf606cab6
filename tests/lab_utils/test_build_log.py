from dataclasses import asdict

from lab_utils.build_log import Build, Step, following

LOG = """
#0 building with "default" instance using docker driver
#1 [internal] load build definition from 1-naive.Dockerfile
#1 DONE 0.0s
#4 [1/4] FROM docker.io/library/python:3.13-slim
#4 CACHED
#5 [2/4] COPY . .
#5 DONE 0.1s
#6 [3/4] RUN --mount=type=secret,id=ca  if [ -s /run/secrets/ca ]; then :; fi; pip install   flask
#6 0.512 Collecting flask
#6 DONE 7.5s
#7 [stage-1 4/4] RUN true
#7 CACHED
#8 exporting to image
#8 DONE 0.2s
""".strip().splitlines()


def built(lines=LOG):
    return list(following(lines, "hello:1"))


def test_a_build_has_a_step_for_each_instruction_but_from():
    assert [(step.where, step.what) for step in built()[-1].steps] == [
        ("2/4", "COPY . ."),
        ("3/4", "RUN pip install flask"),
        ("stage-1 4/4", "RUN true"),
    ]
    assert "stage-1" not in built()[-1].to_html()


def test_it_tells_what_was_made_anew_and_what_came_from_the_cache():
    build = built()[-1]
    assert [step.state for step in build.steps] == ["done", "done", "cached"]
    assert [step.what for step in build.made_anew] == ["COPY . .", "RUN pip install flask"]
    assert build.seconds == 7.6


def test_a_step_at_work_shows_the_last_line_it_said():
    at_work = built(LOG[:9])[-1]
    assert at_work.step("pip install") == Step(
        "3/4", "RUN pip install flask", said="Collecting flask"
    )
    assert "Collecting flask" in at_work.to_html()
    assert "Collecting flask" not in built()[-1].to_html()


def test_a_step_that_fails_is_told_as_failed():
    lines = [*LOG[:9], '#6 ERROR: process "/bin/sh -c pip" did not complete: exit code: 1']
    assert built(lines)[-1].steps[-1].state == "failed"


def test_no_line_that_changes_nothing_makes_another_build():
    assert built(["#1 [internal] load metadata", "", "#1 DONE 0.0s", "#9 0.1 stray"]) == []


def test_steps_stand_in_the_order_of_the_dockerfile_in_whatever_order_they_are_begun():
    begun = [
        "#9 [stage-1 2/3] WORKDIR /app",
        "#7 [build 2/2] RUN make",
        "#8 [stage-1 3/3] COPY a .",
    ]
    steps = built([*begun[1:], begun[0]])[-1].steps
    assert [step.where for step in steps] == ["build 2/2", "stage-1 2/3", "stage-1 3/3"]


def test_a_build_can_be_kept_and_says_that_it_is_recorded():
    build = built()[-1]
    again = Build.from_dict(asdict(build), "1 May 2026")
    assert again.steps == build.steps
    assert "recorded 1 May 2026" in again.to_html()
    assert "recorded" not in build.to_html()


def test_words_of_a_program_are_shown_as_they_are():
    step = Step("1/1", "RUN echo <b>", said="<script>")
    assert "<script>" not in Build("hello", (step,)).to_html()
