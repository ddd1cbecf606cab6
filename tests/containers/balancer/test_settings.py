import tomllib
from pathlib import Path

import balancer
import pytest
from balancer.settings import Address, SettingsError, load, parse

SHIPPED = Path(balancer.__file__).parent.parent / "balancer.toml"
SMALLEST = """
event_log = "events.jsonl"
salt = "spring"
[variants.a]
weight = 1
backends = ["one:8000"]
"""


def problems(text):
    with pytest.raises(SettingsError) as caught:
        parse(tomllib.loads(text))
    return caught.value.problems


def test_the_shipped_settings_are_those_of_the_lab():
    settings = load(SHIPPED)
    assert settings.weights == {"a": 70, "b": 30}
    assert settings.listen == ("0.0.0.0", 8082)
    assert settings.variants[1].backends == (Address("recommender-b", 8000),)


def test_everything_with_a_sensible_default_may_be_left_out():
    settings = parse(tomllib.loads(SMALLEST))
    assert (settings.strategy, settings.seed, settings.health.fall) == ("sticky", None, 3)


def test_the_shipped_settings_spell_out_the_defaults():
    defaults, shipped = parse(tomllib.loads(SMALLEST)), load(SHIPPED)
    assert (shipped.user, shipped.health, shipped.limits) == (
        defaults.user,
        defaults.health,
        defaults.limits,
    )


def test_all_problems_are_reported_at_once():
    text = (
        SMALLEST.replace("weight = 1", "weight = -1").replace('"spring"', "7")
        + "[health]\nfall = 0"
    )
    assert problems(text) == (
        "salt: found 7, may be text, not empty",
        "variants.a.weight: found -1, may be a number, 0 to 1,000,000",
        "health.fall: found 0, may be a whole number, 1 or more",
    )


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('listen = "8082"', "listen: found '8082', may be text like \"127.0.0.1:8082\""),
        ('listen = "host:70000"', "listen: found 'host:70000'"),
        ('strategy = "stiky"', 'strategy: found \'stiky\', may be "sticky" or "weighted_random"'),
        ('backend_strategy = "random"', "backend_strategy: found 'random', may be \"round_robin\""),
        ("epsilon = 2", "epsilon: found 2, may be a number from 0 to 1"),
        ('strategy = "canary"', 'canary.variant: found nothing, may be "a"'),
        ("seed = true", "seed: found True, may be a whole number"),
        ("user = 3", "user: found 3, may be a section [user]"),
    ],
)
def test_a_problem_names_the_key_what_was_found_and_what_it_may_be(line, problem):
    assert problems(line + SMALLEST)[0].startswith(problem)


@pytest.mark.parametrize(
    ("line", "close"),
    [
        ('strategy = "stiky"', "sticky"),
        ('strategy = "thompson"', "thompson_sampling"),
        ('backend_strategy = "least-outstanding"', "least_outstanding"),
    ],
)
def test_an_unknown_name_gets_the_closest_known_one(line, close):
    (found,) = problems(line + SMALLEST)
    assert found.endswith(f'; did you mean "{close}"?')


CANARY = (
    'strategy = "canary"'
    + SMALLEST
    + """
[variants.b]
weight = 1
backends = ["two:8000"]
[canary]
variant = "b"
percent = 5
"""
)


def test_a_canarys_share_is_put_into_the_weights():
    assert parse(tomllib.loads(CANARY)).weights == {"a": 95, "b": 5}


def test_a_canary_waits_while_another_strategy_is_in_force():
    settings = parse(tomllib.loads(CANARY.replace('"canary"', '"sticky"')))
    assert settings.weights == {"a": 1, "b": 1}


def test_a_canary_needs_others_beside_it_and_a_share():
    lonely = CANARY.replace("weight = 1", "weight = 0", 1).replace("percent = 5", "percent = 0")
    assert problems(lonely) == (
        "canary.percent: found 0, may be a number above 0 and below 100",
        "canary.variant: found 'b', may be one beside which another has a weight above 0",
    )


def test_an_unknown_key_gets_the_closest_known_one():
    assert problems("strategi = 'sticky'" + SMALLEST) == (
        "strategi: is not a key, did you mean strategy?",
    )


def test_an_unknown_key_like_nothing_gets_the_list():
    (found,) = problems(SMALLEST + "[user]\nzzz = 1")
    assert found == "user.zzz: is not a key, may be path_prefix, header"


def test_missing_keys_and_variants_are_named():
    assert problems("") == (
        "event_log: found nothing, may be the path of a file",
        "salt: found nothing, may be text, not empty",
        "variants: found none, may be one section [variants.NAME] or more",
    )


def test_somebody_must_get_the_requests():
    (found,) = problems(SMALLEST.replace("weight = 1", "weight = 0"))
    assert "one above 0" in found


def test_an_address_may_be_ipv6():
    settings = parse(tomllib.loads('listen = "[::1]:80"' + SMALLEST))
    assert settings.listen == ("::1", 80)
    assert str(settings.listen) == "[::1]:80"


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(SettingsError, match=r"nowhere\.toml.*\n.*--config"):
        load(tmp_path / "nowhere.toml")


def test_text_that_is_not_toml_is_named_with_its_line(tmp_path):
    path = tmp_path / "bad.toml"
    path.write_text("listen = \n")
    with pytest.raises(SettingsError, match="line 1"):
        load(path)
