from benchmarks.balancer.picture import requests_per_cpu_second
from benchmarks.balancer.results import Figures

TITLES = {"straight": "straight", "sticky": "ours", "haproxy": "HAProxy"}
NAN = float("nan")


def row(peer, cpu_us, speed, shape="plain"):
    return Figures(peer, shape, 1000, 1, 2, cpu_us, 0.9, speed, 1, 0.1, 0)


def test_caption_and_text_name_every_balancer_with_its_figures():
    rows = [row("straight", NAN, NAN), row("sticky", 20, 0.8), row("haproxy", 16, 1)]
    picture = requests_per_cpu_second(rows, TITLES)
    assert "ours: 20.0 µs, 0.80 × HAProxy; HAProxy: 16.0 µs" in picture.caption  # noqa: RUF001
    assert "straight" not in picture.caption
    assert picture.caption in picture.alt


def test_without_haproxy_no_ratio_is_drawn():
    picture = requests_per_cpu_second([row("sticky", 20, NAN)], TITLES)
    assert picture.caption.endswith("ours: 20.0 µs")


def test_other_loads_are_marks_that_a_legend_explains():
    rows = [row("sticky", 20, 0.8), row("sticky", 30, 0.8, "post")]
    [legend] = requests_per_cpu_second(rows, TITLES).figure.legends
    assert [text.get_text() for text in legend.texts] == ["POST of 10 kB"]
