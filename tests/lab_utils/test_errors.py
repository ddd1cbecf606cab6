from IPython.core.interactiveshell import InteractiveShell

from lab_utils.errors import LabError

ERROR = LabError("opening a door", "it is locked", "find the key")


def test_an_error_says_what_was_done_what_came_back_and_what_to_do():
    assert str(ERROR) == "While opening a door: it is locked\nNext: find the key"


def test_a_notebook_shows_the_message_without_a_traceback(capsys):
    shell = InteractiveShell()
    shell.run_cell(
        "from lab_utils.errors import LabError\nraise LabError('opening', 'locked', 'find the key')"
    )
    shown = capsys.readouterr().out
    assert "Next: find the key" in shown
    assert "Traceback" not in shown
