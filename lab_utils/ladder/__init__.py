"""A ladder of balancers, from the recitation's idea to ours: what each step saves, measured here.

Each rung is a program that the benchmark measures as well, or one of those with a cost taken out.
"""
