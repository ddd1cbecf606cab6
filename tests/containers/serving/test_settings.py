from pathlib import Path

import pytest
from serving import RecommenderError
from serving.recommender import Recommender
from serving.settings import Settings

TEAM = Recommender("recommender_x", variant="x")


def test_defaults_are_those_of_the_image():
    settings = Settings.from_environment({"LAB_HOST": ""}, TEAM)
    model_file = Path("/model/recommender_x.npz")
    assert settings == Settings("0.0.0.0", 8000, Path("/data"), model_file, "x")


def test_the_environment_sets_everything():
    names = ("LAB_HOST", "LAB_PORT", "LAB_DATA", "LAB_MODEL", "LAB_VARIANT")
    values = ("127.0.0.1", "7004", "past", "models", "control")
    settings = Settings.from_environment(dict(zip(names, values, strict=True)), TEAM)
    model_file = Path("models/recommender_x.npz")
    assert settings == Settings("127.0.0.1", 7004, Path("past"), model_file, "control")


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1", "٣"])
def test_a_bad_port_is_refused_with_the_name_of_the_variable(port):
    with pytest.raises(RecommenderError, match="LAB_PORT"):
        Settings.from_environment({"LAB_PORT": port}, TEAM)
