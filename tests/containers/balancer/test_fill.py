"""balancer.toml and what nginx and HAProxy are told: one split, one rule, held together."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import fill
import pytest

CONTAINERS = Path(__file__).resolve().parents[3] / "containers"
SETTINGS = tomllib.loads((CONTAINERS / "balancer" / "balancer.toml").read_text("utf-8"))
TEMPLATES = [CONTAINERS / "nginx" / "nginx.conf", CONTAINERS / "haproxy" / "haproxy.cfg"]


@pytest.fixture(params=TEMPLATES, ids=lambda path: path.name)
def template(request):
    return request.param.read_text("utf-8")


def rules(text):
    """A configuration without its comments."""
    return re.sub(r"^\s*#.*", "", text, flags=re.MULTILINE)


def settings(**changed):
    return {**SETTINGS, **changed}


def weights(**variants):
    return settings(variants={name: {"weight": weight} for name, weight in variants.items()})


def test_the_split_in_force_is_that_of_balancer_toml(template):
    shares = fill.values(SETTINGS)
    planned = {name: each["weight"] for name, each in SETTINGS["variants"].items()}
    assert planned == {"a": int(shares["SHARE_OF_A"]), "b": int(shares["SHARE_OF_B"])}
    for name in ("SALT", "SHARE_OF_A", "SHARE_OF_B"):
        assert "${" + name + "}" in rules(template)


def test_no_share_and_no_salt_is_written_down_a_second_time(template):
    assert SETTINGS["salt"] not in template
    assert not re.search(r"\b[1-9]\d?%|weight=|lt \d", rules(template))


def test_every_placeholder_is_filled(template):
    result = fill.filled(template, fill.values(SETTINGS))
    assert "${" not in rules(result)
    assert f"{SETTINGS['salt']}:" in result
    assert re.search(r"^\s+70%\s+a;|lt 70 }", result, re.MULTILINE)


def test_users_are_found_and_backends_are_named_as_in_balancer_toml(template):
    user = SETTINGS["user"]
    header = {user["header"], "$http_" + user["header"].lower().replace("-", "_")}
    assert user["path_prefix"] in rules(template)
    assert any(name in rules(template) for name in header)
    for variant in SETTINGS["variants"].values():
        assert all(address in rules(template) for address in variant["backends"])


def test_haproxy_asks_for_health_as_ours_does():
    health, text = SETTINGS["health"], rules(TEMPLATES[1].read_text("utf-8"))
    rhythm = f"inter {health['interval_s']:g}s fall {health['fall']} rise {health['rise']}"
    assert text.count(f"option httpchk GET {health['path']}\n") == 2
    assert text.count(f"timeout check {health['timeout_s']:g}s") == 2
    assert text.count(rhythm) == text.count(f"error-limit {health['eject_after']} ") == 2


def test_time_limits_are_those_of_balancer_toml():
    limits, (nginx, haproxy) = SETTINGS["limits"], [path.read_text("utf-8") for path in TEMPLATES]
    seconds = {name: f"{limits[name]:g}s" for name in limits if name.endswith("_s")}
    for line in (
        f"client_header_timeout {seconds['client_header_s']};",
        f"keepalive_timeout {seconds['client_idle_s']};",
        f"proxy_connect_timeout {seconds['backend_connect_s']};",
        f"proxy_read_timeout {seconds['backend_response_s']};",
    ):
        assert line in nginx
    for line in (
        f"timeout http-request {seconds['client_header_s']}\n",
        f"timeout client {seconds['client_idle_s']}\n",
        f"timeout connect {seconds['backend_connect_s']}\n",
        f"timeout server {seconds['backend_response_s']}\n",
    ):
        assert line in haproxy


def test_shares_are_whole_percents():
    assert fill.values(weights(a=2, b=1))["SHARE_OF_A"] == "67"
    assert fill.values(weights(a=2, b=1))["SHARE_OF_B"] == "33"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (weights(a=1, b=1, c=1), "variants: found a, b, c, may be a and b"),
        (weights(a=0, b=1), "a share of 0 %"),
        (weights(a=1000, b=1), "a share of 0 %"),
        (weights(a=0, b=0), "only weights of 0"),
        (settings(strategy="thompson_sampling"), 'strategy: found "thompson_sampling"'),
    ],
)
def test_what_they_cannot_do_is_refused_by_name(wrong, said):
    with pytest.raises(ValueError, match=said):
        fill.values(wrong)


def test_a_file_that_cannot_be_used_ends_it_with_a_sentence(tmp_path):
    ran = [sys.executable, fill.__file__, "template", "result", "command"]
    ended = subprocess.run(ran, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"{fill.SETTINGS} cannot be used")
    assert "Traceback" not in ended.stderr


def test_it_becomes_the_command_so_that_signals_reach_it(tmp_path, monkeypatch):
    became = []
    (tmp_path / "template").write_text("split ${SHARE_OF_A} for $everyone")
    monkeypatch.setattr(fill, "SETTINGS", CONTAINERS / "balancer" / "balancer.toml")
    monkeypatch.setattr(fill.os, "execvp", lambda *words: became.append(words))
    fill.main(str(tmp_path / "template"), str(tmp_path / "result"), "nginx", "-t")
    assert became == [("nginx", ("nginx", "-t"))]
    assert (tmp_path / "result").read_text() == "split 70 for $everyone"
