from lab_utils import plots


def test_each_segment_and_the_whole_are_told(experiment, log):
    caption = experiment.segments(log, by="device").plot().caption
    assert "desktop: a 50.0% of 234 and b 50.0% of 100" in caption
    assert "all together: a 50.0% of 700 and b 50.0% of 300" in caption
    assert "paradox" not in caption


def test_simpsons_paradox_is_flagged_in_title_and_words(paradox):
    picture = plots.segments(paradox)
    assert "the whole points the other way than its segments" in picture.caption
    assert picture.figure.axes[0].get_title(loc="left") == "Simpson's paradox"


def test_a_segment_that_was_left_out_is_told_with_the_reason(experiment, log):
    few = log.assign(device=log["device"].mask(log["user_id"].isin(["1", "999"]), "fridge"))
    caption = experiment.segments(few, by="device").plot().caption
    assert "fridge left out (TooFewUnits: seen 1 in a, 1 in b" in caption
