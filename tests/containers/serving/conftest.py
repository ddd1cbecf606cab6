"""The kit is tested with both teams' recommenders: what it promises holds for each."""

import pytest
from serving.recommender import Recommender


@pytest.fixture(scope="session", params=["a", "b"])
def recommender(request):
    return Recommender(f"recommender_{request.param}", request.param)


@pytest.fixture(scope="session")
def model(recommender, ratings):
    return recommender.fit(ratings)
