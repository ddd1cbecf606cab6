import numpy as np


def test_a_score_is_the_product_of_the_factors(model):
    factors = model.user_factors[model.users["2"]].astype(float)
    expected = model.movie_factors.astype(float) @ factors
    np.testing.assert_allclose(model.scores("2"), expected, atol=1e-6)
