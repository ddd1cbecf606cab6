import pytest

from lab_utils.errors import LabError
from lab_utils.stack import settings


@pytest.fixture
def changed(tmp_path):
    """The stack's own settings with one text replaced by another."""

    def change(old, new):
        text = settings.FILE.read_text("utf-8")
        assert old in text
        path = tmp_path / "balancer.toml"
        path.write_text(text.replace(old, new), "utf-8")
        (tmp_path / "strategies").mkdir(exist_ok=True)
        return path

    return change


def test_the_settings_as_they_are_can_be_used_both_ways():
    assert settings.demand(published=True)["variants"].keys() == {"a", "b"}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"sticky"\n', '"stiky"\n', 'did you mean "sticky"'),
        ("workers = 1", 'workers = "1', "not valid TOML"),
        ("fall = 3", "fal = 3", "did you mean fall"),
    ],
)
def test_what_the_balancer_cannot_use_is_told_in_its_words(changed, old, new, said):
    with pytest.raises(LabError, match=said):
        settings.demand(changed(old, new))


def test_a_variant_that_the_stack_has_no_recommender_for_is_refused(changed):
    with pytest.raises(LabError, match="has the variants a, c"):
        settings.demand(changed("[variants.b]", "[variants.c]"))


def test_ports_are_compose_s_only_where_it_publishes_them(changed):
    path = changed('listen = "0.0.0.0:8082"', 'listen = "0.0.0.0:9999"')
    assert settings.demand(path)["listen"] == "0.0.0.0:9999"
    with pytest.raises(LabError, match="publishes port 8082"):
        settings.demand(path, published=True)


def test_a_file_that_is_gone_is_told(tmp_path):
    with pytest.raises(LabError, match="could not be read"):
        settings.demand(tmp_path / "nothing.toml")
