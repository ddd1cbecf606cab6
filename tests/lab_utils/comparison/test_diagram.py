import re

from lab_utils.comparison.diagram import WIDTH, Floor, Tenant, layers

HOST = (Floor("hardware", "2 processors"), Floor("the host's kernel", "Linux 6", kernel=True))
GUEST = (Floor("hypervisor", "QEMU"), Floor("its own kernel", "Linux 5", kernel=True))


def machines(count=2):
    return [Tenant(f"vm {n}", ("httpd", "200 MB"), GUEST) for n in range(1, count + 1)]


def boxes(svg):
    found = re.findall(r'<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"', svg)
    return [tuple(map(float, box)) for box in found]


def overlap(one, other):
    across = one[0] < other[0] + other[2] and other[0] < one[0] + one[2]
    return across and one[1] < other[1] + other[3] and other[1] < one[1] + one[3]


def test_every_kernel_is_a_dark_bar_and_is_counted():
    drawing = layers("Two virtual machines", HOST, machines())
    assert drawing.svg.count('fill="#12324a"') == 3
    assert drawing.caption.startswith("3 kernels for 2: vm 1, httpd, 200 MB")


def test_containers_have_one_kernel_between_them():
    boxed = [Tenant(f"container {n}", ("httpd",)) for n in (1, 2)]
    drawing = layers("Two containers", HOST, boxed, beside=Tenant("Docker Engine", ("26",)))
    assert drawing.svg.count('fill="#12324a"') == 1
    assert drawing.caption.startswith("1 kernel for 2")
    assert "Beside them, carrying none: Docker Engine, 26." in drawing.alt


def test_no_two_boxes_overlap_and_none_leaves_the_picture():
    beside = Tenant("Docker Engine", ("26",))
    placed = boxes(layers("Three", HOST, machines(3), beside=beside, recorded="there").svg)
    assert not any(overlap(a, b) for n, a in enumerate(placed) for b in placed[:n])
    assert all(left >= 0 and left + width <= WIDTH for left, _, width, _ in placed)


def test_a_recorded_picture_says_so_in_the_picture_the_caption_and_the_text():
    drawing = layers("Two", HOST, machines(), recorded="on another machine")
    assert ">recorded on another machine</text>" in drawing.svg
    assert drawing.caption.startswith("Recorded on another machine.")
    assert drawing.alt.startswith("Recorded on another machine.")


def test_names_from_the_system_are_not_taken_for_markup():
    drawing = layers("<b>", HOST, [Tenant('a"<b>', ("x & y",))])
    assert "<b>" not in drawing.svg
    assert '"<b>' not in drawing._repr_mimebundle_()["text/html"]


def test_what_it_says_aloud_is_said_once():
    drawing = layers("Two", HOST, machines(), beside=Tenant("Docker Engine", ("26", "beside")))
    assert "vm 1: hypervisor QEMU, its own kernel Linux 5, httpd" in drawing.alt
    assert ",," not in drawing.alt
