"""The Docker Engine: the only room that imports the Docker SDK or starts the docker CLI."""

from lab_utils.docker_engine.engine import BASE_LABEL, FAILURES, HARDENED, PROJECT, Engine
from lab_utils.docker_engine.facts import ContainerFacts, ImageFacts, Layer, Mount
from lab_utils.docker_engine.finding import EngineUnavailable, ask_compose, compose_command, find
from lab_utils.docker_engine.usage import cpu_seconds_of, memory_of

__all__ = [
    "BASE_LABEL",
    "FAILURES",
    "HARDENED",
    "PROJECT",
    "ContainerFacts",
    "Engine",
    "EngineUnavailable",
    "ImageFacts",
    "Layer",
    "Mount",
    "ask_compose",
    "compose_command",
    "cpu_seconds_of",
    "find",
    "memory_of",
]
