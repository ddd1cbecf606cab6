import io
import tarfile

import pytest

from lab_utils import docker_engine


@pytest.mark.needs("docker")
def test_an_image_that_is_not_there_is_not_there():
    assert not docker_engine.find().has_image("recitation/never-made:0")


def archive(name):
    """A tar archive with one small file in it."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as tar:
        file = tarfile.TarInfo(name)
        file.size = len(name)
        tar.addfile(file, io.BytesIO(name.encode()))
    return data.getvalue()


@pytest.fixture
def base(engine):
    """An image with a label of its own; removed at the end with its project and its neighbour's."""
    name = "recitation-test-base/base:1"
    label = ["LABEL lab=recitation-test-base"]
    engine.client.api.import_image_from_data(
        archive("of-the-base"), repository=name[:-2], tag="1", changes=label
    )
    yield name
    for project in ("recitation-test-neighbour", "recitation-test-base"):
        engine.remove_all(project)


def build_on(engine, base, name, project):
    box = engine.client.containers.create(base, ["nothing"])
    try:
        box.put_archive("/", archive("of-the-neighbour"))
        box.commit(name, tag="1", changes=f"LABEL lab={project}")
    finally:
        box.remove(force=True)


@pytest.mark.needs("docker")
def test_an_image_that_a_neighbours_is_built_on_stays_until_nobody_needs_it(engine, base):
    build_on(engine, base, "recitation-test-neighbour/app", "recitation-test-neighbour")
    kept = []
    assert engine.remove_all("recitation-test-base", kept=kept.append) == []
    assert kept == [f"image {base}: recitation-test-neighbour/app:1 is built on it"]
    assert engine.remove_all("recitation-test-neighbour", bases=[base]) == [
        "image recitation-test-neighbour/app:1",
        f"image {base}",
    ]


@pytest.mark.needs("docker")
def test_an_image_that_a_strangers_container_has_stays_and_it_is_said(engine, base):
    box = engine.client.containers.create(base, ["nothing"], labels={"lab": "a stranger's"})
    kept = []
    try:
        assert engine.remove_all("recitation-test-base", kept=kept.append) == []
    finally:
        box.remove()
    assert kept[0].startswith(f"image {base}: conflict")
