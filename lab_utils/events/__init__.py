"""The event log, read: the only room that knows its lines.

The balancer writes one JSON object a line, a `request` for every request it answered and an
`outcome` for every outcome reported to it; the two join on `request_id`. Reading never fails
on a bad line: what could not be used is counted, so that a report can say how much is missing.

`read` makes tables of it, for all that fits into memory; `per_user` makes sums of it, by the same
rules, however large it is.
"""

from lab_utils.events.lines import MOST, OUTCOME_FIELDS, REQUEST_FIELDS
from lab_utils.events.log import RECOMMENDATION, EventLog, read
from lab_utils.events.summed import SummedLog, per_user

__all__ = [
    "MOST",
    "OUTCOME_FIELDS",
    "RECOMMENDATION",
    "REQUEST_FIELDS",
    "EventLog",
    "SummedLog",
    "per_user",
    "read",
]
