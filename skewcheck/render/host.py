"""What this host says of its own clock, as sentences for the screen and as the `host` part of the JSON document."""

from typing import Any

from skewcheck.model import Daemon, DaemonClaim, Hardware, HostFacts, KernelClock, Place, Unknown, Zone
from skewcheck.quantity import duration_text

_CONTAINERS = {"container": "a container", "kubernetes": "a Kubernetes pod", "ecs": "an ECS task"}
_CLOUDS = {"aws": "AWS", "gce": "Google Cloud", "azure": "Azure"}


def sentences(host: HostFacts, *, thorough: bool) -> list[str]:
    """Return what the host says, a line each; *thorough*: also what it could not tell, and its hardware."""
    said = [_daemon(daemon) for daemon in host.daemons if daemon.running is not False]
    if not said:
        said = [f"{daemon.name} is installed here and does not run" for daemon in host.daemons[:1]]
    if not said:
        said = ["no time daemon found here"]
    bounded = any(
        daemon.running and isinstance(daemon.claim, DaemonClaim) and daemon.claim.bound_s is not None
        for daemon in host.daemons
    )
    if not bounded:  # the kernel has its bound from the daemon
        said += _kernel(host.kernel, thorough=thorough)
    where = _place(host.place)
    said.append(f"in {where}, {_zone(host.zone)}" if where else _zone(host.zone))
    if thorough:
        said += _hardware(host.hardware)
    return said


def _daemon(daemon: Daemon) -> str:
    claim = daemon.claim
    runs = "runs here" if daemon.running else "is installed here"
    if isinstance(claim, Unknown):
        return f"{daemon.name} {runs}; {claim.why}"
    if not claim.synchronised:
        return f"{daemon.name} {runs} and says that it is not synchronised"
    within = "" if claim.bound_s is None else f" to within {duration_text(claim.bound_s)}"
    source = "" if claim.source is None else f", by {claim.source}"
    age = "" if claim.age_s is None else f", heard from {duration_text(claim.age_s)} ago"
    return f"{daemon.name} {runs} and says that the clock is right{within}{source}{age}"


def _kernel(kernel: KernelClock | Unknown, *, thorough: bool) -> list[str]:
    if isinstance(kernel, Unknown):
        return [f"the kernel's own bound is unknown: {kernel.why}"] if thorough else []
    if kernel.corrected_within_s is None:
        return ["the kernel's own bound is at its end: nobody has told it that this clock is kept"] if thorough else []
    return [f"the kernel was last told that it is right to within {duration_text(kernel.max_error_s)}"]


def _place(place: Place) -> str:
    parts = []
    if place.container is not None:
        parts.append(_CONTAINERS.get(place.container, f"a {place.container} container"))
    if place.docker_desktop:
        parts.append("Docker Desktop's virtual machine")
    if place.wsl is not None:
        parts.append(f"WSL {place.wsl}")
    if place.cloud is not None:
        parts.append(_CLOUDS.get(place.cloud, place.cloud))
    elif place.virtual is not None and not place.docker_desktop and place.wsl is None:
        parts.append(f"a {place.virtual} virtual machine")
    return " on ".join(parts)


def _zone(zone: Zone) -> str:
    sign = "-" if zone.utc_offset_s < 0 else "+"
    hours, minutes = divmod(abs(zone.utc_offset_s) // 60, 60)
    return f"time zone {zone.name or 'not set'} (UTC{sign}{hours:02d}:{minutes:02d})"


def _hardware(hardware: Hardware) -> list[str]:
    said = []
    if hardware.clocksource is not None:
        said.append(f"clock source {hardware.clocksource}")
    if hardware.slept_s:
        said.append(f"this host slept {duration_text(hardware.slept_s)} since its start")
    if hardware.ptp:
        said.append(f"clock devices: {', '.join(hardware.ptp)}")
    return said


def document(host: HostFacts) -> dict[str, Any]:
    """Return the `host` part: every fact under its name, `unknown` with its reason where it could not be read."""
    kernel = host.kernel
    return {
        "kernel": {"unknown": kernel.why}
        if isinstance(kernel, Unknown)
        else {
            "max_error_s": kernel.max_error_s,
            "flagged_unsynchronised": kernel.flagged_unsynchronised,
            "frequency_ppm": kernel.frequency_ppm,
            "corrected_within_s": kernel.corrected_within_s,
            "ahead_of_process_s": kernel.ahead_of_python_s,
        },
        "daemons": [
            {"name": daemon.name, "running": daemon.running, "claim": _claim(daemon.claim)} for daemon in host.daemons
        ],
        "place": host.place._asdict(),
        "zone": host.zone._asdict(),
        "hardware": {**host.hardware._asdict(), "ptp": list(host.hardware.ptp)},
        "fake": None if host.fake is None else host.fake._asdict(),
        "configured": [server._asdict() for server in host.configured],
    }


def _claim(claim: DaemonClaim | Unknown) -> dict[str, Any]:
    return {"unknown": claim.why} if isinstance(claim, Unknown) else claim._asdict()
