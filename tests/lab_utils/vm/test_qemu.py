from lab_utils.vm import qemu
from lab_utils.vm.qemu import Hardware, Wires

WIRES = Wires("host=here,port=1", "host=here,port=2", "127.0.0.1:0")


def words(accelerator="tcg", restore=""):
    hardware = Hardware(accelerator, 96, "disk", restore)
    return qemu.command("tiny", 80, "kernel", "initrd", hardware, WIRES)


def after(option, command):
    return command[command.index(option) + 1]


def test_a_guest_has_limits_and_reaches_nothing():
    command = words()
    assert after("-m", command) == "96"
    assert "restrict=on" in after("-netdev", command)
    assert f"lifetime={qemu.LIFETIME}" in after("-append", command)


def test_its_server_answers_on_this_machine_alone():
    assert "hostfwd=tcp:127.0.0.1:0-:80" in after("-netdev", words())


def test_the_cache_of_translations_is_small_where_there_is_one():
    assert after("-accel", words()) == f"tcg,tb-size={qemu.TRANSLATIONS_MB}"
    assert after("-accel", words("kvm")) == "kvm"


def test_it_goes_on_from_a_snapshot_where_one_is_named():
    assert after("-loadvm", words(restore="ready")) == "ready"
    assert "-loadvm" not in words()
