"""Logs that more than one room tests with."""

import numpy as np
import pandas as pd


def paradoxical_log():
    """Simpson's paradox: b wins on each device and loses over all, with most of the phones."""
    users = {
        ("a", "desktop"): (900, 630),
        ("b", "desktop"): (100, 80),
        ("a", "phone"): (100, 10),
        ("b", "phone"): (900, 180),
    }
    log = pd.concat(
        pd.DataFrame({"variant": variant, "device": device, "outcome": 1.0 * (np.arange(n) < won)})
        for (variant, device), (n, won) in users.items()
    )
    log["user_id"] = np.arange(len(log))
    return log
