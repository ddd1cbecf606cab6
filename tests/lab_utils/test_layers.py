from lab_utils import layers
from lab_utils.build_log import Build, Step
from lab_utils.docker_engine import ImageFacts, Layer

MB = layers.MB
BELOW = (Layer("", 80 * MB), Layer("RUN /bin/sh -c apt-get install python3", 38 * MB))
BASE = ImageFacts("base", "sha256:b", 118 * MB, "", BELOW, ())
INSTALL = Layer("RUN |1 BASE_IMAGE=base /bin/sh -c /venv/bin/pip install flask # buildkit", 15 * MB)
APP = Layer("COPY app.py . # buildkit", 1000)
IMAGE = ImageFacts("hello", "sha256:a", 133 * MB + 1000, "", (*BELOW, INSTALL, APP), ())


def test_an_image_is_divided_by_what_its_layers_hold():
    parts = layers.by_kind(IMAGE, BASE)
    assert (parts[layers.BASE], parts[layers.PACKAGES], parts[layers.APP]) == (
        118 * MB,
        15 * MB,
        1000,
    )
    assert sum(parts.values()) == IMAGE.size


def test_what_is_not_built_on_the_base_has_nothing_of_it():
    packed = Layer("COPY /packed / # buildkit", 52 * MB)
    image = ImageFacts("small", "sha256:c", 52 * MB, "", (packed,), ())
    parts = layers.by_kind(image, BASE)
    assert (parts[layers.BASE], parts[layers.PYTHON]) == (0, 52 * MB)


def test_a_picture_of_sizes_says_its_numbers_and_what_they_are_made_of():
    large = ImageFacts("large", "sha256:d", 3 * BASE.size, "", IMAGE.layers, ())
    picture = layers.sizes({"large": large, "base": BASE}, BASE)
    assert picture.caption == "large: 354 MB; base: 118 MB; the first is 3 times the last"
    assert "large: base image 118 MB, Python packages 15 MB" in picture.alt


def test_a_picture_of_the_cache_counts_what_was_made_anew():
    steps = (Step("1/2", "COPY . .", "cached"), Step("2/2", "RUN pip install flask", "done", 4.0))
    picture = layers.cache({"after an edit": Build("hello", steps)})
    assert "after an edit: 1 of 2 steps from the cache, 1 made anew in 4.0 s" in picture.alt


def test_an_instruction_reads_as_it_stood_in_the_dockerfile():
    assert layers.history(IMAGE)[2:] == [
        ("15 MB", "RUN /venv/bin/pip install flask"),
        ("1 kB", "COPY app.py ."),
    ]
