"""This process's own clocks as a measurement reads them, with what vouches for them beside."""

import os

from skewcheck.host.files import Files
from skewcheck.host.kernel import BETWEEN, kernel_time, other_rate
from skewcheck.measure.localclock import LocalClock, system_sources
from skewcheck.model import Fake, HostFacts


def own_clock() -> LocalClock:
    """Return the local clock from now on: the kernel is asked beside it, past what may fake this process's time."""
    told = other_rate(Files(), os.environ)
    return LocalClock(system_sources()._replace(kernel_ns=kernel_time(), other_rate=told))


def at_another_rate(host: HostFacts) -> HostFacts:
    """Return what *host* says of itself, and that time runs at another rate here."""
    how = BETWEEN if host.fake is None else host.fake.how
    return host._replace(fake=Fake(how, None, other_rate=True))
