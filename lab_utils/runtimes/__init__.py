"""The ways to run the same service: as a process, in a container, in a virtual machine."""
