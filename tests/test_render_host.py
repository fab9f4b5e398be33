"""What a host says of its own clock, on the screen and in the JSON document."""

import json
from importlib import resources

import jsonschema
import pytest
from reports import ALL_WELL

from skewcheck.host.chrony import NOBODY
from skewcheck.model import (
    ConfiguredServer,
    Daemon,
    DaemonClaim,
    Fake,
    Hardware,
    HostFacts,
    KernelClock,
    Place,
    Unknown,
    Zone,
)
from skewcheck.render import host as host_part
from skewcheck.render import json as json_format
from skewcheck.render import text

SERVER = HostFacts(
    kernel=KernelClock(0.012, flagged_unsynchronised=True, frequency_ppm=-12.5, ahead_of_python_s=0.0),
    daemons=(
        Daemon("chronyd", True, DaemonClaim(True, 0.003, "192.0.2.7", 2, 12.0)),
        Daemon("systemd-timesyncd", False, Unknown("it does not run")),
    ),
    place=Place(cloud="aws", virtual="kvm", distribution="debian"),
    zone=Zone("Europe/Berlin", 7200),
    hardware=Hardware("tsc", slept_s=600.0, rtc_ahead_s=0.0, ptp=("KVM virtual PTP",)),
    fake=None,
    configured=(ConfiguredServer("ntp.example.net", "/etc/chrony/chrony.conf"),),
)
POD = HostFacts(
    kernel=Unknown("this container may not ask the kernel"),
    daemons=(),
    place=Place(container="kubernetes", cloud="gce", distribution="alpine"),
    zone=Zone(None, -12600, "zone-missing", "/etc/localtime is missing"),
    hardware=Hardware(),
    fake=Fake("libfaketime", None),
    configured=(),
)


def test_a_server_says_who_keeps_its_clock_and_how_well() -> None:
    """The daemon's claim with its source and age, where it runs, its time zone."""
    assert host_part.sentences(SERVER, thorough=False) == [
        "chronyd runs here and says that the clock is right to within 3 ms, by 192.0.2.7, heard from 12 s ago",
        "in AWS, time zone Europe/Berlin (UTC+02:00)",
    ]


@pytest.mark.parametrize("daemon", [Daemon("chronyd", True, NOBODY), Daemon("chronyd", False, Unknown("it is off"))])
def test_the_kernel_speaks_where_no_daemon_does(daemon: Daemon) -> None:
    """What it knows it has from a daemon: a second number beside the daemon's own would only confuse."""
    said = host_part.sentences(SERVER._replace(daemons=(daemon,)), thorough=False)
    assert said[1] == "the kernel was last told that it is right to within 12 ms"


def test_asked_for_more_it_tells_of_its_hardware_and_of_what_is_unknown() -> None:
    """`-v` adds what carries the clock; unknown is said, never bad news."""
    assert host_part.sentences(SERVER, thorough=True)[-3:] == [
        "clock source tsc",
        "this host slept 10 min since its start",
        "clock devices: KVM virtual PTP",
    ]
    assert host_part.sentences(POD, thorough=True) == [
        "no time daemon found here",
        "the kernel's own bound is unknown: this container may not ask the kernel",
        "in a Kubernetes pod on Google Cloud, time zone not set (UTC-03:30)",
    ]


@pytest.mark.parametrize(
    ("daemon", "sentence"),
    [
        (Daemon("chronyd", True, NOBODY), "chronyd runs here; it does not answer on port 323"),
        (Daemon("ntpd", True, Unknown("it doesn't say more")), "ntpd runs here; it doesn't say more"),
        (
            Daemon("chronyd", True, DaemonClaim(synchronised=False)),
            "chronyd runs here and says that it is not synchronised",
        ),
        (Daemon("chronyd", False, Unknown("")), "chronyd is installed here and does not run"),
        (Daemon("chronyd", None, Unknown("it can't be seen")), "chronyd is installed here; it can't be seen"),
    ],
)
def test_a_daemon_in_any_state_has_a_sentence(daemon: Daemon, sentence: str) -> None:
    """Running, lost, stopped, unseen: none is mistaken for another."""
    assert host_part.sentences(POD._replace(daemons=(daemon,)), thorough=False)[0] == sentence


@pytest.mark.parametrize("facts", [SERVER, POD])
def test_the_document_keeps_to_the_schema(facts: HostFacts) -> None:
    """Every fact under its name, in ASCII; what is unknown says why."""
    written = json_format.render(ALL_WELL._replace(host=facts))
    document = json.loads(written)
    schema = json.loads((resources.files("skewcheck.render") / "report-1.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(document, schema)
    assert document["host"]["zone"]["utc_offset_s"] == facts.zone.utc_offset_s
    assert ("unknown" in document["host"]["kernel"]) == isinstance(facts.kernel, Unknown)


@pytest.mark.parametrize("width", [40, 80, 120])
def test_the_screen_has_it_between_the_picture_and_the_findings(width: int) -> None:
    """In its place, wrapped like everything else."""
    shown = text.render(ALL_WELL._replace(host=SERVER), width=width, color=False, verbose=0, quiet=False)
    assert "chronyd runs here" in " ".join(shown.split())
    assert max(map(len, shown.splitlines())) <= max(width, 60)
