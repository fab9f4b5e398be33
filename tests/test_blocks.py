"""What docs/deploy/ offers to paste into a container, a CI job or a monitoring system is right, and runs."""

import json
import re
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from bench import many
from bench.blocks import DEPLOYED, IMAGE, INSTALLED, Block, block, command_lines, nodes
from bench.namespaces import namespace
from bench.tools import need

from skewcheck.quantity import parse_duration
from skewcheck.version import VERSION

KUBERNETES = [each for each in DEPLOYED if each.page.stem == "kubernetes"]
COMMANDS = [(each, words) for each in DEPLOYED for words in command_lines(each)]
MARGIN_S = 2
each_manifest = pytest.mark.parametrize("each", KUBERNETES, ids=lambda each: each.name)


def _timeout_s(words: list[str]) -> float:
    return parse_duration(words[words.index("-t") + 1])


# --- Every block ---


def _end(words: list[str]) -> int:
    """Return where `-o` starts, which is last where it is there."""
    return words.index("-o") if "-o" in words else len(words)


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Mapping[tuple[int, str], many.Ended]:
    """Run each command of a block in a network with nobody in it: as it stands, as JSON, and with a typo."""
    folder = tmp_path_factory.mktemp("nobody")
    lines: dict[tuple[int, str], list[str]] = {}
    for number, (_, words) in enumerate(COMMANDS):
        filled = [{"$ARG1$": "100ms", "$ARG2$": "1s"}.get(word, word) for word in words]
        bare = filled[: _end(filled)]
        written = ["-o", str(folder / f"written{number}")] if "-o" in filled else []
        lines |= {(number, "as it stands"): [*bare, *written]}
        lines |= {(number, "JSON"): [*bare, "--json"], (number, "typo"): [*bare, "--nonsense"]}
    with namespace(folder) as empty:
        runs = dict(zip(lines, many.run(list(lines.values()), prefix=empty.prefix), strict=True))
    for number, (each, _) in enumerate(COMMANDS):
        if (folder / f"written{number}").exists():
            assert (folder / f"written{number}").read_text(), each.name
    return runs


@pytest.mark.parametrize("number", range(len(COMMANDS)), ids=lambda number: f"{COMMANDS[number][0].name} {number}")
def test_each_command_is_understood(number: int, ended: Mapping[tuple[int, str], many.Ended]) -> None:
    """With nobody to ask, each says that it can't tell, in its format and with the exit code that it chose."""
    _, words = COMMANDS[number]
    done = ended[number, "as it stands"]
    forgiven = "--on-unknown" in words
    assert (done.exit_code, done.err) == (0 if forgiven else 3, "")
    assert ("-o" in words) is (done.out == "")
    document = json.loads(ended[number, "JSON"].out)
    assert "error" not in document
    assert (document["status"], document["exit_code"]) == ("unknown", done.exit_code)


@pytest.mark.parametrize("number", range(len(COMMANDS)), ids=lambda number: f"{COMMANDS[number][0].name} {number}")
def test_a_typo_is_never_green(number: int, ended: Mapping[tuple[int, str], many.Ended]) -> None:
    """What forgives a network that is down doesn't forgive a mistake in the block itself."""
    assert ended[number, "typo"].exit_code == 3


def test_each_kind_of_block_has_its_command() -> None:
    """No block lost its command to a change of form: only how it is installed, the timer and the rules have none."""
    without = [each.text for each in DEPLOYED if not command_lines(each)]
    assert {"".join(re.findall(r"\[Timer\]|groups:|install", text)) for text in without} == {
        "[Timer]",
        "groups:",
        "install",
    }


def test_the_image_is_this_version() -> None:
    """Whoever pastes a block gets what these pages describe."""
    text = "".join(each.text.replace('"', " ") for each in DEPLOYED)
    assert set(re.findall(rf"{re.escape(IMAGE)}(\S+)", text)) == {VERSION}


# --- Kubernetes ---

