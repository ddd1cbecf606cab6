from lab_utils import comparison
from lab_utils.comparison import facts
from lab_utils.comparison.wording import NOTHING
from lab_utils.runtimes import Unavailable


def test_facts_stand_side_by_side_with_a_dash_where_there_is_nothing(measured):
    some = [seen for seen in measured if seen.what in ("boot id", "exit code", "restart")]
    assert facts.side_by_side(some).rows == (
        ("boot id", "11111111", "11111111", "22222222"),
        ("exit code", NOTHING, "137", NOTHING),
        ("restart", NOTHING, "yes", NOTHING),
    )


def test_a_column_without_a_fact_is_left_out(measured):
    back = [seen for seen in measured if seen.what == "process rolled back"]
    assert facts.side_by_side(back).head == ("", "container", "virtual machine")


def test_recorded_facts_say_so_in_their_cell_and_where_they_are_from(kept):
    shown = facts.side_by_side([seen for seen in kept if seen.what == "kernel"])
    assert shown.rows[0][1] == "6.12.1-host (recorded)"
    assert "another machine of a test" in shown.notes[0]


def test_the_same_is_measured_in_each_runtime(measured):
    def size(kind):
        return next(seen for seen in measured if (seen.what, seen.runtime) == ("image size", kind))

    assert [seen.runtime for seen in comparison.across(size)] == ["process", "container", "vm"]


def test_a_runtime_without_any_figure_is_left_out_and_named(measured, capsys):
    def size(kind):
        if kind == "vm":
            raise Unavailable("booting", "there is no QEMU", "install it")
        return measured[0]

    assert len(comparison.across(size)) == 2
    assert "no figures of a virtual machine: there is no QEMU" in capsys.readouterr().out
