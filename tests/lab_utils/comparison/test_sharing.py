import pytest

from lab_utils import docker_engine
from lab_utils.comparison import sharing


@pytest.mark.needs("docker")
def test_a_second_image_adds_one_layer_and_its_own_file_and_leaves_no_image():
    client = docker_engine.find().client
    first, second, added = sharing.second_image()
    assert second.median == first.median + 1
    assert sharing.NOTE_BYTES <= added.median < 2 * sharing.NOTE_BYTES
    assert not [tag for image in client.images.list() for tag in image.tags if "/second:" in tag]
