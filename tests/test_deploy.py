"""What the files in ``deploy/`` say: valid for Kubernetes, and true of this program."""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
from typing import Any

import pytest
import yaml

import build_index
from tests.folders import ROOT

RAY_JOB, *CLAIMS = yaml.safe_load_all((ROOT / "deploy" / "rayjob.yaml").read_text(encoding="utf-8"))
CLUSTER = RAY_JOB["spec"]["rayClusterSpec"]
GROUPS = [CLUSTER["headGroupSpec"], *CLUSTER["workerGroupSpecs"]]
# The fields of KubeRay's RayJobSpec, RayClusterSpec, HeadGroupSpec and WorkerGroupSpec (apis/ray/v1) that we use, with
# their types there. Its schema as a file comes with the operator only.
FIELDS: list[tuple[dict[str, Any], dict[str, type]]] = [
    (
        RAY_JOB["spec"],
        {
            "entrypoint": str,
            "backoffLimit": int,
            "shutdownAfterJobFinishes": bool,
            "ttlSecondsAfterFinished": int,
            "rayClusterSpec": dict,
        },
    ),
    (CLUSTER, {"rayVersion": str, "headGroupSpec": dict, "workerGroupSpecs": list}),
    (CLUSTER["headGroupSpec"], {"rayStartParams": dict, "template": dict}),
    (
        CLUSTER["workerGroupSpecs"][0],
        {
            "groupName": str,
            "replicas": int,
            "minReplicas": int,
            "maxReplicas": int,
            "rayStartParams": dict,
            "template": dict,
        },
    ),
]


def a_pod(template: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "any"}} | template


def test_kuberay_knows_every_field() -> None:
    assert (RAY_JOB["apiVersion"], RAY_JOB["kind"]) == ("ray.io/v1", "RayJob")
    for part, known in FIELDS:
        assert {name: type(value) for name, value in part.items()} == known
    for group in GROUPS:
        assert all(isinstance(value, str) for value in group["rayStartParams"].values())


@pytest.mark.skipif(
    importlib.util.find_spec("kubernetes_validate") is None and os.environ.get("RAY_TESTS") != "required",
    reason="not installed: pip install kubernetes-validate==1.37.0",
)
@pytest.mark.parametrize("resource", [*(a_pod(group["template"]) for group in GROUPS), *CLAIMS])
def test_kubernetes_accepts_the_pods_and_the_claims(resource: dict[str, Any]) -> None:
    import kubernetes_validate

    kubernetes_validate.validate(resource, kubernetes_validate.latest_version(), strict=True)


def test_the_job_runs_our_command() -> None:
    _, _, script = shlex.split(RAY_JOB["spec"]["entrypoint"])
    command, _, allowed = script.partition(" || ")
    assert (command.split()[:2], allowed) == (["python", "/srv/healthsearch/build_index.py"], "[ $? -eq 3 ]")
    arguments = build_index.parser().parse_args(command.split()[2:])
    assert arguments.ray == "auto"
    for group in GROUPS:
        [container] = group["template"]["spec"]["containers"]
        places = {mount["mountPath"] for mount in container["volumeMounts"]}
        assert str(arguments.corpus) in places
        # SQLite's journal must be on one machine only.
        assert (str(arguments.index.parent) in places) is (group is GROUPS[0])
    claimed = {
        volume["persistentVolumeClaim"]["claimName"]
        for group in GROUPS
        for volume in group["template"]["spec"]["volumes"]
    }
    assert claimed == {claim["metadata"]["name"] for claim in CLAIMS}


def test_the_image_has_the_versions_of_the_requirements() -> None:
    image = (ROOT / "deploy" / "ray.Dockerfile").read_text(encoding="utf-8")
    requirements = "".join((ROOT / f"requirements{kind}.txt").read_text(encoding="utf-8") for kind in ("", "-cluster"))
    ray = re.search(r"^ray\[data\]==(\S+)$", requirements, re.MULTILINE)
    torch = re.search(r"^torch==(\S+)$", requirements, re.MULTILINE)
    assert ray is not None and torch is not None
    assert f"FROM rayproject/ray:{ray[1]}-py311\n" in image
    assert f" torch=={torch[1]} " in image
    assert CLUSTER["rayVersion"] == ray[1]
    for name in re.findall(r"^COPY --chown=ray (.*) \S+$", image, re.MULTILINE):
        assert all((ROOT / one).exists() for one in name.split())
