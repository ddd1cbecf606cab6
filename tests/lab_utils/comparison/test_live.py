from lab_utils.comparison import live
from lab_utils.runtimes import Unavailable


class Server:
    def __init__(self, kind):
        self.kind = kind
        self.accelerator = ""

    def demand(self):
        if self.kind == "container":
            raise Unavailable("looking", "no engine answers", "start Docker Desktop")


def test_what_runs_is_live_and_what_does_not_is_recorded_with_how_to_have_it(monkeypatch, kept):
    monkeypatch.setattr(live, "make", Server)
    monkeypatch.setattr(live, "load", lambda: kept)
    shown = live.what_is_live()
    assert [row[:2] for row in shown.rows] == [
        ("process", "live"),
        ("container", "recorded"),
        ("virtual machine", "live"),
    ]
    assert shown.rows[1][2] == "no engine answers. To have it: start Docker Desktop"
    assert any("another machine of a test" in note for note in shown.notes)


def test_where_all_is_live_nothing_recorded_is_mentioned(monkeypatch, kept):
    monkeypatch.setattr(live, "make", lambda _kind: Server("vm"))
    monkeypatch.setattr(live, "load", lambda: kept)
    assert live.what_is_live().notes == ()
