import subprocess

import pytest

from lab_utils.vm import cpio, guest

ENTRIES = {
    "bin": cpio.folder(),
    "bin/tool": cpio.file(b"#!/bin/sh\n", executable=True),
    "note": cpio.file(b"abc"),
    "link": cpio.link("note"),
    "console": cpio.console(),
}


def test_the_order_of_the_entries_makes_no_difference():
    backwards = dict(reversed(ENTRIES.items()))
    assert cpio.pack(ENTRIES) == cpio.pack(backwards)


def test_every_record_begins_at_a_multiple_of_four():
    packed = cpio.pack(ENTRIES)
    starts = [n for n in range(len(packed)) if packed.startswith(b"070701", n)]
    assert len(starts) == len(ENTRIES) + 1
    assert all(start % 4 == 0 for start in starts)


def test_nothing_of_this_machine_goes_in():
    """Times, owners and devices of files are zero: fields 3, 4, 6, 8 and 9 of each header."""
    head = cpio.pack({"note": cpio.file(b"abc")})[6:110]
    fields = [int(head[n : n + 8], 16) for n in range(0, 104, 8)]
    assert [fields[n] for n in (2, 3, 5, 7, 8)] == [0, 0, 0, 0, 0]
    assert fields[6] == len(b"abc")


@pytest.mark.needs("vm", "linux")
def test_another_program_unpacks_it(tmp_path):
    entries = {path: entry for path, entry in ENTRIES.items() if path != "console"}
    words = [guest.tiny().busybox, "cpio", "-i"]
    subprocess.run(words, input=cpio.pack(entries), cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / "link").read_bytes() == b"abc"
    assert (tmp_path / "bin" / "tool").stat().st_mode & 0o111
