from lab_utils import plots


def test_latency_tells_the_quantile_of_each_variant(log):
    assert plots.latency(log).caption == (
        "a: p95 10.7 ms of 700 requests; b: p95 21.0 ms of 300 requests"
    )
