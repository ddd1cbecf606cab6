"""From an event log to a verdict: ours beside plain pandas and tea-tasting, on one log.

The log is made with a seed, in the balancer's own form: two lines a visit. Every contestant is a
fresh Python that reads it, compares the variants by user, and says what it found, what it took and
the most memory it held. All take turns within each round; they have to agree to 1e-9. DuckDB alone,
which believes the log, shows what our proof of it costs.

tea-tasting compares tables and reads no logs, so pandas reads for it. It brings pyarrow and more
along, and is not in the lab's environment: uv runs it in one of its own, from requirements.txt.
"""
