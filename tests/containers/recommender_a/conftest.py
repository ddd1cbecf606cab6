import pytest
from recommender_a.train import fit


@pytest.fixture(scope="session")
def model(ratings):
    return fit(ratings)
