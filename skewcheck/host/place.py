"""Where this process runs: container, WSL, virtual machine, cloud, distribution. It decides who can mend the clock.

A container has no time of day of its own: time namespaces move the monotonic clocks alone (time_namespaces(7)), so
its clock is that of the node, the virtual machine or the laptop below.
"""

import re
from collections.abc import Mapping

from skewcheck import foreign
from skewcheck.host.files import Files
from skewcheck.model import ConfiguredServer, Place

MAX_ID = 40
"""Characters shown of a distribution's ID; real ones have up to twenty."""


def read_place(files: Files, environ: Mapping[str, str]) -> Place:
    """Return where this process runs, as far as *files* and its environment tell. Never raises."""
    release = (files.read("/proc/sys/kernel/osrelease") or "").lower()
    kernel = f"{release} {(files.read('/proc/version') or '').lower()}"
    wsl = _wsl(release, environ)
    vendor, product = _dmi(files, "sys_vendor"), _dmi(files, "product_name")
    return Place(
        container=_container(files, environ),
        wsl=wsl,
        # Docker's machine on macOS, and on Windows without WSL; with WSL its containers are known as WSL's.
        docker_desktop="linuxkit" in kernel,
        virtual="hyperv" if wsl == 2 else _virtual(files, vendor, product),  # WSL 2 is a Hyper-V machine without DMI
        cloud=_cloud(files, vendor, product, environ),
        distribution=_distribution(files),
    )


_CLOUD_SERVERS = {
    # Amazon Time Sync Service, "Set the time reference on your EC2 instance": link-local, on every instance.
    "aws": ConfiguredServer("169.254.169.123", "Amazon EC2"),
    # Google Cloud, "Configure NTP on a VM": the metadata server, and no other beside it.
    "gce": ConfiguredServer("metadata.google.internal", "Google Compute Engine"),
    # Azure has no time server: "Time sync for Linux VMs in Azure" gives the host's clock as /dev/ptp_hyperv instead.
}


def cloud_server(place: Place) -> ConfiguredServer | None:
    """Return the time server that this cloud itself offers; None where it is no cloud or has none."""
    return _CLOUD_SERVERS.get(place.cloud or "")


# --- Container ---

_ALL_DIGITS_AND_HEX = r"[0-9a-f]{8,}"
_MANAGERS = {"docker": "docker", "podman": "podman", "lxc": "lxc", "lxc-libvirt": "lxc", "systemd-nspawn": "nspawn"}
"""Names that a manager gives itself in `container=` (systemd's Container Interface); all others stay nameless."""
_CGROUPS = (
    # (kind, how the path of its processes looks in /proc/1/cgroup)
    ("kubernetes", re.compile(r"[:/]kubepods\b|/kubepods[-.]")),
    ("ecs", re.compile(r"[:/]ecs/|/ecstasks[-.]")),
    ("podman", re.compile(rf"/libpod-(payload-)?{_ALL_DIGITS_AND_HEX}")),
    ("docker", re.compile(rf"/docker[/-]{_ALL_DIGITS_AND_HEX}")),
    ("lxc", re.compile(r"[:/]lxc(\.payload\.|/)")),
    ("container", re.compile(rf"/(cri-containerd-|crio-){_ALL_DIGITS_AND_HEX}")),
)
_LAYERS = (
    # (kind, where its image layers lie). An overlay alone is no sign: live systems and read-only appliances have one.
    ("podman", "/containers/storage/"),
    ("docker", "/docker/"),
    ("container", "/containerd/"),
    ("container", "io.containerd."),
)


_KINDS = ("kubernetes", "ecs", "podman", "docker", "lxc", "nspawn", "container")
"""The most specific first: who runs the containers says more about who can mend the clock than what they run in."""


def _container(files: Files, environ: Mapping[str, str]) -> str | None:
    lines = (files.read("/proc/self/mountinfo") or "").splitlines()  # proc_pid_mountinfo(5)
    mounts = [fields for fields in (line.split(" ") for line in lines) if len(fields) > 6]
    roots = [" ".join(mount) for mount in mounts if mount[4] == "/"]
    layered = [root for root in roots if " - overlay " in root or " - fuse.fuse-overlayfs " in root]
    cgroup, manager = files.read("/proc/1/cgroup") or "", _manager(files, environ)
    traces = {
        "kubernetes": _kubernetes(files, environ, mounts),
        "ecs": any(environ.get(f"ECS_CONTAINER_METADATA_URI{version}") for version in ("_V4", "")),
        "podman": files.there("/run/.containerenv"),
        "docker": files.there("/.dockerenv") and not _is_disk_of_a_machine(mounts),
    }
    found = {kind for kind, left in traces.items() if left}
    found |= {kind for kind, pattern in _CGROUPS if pattern.search(cgroup)}
    found |= {kind for kind, layer in _LAYERS if any(layer in root for root in layered)}
    found |= {_MANAGERS.get(manager, "container")} if manager else set()
    return next((kind for kind in _KINDS if kind in found), None)


