"""Recommender A: Flask serving a scikit-learn TruncatedSVD that *ranks* films for a user."""
