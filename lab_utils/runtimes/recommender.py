"""The trained model that recommender-a serves, the same file in every runtime."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

from filelock import FileLock

from lab_utils import commands
from lab_utils.paths import CONTAINERS, DATA, STATE

PACKAGE = "recommender_a"
FOLDER = STATE / "models"
DATA_FOLDER = DATA / "past"
TRAIN_TIMEOUT = 120.0
"""Seconds to train it; two on a machine with nothing else to do."""

ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1"}
"""As in the image: the server's own threads are enough."""


def model() -> Path:
    """The folder with the trained model, trained at first use.

    Raises:
        LabError: training failed; its own words are in the error.
    """
    folder = FOLDER / f"{PACKAGE}-{_recipe()}"
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(FOLDER / "train.lock"):
        if not (folder / f"{PACKAGE}.npz").exists():
            commands.run(
                [sys.executable, "-P", "-m", PACKAGE, "train"],
                doing="training recommender-a",
                environment={**os.environ, **environment(folder, port=8000)},
                timeout=TRAIN_TIMEOUT,
            )
    return folder


def environment(model: Path, port: int) -> dict[str, str]:
    """What the recommender reads when it runs as a process of this machine."""
    return {
        "LAB_VARIANT": "a",
        "LAB_HOST": "127.0.0.1",
        "LAB_PORT": str(port),
        "LAB_DATA": str(DATA_FOLDER),
        "LAB_MODEL": str(model),
        **ONE_THREAD,
    }


def _recipe() -> str:
    """Names what decides what the model is."""
    digest = hashlib.sha256()
    kit, own = CONTAINERS / "serving" / "serving", CONTAINERS / PACKAGE / PACKAGE
    for path in [
        *sorted(kit.glob("*.py")),
        *sorted(own.glob("*.py")),
        *sorted(DATA_FOLDER.iterdir()),
    ]:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
