"""Where a process runs, from trees of files as such places have them, and from files that mean harm."""

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skewcheck.host.files import Files
from skewcheck.host.place import cloud_server, read_place
from skewcheck.model import ConfiguredServer, Place

HOSTS = Path(__file__).parent / "hosts"
NOTHING: dict[str, str] = {}

PLACES = {
    "docker": Place(container="docker", virtual="kvm", distribution="debian"),
    "docker-v1": Place(container="docker", distribution="alpine"),
    "docker-desktop": Place(container="docker", docker_desktop=True, distribution="alpine"),
    "pod": Place(container="kubernetes", virtual="kvm", cloud="gce", distribution="debian"),
    "talos": Place(container="kubernetes"),
    "ecs": Place(container="ecs", virtual="kvm", cloud="aws", distribution="amzn"),
    "podman": Place(container="podman", distribution="fedora"),
    "distroless": Place(container="container", distribution="debian"),
    "lxc": Place(container="lxc", distribution="debian"),
    "nspawn": Place(container="nspawn", distribution="debian"),
    "wsl2": Place(wsl=2, virtual="hyperv", distribution="ubuntu"),
    "wsl1": Place(wsl=1, distribution="ubuntu"),
    "gce": Place(virtual="kvm", cloud="gce", distribution="debian"),
    "azure": Place(virtual="hyperv", cloud="azure", distribution="ubuntu"),
    "hyperv": Place(virtual="hyperv", distribution="ubuntu"),
    "surface": Place(),
    "ec2": Place(virtual="kvm", cloud="aws", distribution="amzn"),
    "ec2-metal": Place(cloud="aws", distribution="amzn"),
    "ec2-xen": Place(virtual="xen", cloud="aws", distribution="amzn"),
    "microvm": Place(distribution="debian"),
    "live": Place(virtual="virtualbox", distribution="ubuntu"),
    "laptop": Place(distribution="debian"),
}


@pytest.mark.parametrize("name", PLACES)
def test_each_place_is_known(name: str) -> None:
    """Containers, WSL, machines, clouds and what only looks like one of them are told apart by their files alone."""
    assert (HOSTS / name / "ORIGIN").is_file()
    assert read_place(Files(str(HOSTS / name)), NOTHING) == PLACES[name]


