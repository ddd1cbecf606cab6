import json
import runpy
from pathlib import Path

import pandas as pd
import pytest

DATA = Path(__file__).resolve().parents[2] / "data"
SCRIPT = runpy.run_path(str(DATA / "make_offline_table.py"))
ACCURACY = ["variant", "model", "rmse", "precision_at_10", "hit_rate_at_10"]


def test_the_recorded_accuracy_is_what_the_images_code_gives():
    recorded = pd.read_csv(DATA / "offline.csv")[ACCURACY]
    pd.testing.assert_frame_equal(recorded, SCRIPT["accuracy"](), rtol=0, atol=0.002)


def test_the_table_says_where_its_numbers_come_from():
    provenance = json.loads((DATA / "offline.json").read_text(encoding="utf-8"))
    assert set(provenance) == set(SCRIPT["provenance"]())


def test_ranking_counts_liked_films_among_all_users():
    future = pd.DataFrame(
        {"user_id": ["1", "1", "2"], "movie_id": [1, 2, 3], "rating": [4.0, 5.0, 3.5]}
    )
    assert SCRIPT["ranking"](lambda _: [1, 2, 3], future) == {
        "precision_at_10": pytest.approx(0.1),
        "hit_rate_at_10": 0.5,
    }