METADATA: dict[str, Any] = {"name": str, "labels": dict}
PROBE: dict[str, Any] = {
    "exec": {"command": list},
    "timeoutSeconds": int,
    "periodSeconds": int,
    "failureThreshold": int,
}
CONTAINER: dict[str, Any] = {
    "name": str,
    "image": str,
    "args": list,
    "command": list,
    "terminationMessagePolicy": str,
    "startupProbe": PROBE,
    "readinessProbe": PROBE,
    "resources": {"requests": {"cpu": str, "memory": str}, "limits": {"memory": str}},
    "securityContext": {
        "runAsUser": int,
        "runAsNonRoot": bool,
        "readOnlyRootFilesystem": bool,
        "allowPrivilegeEscalation": bool,
        "capabilities": {"drop": list},
        "seccompProfile": {"type": str},
    },
    "volumeMounts": [{"name": str, "mountPath": str}],
}
POD: dict[str, Any] = {
    "initContainers": [CONTAINER],
    "containers": [CONTAINER],
    "restartPolicy": str,
    "automountServiceAccountToken": bool,
    "terminationGracePeriodSeconds": int,
    "tolerations": [{"operator": str}],
    "volumes": [{"name": str, "hostPath": {"path": str, "type": str}}],
}
HEAD: dict[str, Any] = {"apiVersion": str, "kind": str, "metadata": METADATA}
TEMPLATE: dict[str, Any] = {"metadata": METADATA, "spec": POD}
KINDS: dict[str, dict[str, Any]] = {
    "v1 Pod": {**HEAD, "spec": POD},
    "apps/v1 DaemonSet": {**HEAD, "spec": {"selector": {"matchLabels": dict}, "template": TEMPLATE}},
    "batch/v1 CronJob": {
        **HEAD,
        "spec": {
            "schedule": str,
            "concurrencyPolicy": str,
            "startingDeadlineSeconds": int,
            "jobTemplate": {"spec": {"backoffLimit": int, "activeDeadlineSeconds": int, "template": TEMPLATE}},
        },
    },
}
"""Of the API's reference, the fields in use: where they belong and what they are."""


def _held(found: Any, form: Any, where: str) -> None:
    """Hold what was *found* to its *form*, and say *where* it fails."""
    if isinstance(form, dict):
        assert isinstance(found, dict), where
        assert set(found) <= set(form), where
        for name, inner in found.items():
            _held(inner, form[name], f"{where}.{name}")
    elif isinstance(form, list):
        assert isinstance(found, list), where
        assert found, where
        for inner in found:
            _held(inner, form[0], where)
    else:
        assert type(found) is form, f"{where} is {found!r}"


@each_manifest
def test_manifests_have_the_fields_of_the_api(each: Block) -> None:
    """Each field stands where the API has it; each argument is text, as the API wants it and YAML may not."""
    manifest = each.yaml
    kind = f"{manifest['apiVersion']} {manifest['kind']}"
    _held(manifest, KINDS[kind], kind)
    for node in nodes(manifest):
        for name in ("args", "command"):
            assert all(isinstance(word, str) for word in node.get(name, [])), node


@each_manifest
def test_no_liveness_probe_and_time_enough(each: Block) -> None:
    """A restart mends no clock; and whoever waits for skewcheck waits longer than it takes."""
    for node in nodes(each.yaml):
        assert "livenessProbe" not in node
        for probe in (node[name] for name in ("startupProbe", "readinessProbe") if name in node):
            assert probe["timeoutSeconds"] == _timeout_s(probe["exec"]["command"]) + MARGIN_S
            assert probe["periodSeconds"] > probe["timeoutSeconds"]


@each_manifest
def test_skewcheck_s_containers_may_do_nothing(each: Block) -> None:
    """A read-only root, no capabilities, no way up, no credentials; and no limit to the CPU, which slows the start."""
    for node in nodes(each.yaml):
        if str(node.get("image", "")).startswith(IMAGE):
            may = node["securityContext"]
            assert may["readOnlyRootFilesystem"] is True
            assert may["allowPrivilegeEscalation"] is False
            assert may["capabilities"] == {"drop": ["ALL"]}
            assert may.get("runAsNonRoot") or may["runAsUser"] == 0
            assert "cpu" not in node["resources"]["limits"]


def test_the_daemon_set_fits_together() -> None:
    """It selects its own pods, and writes where the node's folder is mounted."""
    spec = block("kubernetes", "yaml", 2).yaml["spec"]
    assert spec["selector"]["matchLabels"] == spec["template"]["metadata"]["labels"]
    (container,) = spec["template"]["spec"]["containers"]
    (volume,), (mount,) = spec["template"]["spec"]["volumes"], container["volumeMounts"]
    assert volume["name"] == mount["name"]
    words = container["readinessProbe"]["exec"]["command"]
    assert Path(words[words.index("-o") + 1]).parent == Path(mount["mountPath"])
    assert "--region" not in words  # the API is asked from one place


def test_the_cron_job_asks_every_15_minutes() -> None:
    """And one job ends before the next, retries included: there are none."""
    spec = block("kubernetes", "yaml", 3).yaml["spec"]
    minutes, *rest = spec["schedule"].split()
    assert (minutes, rest) == ("7-59/15", ["*"] * 4)
    job = spec["jobTemplate"]["spec"]
    assert (job["backoffLimit"], spec["concurrencyPolicy"]) == (0, "Forbid")
    assert job["activeDeadlineSeconds"] < 15 * 60


