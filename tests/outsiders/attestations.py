"""Lets the code that docs/ATTESTATION.md gives to receivers judge tokens that Pombo signed, by PyJWT.

Takes JSON lines from standard input: {keys (a URL), token, issuer, audience}, and with them either
{claims, transaction} that the token must carry or {error} that it must be refused with. Exits 1 at the
first token that is judged otherwise, or of which a forged copy is accepted; prints the number judged.
"""

import base64
import json
import pathlib
import re
import sys

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PAGE = pathlib.Path(__file__).parents[2] / "docs" / "ATTESTATION.md"


def example():
    """The page's block of Python, as a module's names."""
    names = {}
    exec(re.search(r"```python\n(.*?)```", PAGE.read_text(), re.S).group(1), names)
    return names


def forged(token, keys):
    """Each way of changing a good token by a little, and the error that it must meet."""
    header, claims = jwt.get_unverified_header(token), jwt.decode(token, options={"verify_signature": False})
    head, body, signature = token.split(".")
    for name, value in [("sub", "somebody else"), ("exp", claims["exp"] + 3600), ("amr", ["otp"])]:
        yield f"{head}.{part({**claims, name: value})}.{signature}", "InvalidSignatureError"
    at = len(signature) // 2
    other = "A" if signature[at] != "A" else "B"
    yield f"{head}.{body}.{signature[:at]}{other}{signature[at + 1 :]}", "InvalidSignatureError"
    yield f"{part({**header, 'jku': 'https://evil.example'})}.{body}.{signature}", "InvalidSignatureError"
    stranger, named = Ed25519PrivateKey.generate(), {"typ": header["typ"], "kid": header["kid"]}
    richer = {**claims, "sub": "somebody else"}
    yield jwt.encode(claims, stranger, "EdDSA", headers=named), "InvalidSignatureError"
    yield jwt.encode(richer, stranger, "EdDSA", headers={**named, "kid": "ours"}), "PyJWKClientError"
    yield jwt.encode(richer, None, "none", headers=named), "InvalidAlgorithmError"
    public = keys.get_signing_key(header["kid"])._jwk_data["x"]
    yield jwt.encode(richer, public.ljust(64), "HS256", headers=named), "InvalidAlgorithmError"
    yield jwt.encode(claims, stranger, "EdDSA", headers={**named, "typ": "JWT"}), "InvalidTokenError"


def part(value):
    """A part of a token."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def error_of(call, *arguments):
    """The name of the error that a call ends with; none if it doesn't."""
    try:
        call(*arguments)
    except jwt.PyJWTError as error:
        return type(error).__name__
    return None


def judge(names, case):
    """What is wrong with a case."""
    keys, verification = jwt.PyJWKClient(case["keys"]), names["verification"]
    token, issuer, audience = case["token"], case["issuer"], case["audience"]
    if "error" in case:
        found = error_of(verification, token, keys, issuer, audience)
        return None if found == case["error"] else f"{found} and not {case['error']}"
    claims = verification(token, keys, issuer, audience)
    wrong = {name: claims.get(name) for name, value in case["claims"].items() if claims.get(name) != value}
    if wrong:
        return f"other claims: {wrong}"
    digest = names["transaction_digest"](*case["transaction"]) if case["transaction"] else None
    if claims.get("transaction_digest") != digest:
        return f"another digest than {digest}"
    others = [(token, "https://otp.example.org", audience, "InvalidIssuerError")]
    others += [(token, issuer, other, "InvalidAudienceError") for other in ["", "Shop", audience + "2"]]
    others += [(copy, issuer, audience, error) for copy, error in forged(token, keys)]
    for token, issuer, audience, error in others:
        found = error_of(verification, token, keys, issuer, audience)
        if found != error:
            return f"{found} and not {error} for {audience} of {issuer}: {token}"
    return None


def main():
    names, count = example(), 0
    for count, line in enumerate(sys.stdin, start=1):
        fault = judge(names, json.loads(line))
        if fault:
            sys.exit(f"token {count}: {fault}")
    print(count)


if __name__ == "__main__":
    main()
