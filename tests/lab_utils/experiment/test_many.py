import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from lab_utils.experiment.errors import BadArgument
from lab_utils.experiment.many import benjamini_hochberg, holm


@pytest.mark.parametrize(("adjust", "name"), [(holm, "holm"), (benjamini_hochberg, "fdr_bh")])
def test_statsmodels_adjusts_the_same_way(adjust, name):
    for row in np.random.default_rng(1).random((3, 7)) ** 3:
        rejected, adjusted, *_ = multipletests(row, 0.05, name)
        assert adjust(row).p_values == pytest.approx(adjusted)
        assert adjust(row).rejected == tuple(rejected)


@pytest.mark.parametrize("adjust", [holm, benjamini_hochberg])
def test_one_test_alone_is_left_as_it_is(adjust):
    assert adjust([0.03]).p_values == (0.03,)


def test_holm_is_never_kinder_than_benjamini_and_hochberg():
    p_values = [0.001, 0.01, 0.02, 0.03, 0.2]
    pairs = zip(holm(p_values).p_values, benjamini_hochberg(p_values).p_values, strict=True)
    assert all(strict >= mild for strict, mild in pairs)


@pytest.mark.parametrize("adjust", [holm, benjamini_hochberg])
@pytest.mark.parametrize("p_values", [[], [0.1, float("nan")], [0.1, 1.1], [-0.1]])
def test_what_is_no_p_value_is_refused(adjust, p_values):
    with pytest.raises(BadArgument, match="Next: "):
        adjust(p_values)