# --- Docker ---


def test_the_health_check() -> None:
    """Exec form with all its options known, and a timeout 2 s longer than `-t`."""
    copy, check = re.sub(r"\\\n\s*", "", block("docker", "dockerfile").text).splitlines()
    assert copy == f"COPY --from={IMAGE}{VERSION} /opt/skewcheck /opt/skewcheck"
    options, _, command = check.removeprefix("HEALTHCHECK ").partition(" CMD ")
    given = dict(option.removeprefix("--").split("=") for option in options.split())
    assert given.keys() == {"interval", "timeout", "start-period", "retries"}
    words = json.loads(command)
    assert words[0] == INSTALLED
    assert parse_duration(given["timeout"]) == _timeout_s(words) + MARGIN_S


def test_the_environment_is_where_the_dockerfile_puts_it() -> None:
    """All blocks call what the image has."""
    dockerfile = (Path(__file__).parent.parent / "Dockerfile").read_text(encoding="utf-8")
    assert f'ENTRYPOINT ["{INSTALLED}"]' in dockerfile
    pinned = re.findall(r"(?m)^ARG PYTHON=(.*)$", dockerfile)
    page = DEPLOYED[0].page.with_name("docker.md").read_text(encoding="utf-8")
    assert re.findall(r"`python:(.*)-slim`", page) == pinned


# --- CI ---


def test_the_github_job() -> None:
    """A workflow with no rights, whose step is shell that a shell reads, and gives the container the summary's file."""
    workflow = block("github", "yaml").yaml
    assert set(workflow) == {"name", True, "permissions", "jobs"}  # YAML 1.1 reads `on` as true; GitHub doesn't
    assert workflow["permissions"] == {}
    (job,) = workflow["jobs"].values()
    assert set(job) == {"runs-on", "timeout-minutes", "steps"}
    (step,) = job["steps"]
    assert set(step) == {"name", "run"}
    assert "\n" not in step["run"].strip()
    subprocess.run(["bash", "-n", "-c", step["run"]], check=True)
    words = shlex.split(step["run"])
    assert words[words.index("--volume") + 1] == "$GITHUB_STEP_SUMMARY:$GITHUB_STEP_SUMMARY"
    assert words[words.index("--format") + 1] == "github"


def test_the_gitlab_job() -> None:
    """The file that is written is the one that is uploaded, also where the job fails; 3 is not allowed to."""
    job = block("gitlab", "yaml").yaml["clock"]
    assert set(job) == {"image", "script", "allow_failure", "artifacts"}
    assert job["image"]["entrypoint"] == [""]
    words = shlex.split(job["script"][0])
    assert job["artifacts"] == {"when": "always", "reports": {"junit": words[words.index("-o") + 1]}}
    assert job["allow_failure"] == {"exit_codes": [1]}


# --- systemd ---

SERVICE = {
    "Unit": {"Description", "Wants", "After"},
    "Service": {
        "Type", "ExecStart", "SuccessExitStatus", "TimeoutStartSec", "CapabilityBoundingSet", "NoNewPrivileges",
        "ProtectSystem", "ReadWritePaths", "ProtectHome", "PrivateTmp", "RestrictAddressFamilies", "MemoryMax",
    },
}  # fmt: skip
TIMER = {
    "Unit": {"Description"},
    "Timer": {"OnBootSec", "OnUnitInactiveSec", "RandomizedDelaySec", "AccuracySec"},
    "Install": {"WantedBy"},
}


def _unit(text: str) -> dict[str, dict[str, str]]:
    """Read a unit file as systemd.syntax(7) has it: sections, keys, comments and continued lines."""
    sections: dict[str, dict[str, str]] = {}
    section: dict[str, str] = {}
    for line in re.sub(r"\\\n\s*", " ", re.sub(r"(?m)^[#;].*\n", "", text)).splitlines():
        if line.startswith("["):
            section = sections.setdefault(line.strip("[]"), {})
        elif line:
            key, _, value = line.partition("=")
            assert key not in section
            section[key] = value
    return sections


def test_the_units() -> None:
    """Known keys in known sections; the unit waits 2 s longer than `-t`, and may write where the metrics go."""
    service, timer = (_unit(block("systemd", "ini", number).text) for number in range(2))
    assert {name: set(section) for name, section in service.items()} == SERVICE
    assert {name: set(section) for name, section in timer.items()} == TIMER
    words = shlex.split(service["Service"]["ExecStart"])
    assert float(service["Service"]["TimeoutStartSec"]) == _timeout_s(words) + MARGIN_S
    assert Path(words[words.index("-o") + 1]).parent == Path(service["Service"]["ReadWritePaths"])
    assert service["Service"]["SuccessExitStatus"].split() == ["1", "2"]