@pytest.mark.parametrize(
    ("environ", "container", "cloud"),
    [
        ({"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, "kubernetes", None),
        ({"ECS_CONTAINER_METADATA_URI_V4": "http://169.254.170.2/v4/x"}, "ecs", None),
        (
            {"ECS_CONTAINER_METADATA_URI_V4": "http://169.254.170.2/v4/x", "AWS_EXECUTION_ENV": "AWS_ECS_FARGATE"},
            "ecs",
            "aws",
        ),
        ({"container": "podman"}, "podman", None),
        ({"container": "oci"}, "container", None),
        ({"KUBERNETES_SERVICE_HOST": ""}, None, None),
    ],
)
def test_the_environment_tells_where_no_file_does(
    tmp_path: Path, environ: dict[str, str], container: str | None, cloud: str | None
) -> None:
    """An image without a single file of the host's still knows its pod or task; ECS alone is no proof of AWS."""
    assert read_place(Files(str(tmp_path)), environ) == Place(container=container, cloud=cloud)


def test_the_most_specific_container_wins() -> None:
    """A pod of a node that runs Docker is a pod, and a task in Docker a task."""
    docker = Files(str(HOSTS / "docker"))
    assert read_place(docker, {"KUBERNETES_SERVICE_HOST": "10.0.0.1"}).container == "kubernetes"
    assert read_place(docker, {"ECS_CONTAINER_METADATA_URI": "http://169.254.170.2/v3"}).container == "ecs"


def test_docker_s_own_mounts_outweigh_a_disk(tmp_path: Path) -> None:
    """A container whose root is a disk of its own still has the files that Docker mounts into each."""
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / ".dockerenv").touch()
    root = "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n"
    (tmp_path / "proc/self/mountinfo").write_text(root)
    assert read_place(Files(str(tmp_path)), NOTHING).container is None
    (tmp_path / "proc/self/mountinfo").write_text(f"{root}28 27 8:9 /x/hosts /etc/hosts rw - ext4 /dev/sda9 rw\n")
    assert read_place(Files(str(tmp_path)), NOTHING).container == "docker"


def test_a_service_account_is_a_pod(tmp_path: Path) -> None:
    """The folder that the kubelet mounts into each pod with a service account is enough."""
    (tmp_path / "var/run/secrets/kubernetes.io/serviceaccount").mkdir(parents=True)
    assert read_place(Files(str(tmp_path)), NOTHING).container == "kubernetes"


@pytest.mark.parametrize(
    ("line", "container"),
    [
        ("11:cpu:/kubepods/burstable/pod3f1f6f0e/0123456789abcdef", "kubernetes"),
        ("0::/kubepods.slice/kubepods-pod3f.slice/cri-containerd-0123456789abcdef.scope", "kubernetes"),
        ("0::/ecstasks.slice/ecstasks-bf1d.slice/docker-0123456789abcdef.scope", "ecs"),
        ("0::/machine.slice/libpod-0123456789abcdef.scope", "podman"),
        ("0::/system.slice/docker-0123456789abcdef.scope", "docker"),
        ("0::/system.slice/docker.service", None),
        ("0::/lxc.payload.web", "lxc"),
        ("0::/system.slice/crio-0123456789abcdef.scope", "container"),
        ("0::/init.scope", None),
        ("1:name=systemd:/", None),
    ],
)
def test_cgroups_name_their_managers(tmp_path: Path, line: str, container: str | None) -> None:
    """Each manager's paths are known, and Docker's own service is no container."""
    (tmp_path / "proc/1").mkdir(parents=True)
    (tmp_path / "proc/1/cgroup").write_text(f"{line}\n")
    assert read_place(Files(str(tmp_path)), NOTHING).container == container


def test_a_kernel_of_ones_own_in_wsl(tmp_path: Path) -> None:
    """WSL's variable tells where the kernel's name doesn't: only WSL 2 takes another kernel."""
    assert read_place(Files(str(tmp_path)), {"WSL_DISTRO_NAME": "Debian"}).wsl == 2


def test_each_cloud_offers_its_own_server() -> None:
    """AWS and Google have one, Azure and a computer of one's own have none."""
    assert cloud_server(PLACES["ec2"]) == ConfiguredServer("169.254.169.123", "Amazon EC2")
    assert cloud_server(PLACES["gce"]) == ConfiguredServer("metadata.google.internal", "Google Compute Engine")
    assert cloud_server(PLACES["azure"]) is None
    assert cloud_server(PLACES["laptop"]) is None


def test_a_hostile_distribution_is_cut_and_made_visible(tmp_path: Path) -> None:
    """An image's files are foreign text: no control character and no flood of it gets through."""
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/os-release").write_text(f"ID='\x1b[2J\u202e{'x' * 1000}'\n", encoding="utf-8")
    assert read_place(Files(str(tmp_path)), NOTHING).distribution == rf"\u001b[2j\u202e{'x' * 35}…"


READ = (
    "etc/os-release", "proc/1/cgroup", "proc/1/environ", "proc/self/mountinfo", "proc/sys/kernel/osrelease",
    "proc/version", "run/host/container-manager", "run/systemd/container", "sys/class/dmi/id/bios_vendor",
    "sys/class/dmi/id/bios_version", "sys/class/dmi/id/chassis_asset_tag", "sys/class/dmi/id/product_name",
    "sys/class/dmi/id/sys_vendor", "sys/hypervisor/type",
)  # fmt: skip
KINDS = {None, "docker", "podman", "kubernetes", "ecs", "lxc", "nspawn", "container"}


@given(st.dictionaries(st.sampled_from(READ), st.binary(max_size=300), max_size=len(READ)))
def test_no_content_of_any_file_raises(contents: dict[str, bytes]) -> None:
    """Whatever stands in the files, an answer comes, of known words and printable characters."""
    with tempfile.TemporaryDirectory() as root:
        for path, content in contents.items():
            full = os.path.join(root, path)  # noqa: PTH118
            Path(full).parent.mkdir(parents=True, exist_ok=True)
            Path(full).write_bytes(content)
        place = read_place(Files(root), NOTHING)
    assert place.container in KINDS
    assert place.distribution is None or (place.distribution.isprintable() and len(place.distribution) <= 260)
