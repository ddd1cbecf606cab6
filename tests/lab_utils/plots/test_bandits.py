from lab_utils import plots
from lab_utils.experiment import thompson_runs


def test_the_line_rises_where_the_treatment_is_better():
    seen = thompson_runs([[0.1, 0.4]] * 400, runs=40)
    (axes,) = plots.bandit({"better": seen}).figure.axes
    course = axes.get_lines()[0].get_ydata()
    assert course[0] < 0.8 < 0.95 < course[-1]


def test_its_caption_compares_with_an_even_split():
    seen = thompson_runs([[0.1, 0.4]] * 400, runs=40)
    caption = plots.bandit({"better": seen}).caption
    assert f"{seen.earned:,.0f} successes a run (half and half 100)" in caption


def test_few_visits_can_be_drawn():
    seen = thompson_runs([[0.1, 0.4]] * 5, runs=3)
    assert "of the last 50 visits" in plots.bandit({"short": seen}).caption
