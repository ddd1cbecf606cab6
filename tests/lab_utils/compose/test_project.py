import pytest

from lab_utils.compose.project import understood


def test_variables_may_stand_before_a_command():
    words, variables, why_not = understood("LAB_PORT_A=0 X= docker compose ps --all")
    assert (words, variables, why_not) == (["ps", "--all"], {"LAB_PORT_A": "0", "X": ""}, "")


def test_a_prompt_that_was_copied_too_is_no_part_of_a_command():
    assert understood("$ LAB_PORT_A=0 docker compose ps") == (["ps"], {"LAB_PORT_A": "0"}, "")


def test_the_older_spelling_is_understood():
    assert understood("docker-compose ps")[0] == ["ps"]


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("docker compose up", "without `--detach`"),
        ("docker compose logs --follow", "goes on until Ctrl-C"),
        ("docker compose logs -f balancer", "goes on until Ctrl-C"),
        ("docker compose events", "goes on until Ctrl-C"),
        ("rm -rf results", "begins with `rm`"),
        ("export A=0; docker compose ps", "nothing before it but `NAME=value`"),
        ("A = 0 docker compose ps", "begins with `A`"),
        ("", "no word in it"),
        ("docker compose ps 'all", "cannot be read"),
        (["docker", "compose"], "put quotes"),
        (17, "put quotes"),
    ],
)
def test_what_cannot_be_run_in_a_notebook_is_told(command, why):
    assert why in understood(command)[2]


@pytest.mark.parametrize("command", ["docker compose up -d", "docker compose logs balancer"])
def test_what_ends_is_run(command):
    assert understood(command)[2] == ""
