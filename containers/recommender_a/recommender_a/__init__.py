"""Recommender A: Flask serving a scikit-learn TruncatedSVD that *ranks* films for a user."""


class RecommenderError(Exception):
    """Something the person who started us can put right; the message says what and how."""
