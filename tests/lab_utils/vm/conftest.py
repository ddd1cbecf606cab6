import io
import tarfile

import pytest


def member(name, data):
    """One member of an `ar` archive."""
    head = f"{name + '/':<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(data):<10}`\n"
    return head.encode() + data + b"\n" * (len(data) % 2)


@pytest.fixture
def make_deb(tmp_path):
    """Writes a .deb file with the content given by path, and returns where."""

    def make(file_name, content):
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:xz") as archive:
            for path, data in content.items():
                info = tarfile.TarInfo(f"./{path}")
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
        parts = {
            "debian-binary": b"2.0\n",
            "control.tar.xz": b"odd",
            "data.tar.xz": packed.getvalue(),
        }
        deb = tmp_path / file_name
        deb.write_bytes(b"!<arch>\n" + b"".join(member(*each) for each in parts.items()))
        return deb

    return make
