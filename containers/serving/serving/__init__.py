"""The serving kit: what every recommender team is given, so that each builds its model only.

`recommender.py` says what a team brings. The kit brings the rest: the commands, the settings, the
ratings, what a trained model is and how it is kept, and the server.
"""


class RecommenderError(Exception):
    """Something the person who started us can put right; the message says what and how."""
