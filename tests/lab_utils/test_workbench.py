import pytest

from lab_utils import workbench
from lab_utils.errors import LabError


@pytest.fixture
def bench(tmp_path):
    return workbench.of("hello", ["app.py", "requirements.txt"], tmp_path / "results" / "workbench")


def kept(bench):
    return [path.read_text() for path in sorted(bench.kept.glob("*"))]


def test_a_bench_begins_with_the_files_of_the_lab(bench):
    assert sorted(path.name for path in bench.folder.iterdir()) == ["app.py", "requirements.txt"]
    assert bench.read("app.py") == (bench.source / "app.py").read_text()


def test_what_a_student_changed_stays_when_the_bench_is_opened_again(bench):
    bench.write("app.py", "mine")
    again = workbench.of("hello", ["app.py"], bench.folder.parent)
    again.bring("app.py")
    assert again.read("app.py") == "mine"


def test_a_version_that_is_written_over_is_kept_once(bench):
    bench.write("app.py", "first")
    bench.write("app.py", "second")
    bench.write("app.py", "first")
    bench.write("app.py", "second")
    assert kept(bench) == ["first", "second"]


def test_the_labs_own_version_needs_no_copy(bench):
    bench.write("app.py", "mine")
    assert kept(bench) == []
    bench.restore("app.py")
    assert kept(bench) == ["mine"]
    assert bench.read("app.py") == (bench.source / "app.py").read_text()


def test_a_file_is_touched_for_a_while_and_then_as_it_was(bench):
    before = bench.read("app.py")
    with bench.touched("app.py"):
        assert bench.read("app.py").startswith(f"{before}\n# touched at ")
    assert bench.read("app.py") == before


def test_no_two_touches_are_alike(bench):
    with bench.touched("app.py"):
        once = bench.read("app.py")
    with bench.touched("app.py"):
        assert bench.read("app.py") != once


def test_a_file_that_is_not_there_is_told_with_those_that_are(bench):
    with pytest.raises(LabError, match=r"in it are app\.py, requirements\.txt"):
        bench.read("Dockerfile")


def test_a_bench_ends_at_its_folder(bench):
    with pytest.raises(LabError, match="it is not in"):
        bench.write("../../elsewhere", "lost")
