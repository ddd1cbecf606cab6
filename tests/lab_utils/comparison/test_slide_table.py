from lab_utils import comparison
from lab_utils.comparison import slide_table
from lab_utils.comparison.claims import CLAIMS


def test_the_slide_has_a_row_for_each_claim_and_no_verdict():
    assert [row[0] for row in slide_table.slide().rows] == [claim.key for claim in CLAIMS]
    assert slide_table.slide().head == ("row", "what the slide says")


def test_each_row_has_what_was_measured_and_a_verdict(measured):
    rows = {row[0]: row for row in slide_table.table(measured).rows}
    assert rows["start"][2:6] == ("start to first answer", "0.02 s", "0.28 s", "2.5 s")
    assert rows["state"][-1].startswith("wrong: a file outlives restart, commit, volume")


def test_where_every_figure_is_from_stands_below(measured, kept):
    mixed = [*measured[:3], *kept[3:]]
    notes = slide_table.table(mixed).notes
    assert any(note.startswith("measured here") for note in notes)
    assert any(note.startswith("recorded at commit abc1234") for note in notes)


def test_a_recorded_value_is_called_recorded_in_its_cell(kept):
    rows = {row[0]: row for row in slide_table.table(kept).rows}
    assert rows["cost"][3:6] == ("400 (recorded)", "110 (recorded)", "5 (recorded)")


def test_what_was_recorded_of_a_server_has_all_three_runtimes_side_by_side(monkeypatch, kept):
    monkeypatch.setattr(slide_table, "load", lambda: kept)
    shown = slide_table.recorded("tiny")
    assert (
        "how many fit into a gigabyte",
        "400 (recorded)",
        "110 (recorded)",
        "5 (recorded)",
    ) in shown.rows
    assert slide_table.recorded("recommender-a").rows == ()


def test_a_folded_table_is_closed_in_a_notebook_and_open_in_plain_text(measured):
    shown = comparison.table(measured).folded("all of it")._repr_mimebundle_()
    assert shown["text/html"].startswith("<details><summary>all of it</summary>")
    assert "wrong: a file outlives" in shown["text/plain"]
