"""Lets Twilio's own library judge signatures that another hand has made.

Reads JSON lines {url, params, signature, secret, expect} from standard input. Exits 1 at the first one
on which the library disagrees with `expect`, or which it still accepts once tampered with; prints the
number of cases judged otherwise.
"""

import json
import sys

try:
    from twilio.request_validator import RequestValidator
except ImportError:
    sys.exit(
        "The Python package `twilio` is missing. Install twilio==9.13.0 into some environment and name "
        "its interpreter in POMBO_TEST_PYTHON."
    )


def tampered(case):
    """Each way of changing a good call by a little."""
    first, rest = case["signature"][0], case["signature"][1:]
    yield {**case, "signature": ("B" if first == "A" else "A") + rest}
    yield {**case, "url": case["url"] + "x"}
    yield {**case, "params": {**case["params"], "Extra": "1"}}
    yield {**case, "secret": case["secret"] + "x"}
    for name, value in case["params"].items():
        yield {**case, "params": {**case["params"], name: value + "x"}}


def accepted(case):
    validator = RequestValidator(case["secret"])
    return validator.validate(case["url"], case["params"], case["signature"])


def main():
    count = 0
    for count, line in enumerate(sys.stdin, start=1):
        case = json.loads(line)
        if accepted(case) != case["expect"]:
            sys.exit(f"case {count}: expected {case['expect']}, and the library says otherwise")
        if case["expect"] and any(accepted(changed) for changed in tampered(case)):
            sys.exit(f"case {count}: a tampered copy is accepted")
    print(count)


if __name__ == "__main__":
    main()
