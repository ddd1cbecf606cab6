"""What runs in the student's kernel: from a stack of containers to a defended verdict."""

__version__ = "0.1.0"
