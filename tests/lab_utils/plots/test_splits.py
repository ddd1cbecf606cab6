from lab_utils import plots


def test_split_tells_planned_and_seen(experiment, log):
    caption = plots.split(experiment.check(log)).caption
    assert "a: 700 of 1,000 users, 70.0% seen, 70.0% planned" in caption
    assert caption.endswith("sample ratio p = 1")


def test_a_check_draws_its_split(experiment, log):
    check = experiment.check(log)
    assert check.plot().caption == plots.split(check).caption
