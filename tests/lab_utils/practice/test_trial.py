import pytest

from lab_utils import practice, visits
from lab_utils.checks import load_balancer
from lab_utils.errors import LabError


@pytest.fixture(autouse=True)
def place(monkeypatch, tmp_path):
    from lab_utils.practice import backends, trial

    for module in (backends, trial):
        monkeypatch.setattr(module, "FOLDER", tmp_path)
    monkeypatch.setattr(trial, "EVENTS", tmp_path / "events.jsonl")
    yield
    practice.stop()


@pytest.fixture
def two():
    return dict(zip("ab", ([each] for each in practice.start_backends([0, 0])), strict=True))


def staff_first(user_id, weights, salt):
    from balancer.strategies import sticky

    return "b" if int(user_id) <= 20 else sticky(weights, salt, user_id)


def fails_for_some(user_id):
    return "c" if user_id in ("3", "4") else "a"


def test_the_real_balancer_runs_with_other_settings(two):
    balancer = practice.start_balancer(two, strategy="weighted_random", weights={"a": 1, "b": 0})
    assert visits.ask(balancer.url, range(40)).split == {"a": 1.0}
    assert balancer.status()["strategy"] == "weighted_random"
    assert set(balancer.requests()["backend"]) == set(two["a"])


def test_a_slow_backend_gets_fewer_requests_if_those_in_flight_are_counted():
    addresses = practice.start_backends([1, 200])
    balancer = practice.start_balancer({"a": addresses}, backend_strategy="least_outstanding")
    visits.ask(balancer.url, range(60))
    seen = balancer.requests()["backend"].value_counts()
    assert seen[addresses[0]] > 2 * seen[addresses[1]]


def test_strategies_are_compared_on_the_same_backends():
    addresses = practice.start_backends([1, 1, 60])
    table = practice.compare(addresses, ["round_robin", "least_outstanding"], requests=60)
    assert table.loc["round_robin", "share of the last"] == "33%"
    assert list(table.index) == ["round_robin", "least_outstanding"]
    assert (table["mean wait, ms"] > 0).all()


def test_a_function_of_the_students_own_is_handed_over(two):
    balancer = practice.start_balancer(two, strategy=staff_first)
    assert visits.ask(balancer.url, range(1, 21)).split == {"b": 1.0}
    assert balancer.status()["strategy_errors"] == 0


def test_a_function_that_names_nobody_is_counted_as_a_mistake(two):
    balancer = practice.start_balancer(two, strategy=fails_for_some)
    visits.ask(balancer.url, range(1, 11))
    assert balancer.status()["strategy_errors"] == 2


def without_import(user_id, weights, salt):
    return sticky(weights, salt, user_id)  # noqa: F821 - what is tried


def without_return(user_id):
    print("b")


def with_another_name(user, weights, salt):
    return "b"


def compares_a_text(user_id):
    return "b" if user_id <= 20 else "a"


def never_ends(user_id):
    while True:
        pass


@pytest.mark.parametrize(
    ("strategy", "why"),
    [
        (without_import, "without_import failed: NameError: name 'sticky' is not defined"),
        (without_return, "without_return returned None"),
        (with_another_name, "with_another_name wants to know 'user'"),
        (compares_a_text, "compares_a_text failed: TypeError"),
        (never_ends, "never_ends was not done after"),
        (lambda user_id: "b", "without a name"),
        (max, "its source is not known"),
        ("stcky", "found 'stcky'"),
    ],
)
def test_a_strategy_that_cannot_be_used_is_refused_and_told_why(two, strategy, why):
    with pytest.raises(practice.StrategyRefused) as refused:
        practice.start_balancer(two, strategy=strategy)
    assert why in refused.value.why


def test_another_setting_that_the_balancer_refuses_is_no_fault_of_the_strategy(two):
    with pytest.raises(LabError, match="backend_strategy") as refused:
        practice.start_balancer(two, backend_strategy="stcky")
    assert not isinstance(refused.value, practice.StrategyRefused)


def test_the_check_says_what_is_wrong_with_a_strategy_that_the_balancer_refuses(two):
    said = str(load_balancer.staff_first(without_import, two))
    assert "name 'sticky' is not defined" in said
    assert "put the import into the function" in said


def test_the_check_starts_the_balancer_with_the_strategy_and_sees_whom_it_serves(two):
    assert "all 20 of the staff got b" in str(load_balancer.staff_first(staff_first, two))
    assert "failed 2 times" in str(load_balancer.staff_first(fails_for_some, two))


def test_another_takes_the_place_of_the_one_before(two):
    first = practice.start_balancer(two)
    second = practice.start_balancer(two)
    assert second.status()["strategy"] == "sticky"
    with pytest.raises(LabError, match="run the cell that starts it again"):
        first.status()


def test_stopping_leaves_nothing(two, tmp_path):
    balancer = practice.start_balancer(two)
    practice.stop()
    assert balancer.process.running() is None
    assert not tmp_path.exists()
