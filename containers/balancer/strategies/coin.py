"""A strategy of your own: copy this file, change it, and name it in balancer.toml.

    strategy = "strategies/coin.py:coin"

A strategy is a function that returns the name of a variant. It may ask, by the names of its
parameters, for any of these:

    user_id     whose request it is; the same user should better get the same answer (text)
    weights     the weight of each variant, 0 for one that takes no part: {"a": 70, "b": 30}
    salt        from balancer.toml; a hash of salt and user_id is a number nobody can foresee (text)
    outcomes    how often a variant had an outcome so far: outcomes["b", 1] are its successes
    random      a random.Random with the seed from balancer.toml

If it makes a mistake, the balancer says so in its log and in /status, and sticky stands in.
"""


def coin(weights, random):
    """Heads or tails for each request, whoever asks: a user meets both variants."""
    return random.choice([variant for variant, weight in weights.items() if weight > 0])
