import os
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest

from lab_utils import jupyter_lab, self_test
from lab_utils.paths import NOTEBOOKS, RESULTS
from tests.browser.driver import Notebook

PICTURES = RESULTS / "screenshots"
PROJECT = f"{self_test.TEST_PROJECT}-browser-{os.getpid()}"  # of each half, run side by side


@dataclass(frozen=True)
class Server:
    """A JupyterLab that a student works in.

    Attributes:
        address: where it answers.
        token: what it demands.
        notebooks: the folder of those it shows.
        project: the Compose project of what they start.
    """

    address: str
    token: str
    notebooks: Path
    project: str = PROJECT

    def write(self, name, *cells):
        """A notebook of these cells, to be opened by its name."""
        book = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(source.strip()) for source in cells],
            metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
        )
        nbformat.write(book, self.notebooks / f"{name}.ipynb")


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """A JupyterLab on a copy of the notebooks; ended at the end."""
    folder = tmp_path_factory.mktemp("student")
    shutil.copytree(NOTEBOOKS, folder / "notebooks", ignore=shutil.ignore_patterns("solutions"))
    home = folder / "home"  # whoever runs this keeps their own windows and settings
    environment = {
        **os.environ,
        **self_test.beside(folder, PROJECT),
        **{f"JUPYTER_{each}_DIR": str(home / each) for each in ("CONFIG", "DATA")},
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
    }
    environment.pop("PYTEST_CURRENT_TEST", None)  # ipykernel would show less, see nbval
    token = secrets.token_hex(8)
    words = ("--LabApp.expose_app_in_browser=True", f"--IdentityProvider.token={token}")
    try:
        with jupyter_lab.running(folder, *words, environment=environment) as address:
            yield Server(address, token, folder / "notebooks")
    finally:
        self_test.remove_project(PROJECT)


@pytest.fixture
def opened(server, browser):
    """Opens a notebook as a student finds it."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    books = []

    def open_notebook(name):
        page = browser.new_page(viewport={"width": 1280, "height": 1400})
        page.goto(f"{server.address}/lab/tree/notebooks/{name}.ipynb?token={server.token}&reset")
        book = Notebook(page, PICTURES, name)
        books.append(book)
        book.wait_until_ready()
        return book

    yield open_notebook
    for book in books:
        book.end()
        book.page.close()
