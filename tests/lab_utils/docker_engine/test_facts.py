import pytest

from lab_utils.docker_engine import ContainerFacts, ImageFacts, Layer, Mount


class Told:
    """What the SDK hands out, as far as it is read."""

    name = "safe"

    def __init__(self, host):
        self.attrs = {
            "State": {"Status": "exited", "ExitCode": 137, "OOMKilled": True},
            "Config": {"Image": "hello:1", "User": "10001:10001"},
            "HostConfig": host,
            "Mounts": [{"Type": "volume", "Name": "visits", "Destination": "/data"}],
        }


def facts(**host):
    return ContainerFacts.of(Told(host))


def test_a_container_is_told_by_how_it_ended_and_what_it_sees():
    found = facts(Tmpfs={"/tmp": ""})
    assert (found.status, found.exit_code, found.oom_killed) == ("exited", 137, True)
    assert found.mounts == (Mount("volume", "visits", "/data"), Mount("tmpfs", "", "/tmp"))


@pytest.mark.parametrize(
    ("option", "closed"),
    [
        ("no-new-privileges", True),
        ("no-new-privileges:true", True),
        ("no-new-privileges:false", False),
        ("seccomp=unconfined", False),
    ],
)
def test_the_option_against_new_privileges_is_read_in_each_of_its_forms(option, closed):
    assert facts(SecurityOpt=[option]).no_new_privileges is closed


def test_what_nobody_asked_for_is_absent():
    found = facts(CapDrop=None, SecurityOpt=None)
    assert (found.dropped, found.memory, found.read_only) == ((), 0, False)


@pytest.mark.parametrize(
    ("user", "root"), [("", True), ("0:0", True), ("root", True), ("10001:0", False), ("1", False)]
)
def test_root_is_known_by_each_of_its_names(user, root):
    image = ImageFacts("hello", "sha256:a", 1, user, (), ())
    assert image.is_root is root


@pytest.mark.needs("docker")
def test_an_image_is_read_with_its_layers_from_the_lowest_up(engine):
    project = "recitation-test-facts"
    engine.client.api.import_image_from_data(
        b"\0" * 10240, repository=f"{project}/empty", changes=[f"LABEL lab={project}"]
    )
    try:
        assert engine.image(f"{project}/empty").layers == (Layer("", 0),)
        assert engine.image(f"{project}/none") is None
        assert engine.container(project) is None
    finally:
        engine.remove_all(project)
