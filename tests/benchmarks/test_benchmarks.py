import pytest

import benchmarks
from lab_utils import cli
from lab_utils.errors import LabError


def test_alone_the_command_lists_what_can_be_measured(capsys):
    assert cli.main(["bench"]) == 0
    assert "./lab bench balancer: Our balancer beside" in capsys.readouterr().out


def test_an_unknown_benchmark_is_told_the_known_ones():
    with pytest.raises(LabError, match="name one of: balancer"):
        benchmarks.run("juggler", [], console=None)


def test_words_after_the_name_are_the_benchmark_s_own(capsys):
    with pytest.raises(SystemExit):
        cli.main(["bench", "balancer", "--help"])
    assert "--quick" in capsys.readouterr().out
