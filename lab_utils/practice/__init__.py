"""The lab's balancer as a process of its own, beside the stack, with settings to try out.

One at a time: starting another ends the one before. `stop()` ends it, and so does `./lab clean`.
"""

from lab_utils.practice.backends import start_backends
from lab_utils.practice.trial import StrategyRefused, Trial, compare, start_balancer, stop

__all__ = ["StrategyRefused", "Trial", "compare", "start_backends", "start_balancer", "stop"]
