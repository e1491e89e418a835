"""Judges requests to AWS by botocore's own models of the services.

Reads JSON lines {service, operation, input, expect} from standard input: an operation's input as it was
on the wire, and whether it is right. Checks every shape to its end: required and unknown members, types,
lengths, ranges, patterns and enumerations. botocore's own validator leaves the last three out. Exits 1
at the first case of which the models say otherwise; prints how many were judged.
"""

import base64
import binascii
import json
import re
import sys

try:
    from botocore.session import Session
except ImportError:
    sys.exit("The Python package `botocore` is missing. Install botocore==1.44.5 beside `twilio`.")


def faults(shape, value, path):
    kind = shape.type_name
    check = {
        "structure": structure,
        "map": mapping,
        "list": listing,
        "string": string,
        "blob": blob,
        "boolean": boolean,
        "integer": number,
        "long": number,
    }.get(kind)
    if check is None:
        return [f"{path}: the checker knows no {kind}"]
    return check(shape, value, path)


def structure(shape, value, path):
    if not isinstance(value, dict):
        return [f"{path}: no object"]
    found = [f"{path}.{name}: unknown" for name in value if name not in shape.members]
    found += [f"{path}.{name}: missing" for name in shape.required_members if name not in value]
    for name, member in shape.members.items():
        if name in value:
            found += faults(member, value[name], f"{path}.{name}")
    return found


def mapping(shape, value, path):
    if not isinstance(value, dict):
        return [f"{path}: no object"]
    found = bounded(shape, len(value), path)
    for name, entry in value.items():
        found += faults(shape.key, name, f"{path} key")
        found += faults(shape.value, entry, f"{path}.{name}")
    return found


def listing(shape, value, path):
    if not isinstance(value, list):
        return [f"{path}: no list"]
    found = bounded(shape, len(value), path)
    for entry in value:
        found += faults(shape.member, entry, f"{path}[]")
    return found


def string(shape, value, path):
    if not isinstance(value, str):
        return [f"{path}: no text"]
    found = bounded(shape, len(value), path)
    pattern = shape.metadata.get("pattern")
    # The models' patterns are Java's, in which \\p{..} may stand; none of ours has one.
    if pattern and not re.fullmatch(pattern, value, re.DOTALL):
        found.append(f"{path}: not like {pattern}")
    if shape.enum and value not in shape.enum:
        found.append(f"{path}: none of {shape.enum}")
    return found


def blob(shape, value, path):
    try:
        data = base64.b64decode(value, validate=True)
    except (TypeError, ValueError, binascii.Error):
        return [f"{path}: no base64"]
    return bounded(shape, len(data), path)


def boolean(_shape, value, path):
    return [] if isinstance(value, bool) else [f"{path}: neither true nor false"]


def number(shape, value, path):
    if isinstance(value, bool) or not isinstance(value, int):
        return [f"{path}: no whole number"]
    return bounded(shape, value, path)


def bounded(shape, size, path):
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and size < low or high is not None and size > high:
        return [f"{path}: {size} is not within {low} and {high}"]
    return []


def main():
    session, count = Session(), 0
    for count, line in enumerate(sys.stdin, start=1):
        case = json.loads(line)
        model = session.get_service_model(case["service"]).operation_model(case["operation"])
        found = faults(model.input_shape, case["input"], case["operation"])
        if bool(found) == case["expect"]:
            sys.exit(f"case {count}: expected {case['expect']}, and the model says {found}")
    print(count)


if __name__ == "__main__":
    main()
