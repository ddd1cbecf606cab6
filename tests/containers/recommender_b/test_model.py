import numpy as np


def test_a_score_is_mean_and_biases_and_the_product_of_the_factors(model):
    user = model.users["2"]
    expected = [
        model.mean + model.user_biases[user] + bias + factors @ model.user_factors[user]
        for bias, factors in zip(model.movie_biases, model.movie_factors, strict=True)
    ]
    np.testing.assert_allclose(model.scores("2"), expected, atol=1e-5)
