import numpy as np

from lab_utils import plots


def test_it_counts_the_alarms_of_each_analysis():
    found = {"per request": np.linspace(0, 1, 401)[1:] ** 2, "per user": np.linspace(0, 1, 401)[1:]}
    first, second = plots.p_values(found).caption.split("; ")
    assert first.startswith("per request: 89 of 400 A/A tests have p of 0.05 or less, 22.2%")
    assert second.startswith("per user: 20 of 400 A/A tests have p of 0.05 or less, 5.0%")


def test_the_panels_share_their_scale():
    found = {"per request": np.full(100, 0.01), "per user": np.linspace(0, 1, 100)}
    one, other = plots.p_values(found).figure.axes
    assert one.get_ylim() == other.get_ylim()
