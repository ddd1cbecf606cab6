from lab_utils.compose.moments import Moment, Moments
from lab_utils.plots import startup

MOMENTS = Moments(
    (
        Moment("train-a", 0.0, None, 1.3, 0),
        Moment("balancer", 0.2, 3.4, None, None),
        Moment("recommender-a", 1.7, None, None, None),
    )
)


def test_the_caption_tells_when_each_started_was_healthy_and_ended():
    caption = startup(MOMENTS).caption
    assert "train-a started at 0.0 s, ended at 1.3 s (0)" in caption
    assert "balancer started at 0.2 s, healthy at 3.4 s" in caption


def test_who_is_not_known_to_be_healthy_has_no_such_mark():
    said = {text.get_text() for text in startup(MOMENTS).figure.axes[0].texts}
    assert said == {"ended, exit code 0", "healthy at 3.4 s", "runs"}