def test_systemd_reads_the_units(tmp_path: Path) -> None:
    """No word of complaint from systemd itself."""
    for number, kind in enumerate(("service", "timer")):
        text = block("systemd", "ini", number).text.replace(INSTALLED, "/bin/true")
        (tmp_path / f"skewcheck.{kind}").write_text(text)
    command = [need("systemd-analyze"), "verify", "--man=no", *sorted(str(path) for path in tmp_path.iterdir())]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    complaints = [line for line in done.stderr.splitlines() if "skewcheck" in line]
    assert (done.returncode, complaints) == (0, [])


# --- Prometheus ---

RULES = block("prometheus", "yaml")
MINUTES = {"ClockSkewCritical": 3, "ClockSkewWarning": 15, "ClockSkewUnknown": 30, "ClockSkewStale": 15}


def _promtool(folder: Path, *words: str) -> None:
    (folder / "rules.yaml").write_text(RULES.text)
    command = [need("promtool"), *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_promtool_reads_the_rules(tmp_path: Path) -> None:
    """Prometheus takes the file as it is."""
    _promtool(tmp_path, "check", "rules", "rules.yaml")


def _series(name: str, values: str, **labels: str) -> dict[str, str]:
    told = ", ".join(f'{label}="{value}"' for label, value in {**labels, "instance": "a"}.items())
    return {"series": f"{name}{{{told}}}", "values": values}


WRITTEN = "/var/lib/prometheus/node-exporter/skewcheck.prom"


@pytest.mark.parametrize(
    ("alert", "series"),
    [
        ("ClockSkewCritical", _series("skewcheck_status", "0 0 1+0x60", status="critical")),
        ("ClockSkewWarning", _series("skewcheck_status", "0 0 1+0x60", status="warning")),
        ("ClockSkewUnknown", _series("skewcheck_status", "0 0 1+0x60", status="unknown")),
        ("ClockSkewStale", _series("node_textfile_mtime_seconds", "-7200 -7140 -7080+0x60", file=WRITTEN)),
        ("none: it is ok", _series("skewcheck_status", "0+0x60", status="critical")),
        ("none: it writes, an hour behind", _series("node_textfile_mtime_seconds", "-3600+60x60", file=WRITTEN)),
        ("none: another file", _series("node_textfile_mtime_seconds", "1+0x60", file="/var/lib/other.prom")),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_each_rule_alerts_when_it_should(alert: str, series: dict[str, str], tmp_path: Path) -> None:
    """By Prometheus' own test of rules: two minutes of nothing, then the bad; at which minute each one fires."""
    fires_at = 2 + MINUTES.get(alert, 0)
    labels = dict(re.findall(r'(\w+)="([^"]*)"', series["series"]))
    by_name = {rule["alert"]: rule for rule in RULES.yaml["groups"][0]["rules"]}
    expected = []
    for name, rule in by_name.items():
        for minute in (fires_at - 1, fires_at):
            fired = []
            if name == alert and minute == fires_at:
                summary = rule["annotations"]["summary"].replace("{{ $labels.instance }}", "a")
                fired = [{"exp_labels": {**labels, **rule["labels"]}, "exp_annotations": {"summary": summary}}]
            expected.append({"eval_time": f"{minute}m", "alertname": name, "exp_alerts": fired})
    test = {
        "rule_files": ["rules.yaml"],
        "evaluation_interval": "1m",
        "tests": [{"interval": "1m", "input_series": [series], "alert_rule_test": expected}],
    }
    (tmp_path / "test.yaml").write_text(yaml.safe_dump(test))
    _promtool(tmp_path, "test", "rules", "test.yaml")


# --- Nagios and Icinga ---


def test_a_plugin_ends_before_its_caller_gives_up() -> None:
    """NRPE waits 10 s for a plugin, and so is Icinga told to: `-t` is 2 s less."""
    for language in ("ini", "nagios", "icinga"):
        (words,) = command_lines(block("nagios", language))
        assert _timeout_s(words) + MARGIN_S == 10
        assert words[words.index("--format") + 1] == "nagios"
    assert "timeout = 10s" in block("nagios", "icinga").text


def test_the_icinga_object_is_whole() -> None:
    """Brackets and quotes match, and each argument's variable is one that a service can set."""
    text = block("nagios", "icinga").text
    assert all(text.count(left) == text.count(right) for left, right in ("{}", "[]"))
    assert text.count('"') % 2 == 0
    assert all(name.startswith("skewcheck_") for name in re.findall(r"\$(\w+)\$", text))