def _manager(files: Files, environ: Mapping[str, str]) -> str:
    """Return what the container's manager calls itself, in small letters; empty where it doesn't say."""
    told = files.read("/run/systemd/container") or files.read("/run/host/container-manager")
    if not told:
        first = (files.read("/proc/1/environ") or "").split("\0")
        told = next((entry[len("container=") :] for entry in first if entry.startswith("container=")), None)
    told = (told or environ.get("container", "")).strip().lower()
    return "" if told == "wsl" else told  # systemd takes WSL for a container; it is a machine with its own clock


def _kubernetes(files: Files, environ: Mapping[str, str], mounts: list[list[str]]) -> bool:
    """Tell whether the kubelet has left its traces: a service, a token, or the files that it mounts into each pod."""
    return (
        bool(environ.get("KUBERNETES_SERVICE_HOST"))
        or files.there("/var/run/secrets/kubernetes.io")
        or any(mount[4] == "/dev/termination-log" for mount in mounts)
        or any(mount[4] == "/etc/hosts" and mount[3].endswith("/etc-hosts") for mount in mounts)
    )


_DISK = re.compile(r"/dev/(vd|xvd|sd|hd|nvme|mmcblk)")
_MOUNTED_BY_DOCKER = ("/etc/hosts", "/etc/hostname", "/etc/resolv.conf")


def _is_disk_of_a_machine(mounts: list[list[str]]) -> bool:
    """Tell whether Docker's mark can only be left over, in an image that was made into a machine's disk."""
    on_disk = any(mount[3:5] == ["/", "/"] and _DISK.match(mount[-2]) for mount in mounts)
    return on_disk and not any(mount[4] in _MOUNTED_BY_DOCKER for mount in mounts)


# --- Machine ---


def _wsl(release: str, environ: Mapping[str, str]) -> int | None:
    """Return which WSL: 1 translates system calls and calls itself `4.4.0-…-Microsoft`, 2 runs Microsoft's kernel."""
    if "microsoft" in release:
        return 1 if release.strip().endswith("-microsoft") else 2
    return 2 if environ.get("WSL_DISTRO_NAME") else None  # a kernel of one's own: only WSL 2 can have one


def _dmi(files: Files, field: str) -> str:
    return (files.read(f"/sys/class/dmi/id/{field}") or "").strip()


_VENDORS = (
    # (how a DMI field begins, hypervisor): those that systemd-detect-virt(1) goes by, and Google's and Apple's.
    ("KVM", "kvm"),
    ("OpenStack", "kvm"),
    ("KubeVirt", "kvm"),
    ("Amazon EC2", "kvm"),
    ("Google Compute Engine", "kvm"),
    ("QEMU", "kvm"),
    ("VMware", "vmware"),
    ("VirtualBox", "virtualbox"),
    ("innotek GmbH", "virtualbox"),
    ("Xen", "xen"),
    ("Parallels", "parallels"),
    ("BHYVE", "bhyve"),
    ("Apple Virtualization", "apple"),
)


def _virtual(files: Files, vendor: str, product: str) -> str | None:
    if product.endswith(".metal") or ".metal-" in product:  # EC2 instances without a hypervisor: `m5.metal`
        return None
    if vendor == "Microsoft Corporation":  # makes computers, too
        return "hyperv" if product == "Virtual Machine" else None
    told = (product, vendor, _dmi(files, "bios_vendor"))
    known = next((name for text in told for begin, name in _VENDORS if text.startswith(begin)), None)
    return known or ("xen" if (files.read("/sys/hypervisor/type") or "").strip() == "xen" else None)


AZURE_ASSET_TAG = "7783-7084-3265-9085-8269-3286-77"
"""What every Azure machine has on its chassis, and no other Hyper-V; cloud-init goes by it."""


def _cloud(files: Files, vendor: str, product: str, environ: Mapping[str, str]) -> str | None:
    """Return the cloud. ECS tells it where the hardware doesn't; its tasks can also run outside of AWS."""
    on_aws = environ.get("AWS_EXECUTION_ENV") in ("AWS_ECS_EC2", "AWS_ECS_FARGATE")
    # Older instances run on Xen, whose vendor is Xen and whose version ends in `.amazon`.
    if on_aws or vendor == "Amazon EC2" or (vendor == "Xen" and "amazon" in _dmi(files, "bios_version").lower()):
        return "aws"
    if product.startswith("Google Compute Engine"):
        return "gce"
    return "azure" if _dmi(files, "chassis_asset_tag") == AZURE_ASSET_TAG else None


def _distribution(files: Files) -> str | None:
    """Return the ID of os-release(5); None where there is none."""
    text = files.read("/etc/os-release") or files.read("/usr/lib/os-release") or ""
    told = next((line[len("ID=") :] for line in text.splitlines() if line.startswith("ID=")), "")
    return foreign.header(told.strip().strip("\"'"), MAX_ID).lower() or None
