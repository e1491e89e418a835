"""Lets the code that docs/EVENTS.md gives to receivers judge events that Pombo sent.

Takes the path of that page, and JSON lines {secret, headers, body (base64)} from standard input. Exits 1
at the first event which the code does not accept, or still accepts once tampered with or late; prints
the number of events judged otherwise.
"""

import base64
import json
import re
import sys


def example(page):
    """The page's first block of Python, as a module's names."""
    names = {}
    exec(re.search(r"```python\n(.*?)```", open(page).read(), re.S).group(1), names)
    return names["is_from_pombo"]


def tampered(secret, headers, body):
    """Each way of changing a good request by a little."""
    stamp, signature = headers["webhook-timestamp"], headers["webhook-signature"]
    yield secret, headers, body + b" "
    yield secret, headers, body.replace(b"verified", b"expired!") + b"\n"
    yield secret, {**headers, "webhook-id": headers["webhook-id"] + "0"}, body
    yield secret, {**headers, "webhook-timestamp": str(int(stamp) + 1)}, body
    yield secret, {**headers, "webhook-signature": signature.replace("v1,", "v2,")}, body
    yield secret, {**headers, "webhook-signature": ""}, body
    yield "whsec_" + base64.b64encode(b"another secret of 24 bytes").decode(), headers, body


def main():
    accepts = example(sys.argv[1])
    count = 0
    for count, line in enumerate(sys.stdin, start=1):
        case = json.loads(line)
        request = case["secret"], case["headers"], base64.b64decode(case["body"])
        if not accepts(*request):
            sys.exit(f"event {count} is not accepted: {case['headers']}")
        if any(accepts(*changed) for changed in tampered(*request)):
            sys.exit(f"event {count}: a tampered copy is accepted")
        if accepts(*request, now=int(case["headers"]["webhook-timestamp"]) + 3600):
            sys.exit(f"event {count} is accepted an hour later")
    print(count)


if __name__ == "__main__":
    main()
