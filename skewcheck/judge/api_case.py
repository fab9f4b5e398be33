"""What is known of an API's clock, judged: all that its findings, its sentences and its next step rest on."""

from typing import NamedTuple

from skewcheck.judge import local_run, severity
from skewcheck.model import (
    ApiHost,
    ApiSurvey,
    DateReading,
    Difference,
    HostFacts,
    Judgement,
    Pace,
    Role,
    Security,
    Status,
    Thresholds,
)

DISTINCT_S = 1e-6
"""Ranges of one reading that differ by less differ by rounding alone."""


class Case(NamedTuple):
    """All that a finding can rest on."""

    survey: ApiSurvey
    judgement: Judgement
    """Of the first host."""
    issuer_ahead: Difference | None
    """login - api; None where either is missing."""
    thresholds: Thresholds
    platform: str
    """As `sys.platform`: which remedy fits."""
    asked: tuple[str, ...] = ()
    """The options that ask the same hosts again, each with its value, as a shell takes them."""
    url: str | None = None
    """What was named instead of a region, safe to show."""
    host: HostFacts | None = None

    @property
    def at_another_rate(self) -> bool:
        """Tell whether time runs at another rate in this process than in the kernel."""
        return self.survey.local.pace is not Pace.TRUE

    @property
    def reading(self) -> DateReading | None:
        """What the first host gave; None where it gave nothing."""
        outcome = self.survey.first.outcome
        return outcome if isinstance(outcome, DateReading) else None

    @property
    def readings(self) -> list[tuple[ApiHost, DateReading]]:
        """The hosts that gave something."""
        return [(host, host.outcome) for host in self.survey.hosts if isinstance(host.outcome, DateReading)]

    @property
    def login(self) -> tuple[ApiHost, DateReading] | None:
        """The issuer of tokens, and what it gave; None where it gave nothing or was not asked."""
        return next(((host, reading) for host, reading in self.readings if host.role is Role.LOGIN), None)

    @property
    def issuer_status(self) -> Status:
        """How bad the difference between issuer and API is at least; ok where its direction is open, too."""
        if self.issuer_ahead is None:
            return Status.OK
        return severity.severity(self.issuer_ahead.fresh.nearest_to_zero(), self.thresholds)

    @property
    def certificate_status(self) -> Status:
        """A warning where a server shows a certificate that is not valid by its own `Date`: nobody can call it."""
        return Status.WARNING if any(outdated(reading) for _, reading in self.readings) else Status.OK

    @property
    def status(self) -> Status:
        """The worst of the local clock against the API's, and what is wrong with the service itself."""
        return severity.worse(self.judgement.status, self.service_status)

    @property
    def service_status(self) -> Status:
        """What is wrong with the service itself, whatever the local clock is."""
        return severity.worse(self.issuer_status, self.certificate_status)

    @property
    def explained(self) -> Status:
        """The status of a finding that explains the measured skew; ok where there is none that anybody is warned of."""
        off = self.judgement.status in (Status.WARNING, Status.CRITICAL)
        return self.judgement.status if off else Status.OK


def examined(
    survey: ApiSurvey,
    thresholds: Thresholds,
    platform: str,
    *,
    asked: tuple[str, ...] = (),
    url: str | None = None,
    host: HostFacts | None = None,
) -> Case:
    """Return what was measured, judged."""
    first = survey.first.outcome
    api, login = survey.reading(Role.API), survey.reading(Role.LOGIN)
    return Case(
        survey,
        local_run.believed(
            severity.judge_date(first if isinstance(first, DateReading) else None, thresholds), survey.local
        ),
        None if api is None or login is None else severity.difference(api, login),
        thresholds,
        platform,
        asked,
        url,
        host,
    )


def may_lag(reading: DateReading) -> bool:
    """Tell whether this server's `Date` may be so old that it makes a difference."""
    return reading.interval.low_s < reading.fresh.low_s - DISTINCT_S


def outdated(reading: DateReading) -> bool:
    """Tell whether the certificate is not valid at the time that its own server tells."""
    dates = reading.certificate
    if reading.security is not Security.DATES_IGNORED or dates is None or not reading.exchanges:
        return False
    return not dates.not_before_s <= reading.exchanges[-1].date_s <= dates.not_after_s
