"""Virtual machines: a guest made of Debian packages, and QEMU, which it runs on."""
