"""What each trick of the balancer's hot path saves, one taken away at a time.

The balancer is fed in this process, without sockets: what is measured is Python alone, the kernel's
part is in `./lab bench balancer`. Every configuration takes its turn within each round, and what is
reported is the median over the rounds. With sockets, Python costs up to half as much again, as the
kernel's work between turns pushes the interpreter's out of the processor's caches.
"""
