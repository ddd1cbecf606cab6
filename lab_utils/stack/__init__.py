"""The stack, everything up together: in containers where an engine answers, else as processes."""

from lab_utils.stack.base import Service, Stack, StackError, Unwell, table, unwell
from lab_utils.stack.choice import Kind, choose, in_its_place, present, running, unseen

__all__ = [
    "Kind",
    "Service",
    "Stack",
    "StackError",
    "Unwell",
    "choose",
    "in_its_place",
    "present",
    "running",
    "table",
    "unseen",
    "unwell",
]
