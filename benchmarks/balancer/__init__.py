"""Our balancer beside the recitation's original idea, aiohttp, nginx and HAProxy.

Every balancer is alone on one core; load generator and backends share another one. All take
turns within each round, because a machine's speed drifts: a ratio is between neighbours in
time, and what is reported is the median over the rounds.

What each is asked for: split 70/30 between two backends, connections kept open on both sides
(the recitation's design cannot), one log line a request written to a file (the recitation's and
aiohttp's have none). nginx and HAProxy add X-Forwarded-For; ours adds X-Request-Id and X-Variant
as well, and counts for /metrics.

The figure to believe is CPU per request: it hardly depends on what else the machine does.
"""
