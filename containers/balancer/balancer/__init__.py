"""The lab's load balancer: two recommenders behind one address, and a log of what was said.

README.md, beside this package, tells the story of one request through its files in reading order.
"""

__version__ = "0.1.0"
