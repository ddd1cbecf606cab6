"""The command line: `python -m recommender_b train|serve|healthcheck`."""

from serving.commands import main
from serving.recommender import Recommender

if __name__ == "__main__":
    main(Recommender("recommender_b", variant="b"))
