import subprocess
import sys


def healthcheck(lab):
    command = [sys.executable, "-m", "balancer", "healthcheck", "--config", lab.config]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_healthcheck_asks_the_running_balancer(make_backend, make_lab):
    lab = make_lab({"a": [make_backend()]})
    # The settings say port 0; the check needs the one that was chosen.
    text = lab.config.read_text()
    lab.config.write_text(
        text.replace('admin = "127.0.0.1:0"', f'admin = "0.0.0.0:{lab.admin_port}"')
    )
    assert healthcheck(lab).returncode == 0
    lab.stop()
    ended = healthcheck(lab)
    assert ended.returncode == 1
    assert f"127.0.0.1:{lab.admin_port}" in ended.stderr
    assert "Traceback" not in ended.stderr
