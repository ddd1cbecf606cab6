"""A student at JupyterLab: opens a notebook, runs cells, types answers, and looks."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

CELL_S = 300
"""Seconds a cell may take."""

_CELLS = "window.jupyterapp.shell.currentWidget.content.widgets"


@dataclass
class Notebook:
    """A notebook that is open in a browser.

    Attributes:
        page: where it is open.
        pictures: folder that screenshots go to.
        name: what their names begin with.
    """

    page: Page
    pictures: Path
    name: str

    def wait_until_ready(self) -> None:
        """Until the kernel has started and can be asked."""
        self.page.wait_for_selector(".jp-NotebookPanel .jp-Cell", timeout=60_000)
        self._wait_for(
            "window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status"
            " === 'idle'"
        )

    def cells(self) -> list[dict[str, Any]]:
        """All cells as they are now: `cell_type`, `source`, `execution_count`, `outputs`."""
        return self.page.evaluate(f"{_CELLS}.map((cell) => cell.model.toJSON())")

    def cell(self, index: int) -> dict[str, Any]:
        """One of them."""
        return self.page.evaluate(f"{_CELLS}[{index}].model.toJSON()")

    def text_of(self, index: int) -> str:
        """What a cell shows, as text."""
        return "\n".join(_text(output) for output in self.cell(index)["outputs"])

    def wait_for_image(self, index: int, alt: str) -> None:
        """Until a cell shows a picture whose alternative text has these words in it."""
        images = f"{_CELLS}[{index}].node.querySelectorAll('img')"
        self._wait_for(f"[...{images}].some((image) => image.alt.includes({json.dumps(alt)}))", alt)

    def run(self, index: int) -> None:
        """Put the cursor into a cell and press Shift+Enter; wait until it has run."""
        self._go_to(index)
        self._run_active(index)

    def answer(self, index: int, source: str) -> None:
        """Replace what a cell says by typing, and run it."""
        self._go_to(index)
        self.page.locator(".jp-Cell.jp-mod-active .cm-content").click()
        self.page.keyboard.press("ControlOrMeta+A")
        self.page.keyboard.insert_text(source)
        self._wait_for(f"{_CELLS}[{index}].model.sharedModel.source === {json.dumps(source)}")
        self._run_active(index)

    def picture(self, what: str) -> None:
        """Keep a screenshot."""
        self.page.screenshot(path=self.pictures / f"{self.name}-{what}.png")

    def look_through(self) -> None:
        """Keep screenshots of all of it, from top to bottom."""
        for number, index in enumerate(range(0, len(self.cells()), 6)):
            self._go_to(index)
            self.page.wait_for_timeout(150)  # pictures are drawn after they scroll into view
            self.picture(f"{number:02}")

    def end(self) -> None:
        """Save nothing; end the kernel and leave."""
        self.page.evaluate("window.jupyterapp.shell.currentWidget?.sessionContext?.shutdown()")

    def _go_to(self, index: int) -> None:
        self.page.evaluate(
            """async (index) => {
                const book = window.jupyterapp.shell.currentWidget.content;
                book.activeCellIndex = index;
                book.mode = 'command';
                await book.scrollToItem(index, 'start');
                book.node.focus();
            }""",
            index,
        )

    def _run_active(self, index: int) -> None:
        self.page.evaluate(f"{_CELLS}[{index}].model.executionCount = null")
        self.page.keyboard.press("Shift+Enter")
        self._wait_for(f"{_CELLS}[{index}].model.executionCount !== null", f"cell {index}")
        self.page.evaluate(  # its last outputs may come a moment after its number
            "window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.requestKernelInfo()"
        )
        cell = self.cell(index)
        failed = [output for output in cell["outputs"] if output["output_type"] == "error"]
        if failed:
            self.picture("failed")
        assert not failed, f"{cell['source']}\n\n{_text(failed[0])}"

    def _wait_for(self, condition: str, what: str = "") -> None:
        end = time.monotonic() + CELL_S
        while not self.page.evaluate(f"Boolean({condition})"):
            if time.monotonic() > end:
                self.picture("timed-out")
            assert time.monotonic() < end, f"waited {CELL_S} s for {what or condition}"
            self.page.wait_for_timeout(50)


def _text(output: dict[str, Any]) -> str:
    if output["output_type"] == "error":
        return "\n".join(output["traceback"])
    if output["output_type"] == "stream":
        return _joined(output["text"])
    data = output["data"]
    return _joined(data.get("text/plain", "")) + _joined(data.get("text/html", ""))


def _joined(text: str | list[str]) -> str:
    return text if isinstance(text, str) else "".join(text)
