"""The command line: `python -m recommender_a train|serve|healthcheck`."""

from serving.commands import main
from serving.recommender import Recommender

if __name__ == "__main__":
    main(Recommender("recommender_a", variant="a"))
