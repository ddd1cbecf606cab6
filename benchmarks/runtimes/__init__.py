"""The same server as a process, in a container and in a virtual machine, and what each costs."""
