"""The examples in the docstrings run."""

import doctest
import importlib
import pkgutil

import pytest

from lab_utils import experiment

MODULES = [
    f"{experiment.__name__}.{found.name}" for found in pkgutil.iter_modules(experiment.__path__)
]


@pytest.mark.parametrize("module", MODULES)
def test_the_examples_of(module):
    assert doctest.testmod(importlib.import_module(module)).failed == 0
