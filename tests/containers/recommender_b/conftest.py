import pytest
from recommender_b.train import fit


@pytest.fixture(scope="session")
def model(ratings):
    return fit(ratings)
