import pytest

from lab_utils.runtimes import KINDS, make, missing


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_made_by_its_name(kind):
    assert make(kind, "tiny").kind == kind


def test_a_process_is_never_missing():
    assert missing("process") is None


@pytest.mark.needs("docker", "vm")
@pytest.mark.timeout(600)
def test_recommender_a_offers_the_same_films_in_all_three(runtime_project):
    import httpx

    offered = []
    for kind in KINDS:
        with make(kind, "recommender-a") as runtime:
            answer = httpx.get(f"{runtime.url}/recommend/17", timeout=30, trust_env=False).json()
            offered.append([movie["movie_id"] for movie in answer["movies"]])
    assert len(offered[0]) == 10
    assert offered[0] == offered[1] == offered[2]
