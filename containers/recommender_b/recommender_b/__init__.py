"""Recommender B: Django serving a Surprise SVD that *predicts the ratings* a user would give."""


class RecommenderError(Exception):
    """Something the person who started us can put right; the message says what and how."""
