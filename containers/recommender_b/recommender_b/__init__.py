"""Recommender B: Django serving a Surprise SVD that *predicts the ratings* a user would give."""
