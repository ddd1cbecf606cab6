"""What the package promises as a whole."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from lab_utils import experiment

FOLDER = Path(experiment.__file__).parent
ALLOWED = {"numpy", "pandas", "scipy", "statsmodels", *sys.stdlib_module_names}


PICTURES = ("from lab_utils import plots", "from lab_utils.plots import Picture")
"""What `.plot()` imports when it is called, and a type checker reads."""


def imported(source):
    """Every module that the source imports, by its full name; but pictures."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and ast.unparse(node) not in PICTURES:
            yield node.module


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.py")), ids=lambda file: file.stem)
def test_it_knows_nothing_but_numbers(file):
    for name in imported(file.read_text(encoding="utf-8")):
        ours = name == "lab_utils.errors" or name.startswith("lab_utils.experiment")
        assert ours or name.split(".")[0] in ALLOWED, name


def test_it_loads_no_pictures_until_one_is_asked_for():
    seen = "import sys, lab_utils.experiment; print('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", seen], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_its_readme_lists_every_public_function():
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    functions = [name for name in experiment.__all__ if name[0].islower()]
    assert [name for name in functions if f"`{name}`" not in readme] == []
