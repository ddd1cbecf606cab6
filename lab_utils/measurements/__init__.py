"""Each claim about processes, containers and virtual machines as a function that measures it.

Every function returns `Measurement`s with unit and provenance. Where this machine cannot measure,
it returns the figures recorded on another machine (`recorded=True`); where none were recorded
either, it raises `Unavailable`. Most take a kind, of which they start one and stop it, or a runtime
that is up, which goes on afterwards: one guest can be asked many questions.

    with VirtualMachine("tiny") as vm:
        idle_memory(vm), seen_inside(vm), save_and_roll_back(vm)
"""

from lab_utils.measurements.by_hand import Step, container_by_hand
from lab_utils.measurements.inside import seen_inside
from lab_utils.measurements.isolation import panic_beside_host
from lab_utils.measurements.limits import cpu_share, limits_enforced
from lab_utils.measurements.provenance import Subject
from lab_utils.measurements.recorded import RECORDED, load
from lab_utils.measurements.result import Measurement, Value
from lab_utils.measurements.sizes import density, idle_memory, image_size
from lab_utils.measurements.starting import start_from_snapshot, start_to_first_answer
from lab_utils.measurements.state import save_and_roll_back, survival

__all__ = [
    "RECORDED",
    "Measurement",
    "Step",
    "Subject",
    "Value",
    "container_by_hand",
    "cpu_share",
    "density",
    "idle_memory",
    "image_size",
    "limits_enforced",
    "load",
    "panic_beside_host",
    "save_and_roll_back",
    "seen_inside",
    "start_from_snapshot",
    "start_to_first_answer",
    "survival",
]
