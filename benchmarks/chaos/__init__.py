"""The stack is hurt while visitors use it: who gets an answer, from whom, and is all of it logged?

Recommenders are killed, paused, cut off from the network, doubled and halved, and the balancer is
started anew, while known users ask for films all the time. What must hold throughout:

- no request fails while one backend is healthy, but for the moment the balancer itself is down, and
  for an answer whose backend dies in the middle of it, which the event log says;
- every user keeps the variant, whoever stands in;
- the balancer's event log has every answer that a visitor saw, with the same status.

The stack is one of its own beside the user's, with short patience (balancer.toml beside this file).
"""
