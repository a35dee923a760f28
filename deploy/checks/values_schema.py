"""The schema of the chart's values, from values.yaml: a misspelt value is an error. `python3 values_schema.py` writes it."""

import json

import yaml

from common import DEPLOY

CHART = DEPLOY / "helm" / "tessera"
FILE = CHART / "values.schema.json"
# Maps in which any key may stand, and what their values are.
FREE = {
    "host.variables": {"type": ["string", "number", "boolean"]}, "worker.env": {"type": ["string", "number", "boolean"]}, "ingress.annotations": {"type": "string"},
    "monitoring.labels": {"type": "string"}, "host.resources": {}, "worker.resources": {},
}
WORDS = {"postgres.sslmode": ["disable", "prefer", "require"], "redis.scheme": ["redis", "rediss"], "worker.autoscaling.mode": ["none", "cpu", "keda"]}


def schema(value, path=""):
    if path in FREE:
        return {"type": "object", "additionalProperties": FREE[path] or True}
    if path in WORDS:
        return {"enum": WORDS[path]}
    if isinstance(value, dict):
        # `global` is helm's own.
        properties = {key: schema(below, f"{path}.{key}".lstrip(".")) for key, below in value.items()} | ({"global": {"type": "object"}} if not path else {})
        return {"type": "object", "additionalProperties": False, "properties": properties}
    if path == "podDisruptionBudget.maxUnavailable":
        return {"type": ["integer", "string"]}
    if path == "traces.samplingRatio":
        return {"type": "number", "minimum": 0, "maximum": 1}
    kinds = {bool: "boolean", int: "integer", str: "string", list: "array"}
    return {"type": kinds[type(value)]}


def text():
    made = schema(yaml.safe_load((CHART / "values.yaml").read_text()))
    return json.dumps({"$schema": "http://json-schema.org/draft-07/schema#"} | made, indent=1) + "\n"


if __name__ == "__main__":
    FILE.write_text(text())
