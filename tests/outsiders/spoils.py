"""Somebody who carried off the Redis, the logs and the metrics, and knows everything but the keys.

Takes JSON lines from standard input, a raid each: {redis: a port or null, files: {name: path}, range: the
digits of a range of numbers before the last five, keys: keys to try in base64, unkeyed: whether to look for
what needs no key, codes: what was sent, for the clear search only, recipes: of how many challenges to try
all codes}. For each raid prints a line
of JSON: {found: [[kind, where], ...], tried: how many hashes, bytes: how much was searched}.
"""

import base64
import hashlib
import hmac
import json
import re
import socket
import struct
import sys

NUMBERS = 100_000
CODES = [b"%06d" % code for code in range(1_000_000)]
KEYED = 2


def ask(stream, *words):
    """One command to Redis and its answer, bytes as they are."""
    parts = [word if isinstance(word, bytes) else str(word).encode() for word in words]
    stream.write(b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(p), p) for p in parts))
    stream.flush()
    return answer(stream)


def answer(stream):
    line = stream.readline().rstrip(b"\r\n")
    kind, rest = line[:1], line[1:]
    if kind == b"$":
        return stream.read(int(rest) + 2)[:-2] if int(rest) >= 0 else None
    if kind == b"*":
        return [answer(stream) for _ in range(int(rest))]
    if kind == b"-":
        raise RuntimeError(rest)
    return rest


def flat(value):
    return b"\n".join(map(flat, value)) if isinstance(value, list) else value or b""


def everything_in(port):
    """Each key of Redis with all that it holds."""
    reads = {
        b"string": lambda key: ("GET", key),
        b"hash": lambda key: ("HGETALL", key),
        b"zset": lambda key: ("ZRANGE", key, 0, -1, "WITHSCORES"),
        b"stream": lambda key: ("XRANGE", key, "-", "+"),
        b"set": lambda key: ("SMEMBERS", key),
        b"list": lambda key: ("LRANGE", key, 0, -1),
    }
    stream = socket.create_connection(("127.0.0.1", port)).makefile("rwb")
    keys = ask(stream, "KEYS", "*")
    return {key: flat(ask(stream, *reads[ask(stream, "TYPE", key)](key))) for key in keys}


def varint(data, at):
    value = shift = 0
    while at < len(data) and shift < 70:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at
    return None, at


def fields(data):
    """A message of protobuf: its fields, each a list of all that it holds."""
    held, at = {}, 0
    while at < len(data):
        tag, at = varint(data, at)
        if tag & 7 == 0:
            value, at = varint(data, at)
        else:
            length, at = varint(data, at)
            value, at = data[at : at + length], at + length
        held.setdefault(tag >> 3, []).append(value)
    return held


def recipes(redis):
    """What goes into the digests of each live challenge whose codes are hashed with the key alone, and
    the digests, by the definition of a record."""
    for key, value in redis.items():
        if b":record:" not in key:
            continue
        place, record = bytes.fromhex(key.rsplit(b":", 1)[1].decode()), fields(value[8:])
        flows = [fields(flow) for flow in record.get(8, [])]
        for challenge in map(fields, record.get(10, [])):
            deliveries = map(fields, challenge.get(17, []))
            digests = {digest for delivery in deliveries for digest in delivery.get(14, [])}
            if digests and challenge.get(10, [0])[0] == KEYED:
                purpose = flows[challenge.get(2, [0])[0]].get(2, [0])[0]
                bound = place + bytes([purpose]) + challenge.get(12, [b""])[0]
                yield challenge[1][0] + hashlib.sha256(bound).digest(), digests


def unpacked(data):
    """The bytes, and what they are in hexadecimal and in base64, wherever that begins."""
    yield "plain", data
    for run in re.findall(rb"[0-9a-fA-F]{16,}", data):
        for start in (0, 1):
            part = run[start : start + (len(run) - start) // 2 * 2]
            yield "hex", bytes.fromhex(part.decode())
    for run in re.findall(rb"[A-Za-z0-9+/_-]{10,}", data):
        for start in range(4):
            part = run[start : start + (len(run) - start) // 4 * 4]
            part = part.replace(b"-", b"+").replace(b"_", b"/")
            yield "base64", base64.b64decode(part)


def numbers_in(name, data, digits, binary):
    """Every shape in which a number of the range may stand there."""
    national = digits[2:].encode()
    shown = re.compile(b"(?:" + digits.encode() + b"|" + national + rb")\d{5}")
    backwards = re.compile(rb"\d{5}" + digits.encode()[::-1])
    for shape, part in unpacked(data):
        if shown.search(part) or backwards.search(part):
            yield f"a number, {shape}", name
        nibbles = part.hex()
        swapped = "".join(b + a for a, b in zip(nibbles[::2], nibbles[1::2]))
        if any(re.search(digits + r"\d{5}", text) for text in (nibbles, swapped)):
            yield f"a number, BCD, {shape}", name
    if binary:
        least = [int(start + "00000") for start in (digits, digits[2:])]
        fits = lambda value: value is not None and any(n <= value < n + NUMBERS for n in least)
        for at in range(len(data)):
            if fits(varint(data, at)[0]):
                yield "a number, varint", name
            if at + 8 <= len(data):
                if fits(struct.unpack_from("<Q", data, at)[0]):
                    yield "a number, little-endian", name
                if fits(struct.unpack_from(">Q", data, at)[0]):
                    yield "a number, big-endian", name


def codes_in(name, data, codes):
    """A code in clear. The fractions of a log's seconds have six digits, too."""
    clear = re.sub(rb"\d{4}-\d\d-\d\dT[0-9:.]+Z", b"", data)
    runs = set(re.findall(rb"(?<!\d)\d{6}(?!\d)", clear))
    for run in runs & {code.encode() for code in codes}:
        around = clear[max(0, clear.index(run) - 40) :][:90]
        yield "a code", f"{name}: {around!r}"


def keyed(key, *parts):
    """As the source has it: every part with its length."""
    text = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
    return hmac.digest(key, text, "sha256")


def prefixes(things):
    """Twelve bytes from everywhere: no kept hash is shorter, but for one that names no person. Of texts
    what they have in hexadecimal."""
    windows = set()
    for name, data in things.items():
        runs = set(re.findall(rb"[0-9a-f]{24,}", data))
        parts = [bytes.fromhex(run[: len(run) // 2 * 2].decode()) for run in runs]
        for part in parts if name.startswith("text") else [data] + parts:
            windows.update(part[at : at + 12] for at in range(len(part) - 11))
    return windows


def number_hashes(number, keys, unkeyed):
    for name in ("sha256", "sha1", "md5", "blake2b") if unkeyed else ():
        for text in (number, number[1:], number[3:]):
            yield name, hashlib.new(name, text).digest()
    for at, key in enumerate(keys):
        yield f"key {at}", keyed(key, b"recipient", number)
        yield f"key {at}", hmac.digest(key, number, "sha256")


def hashed_numbers(raid, keys, kept):
    """The range's numbers, each hashed in every way that comes to mind."""
    tried, found = 0, []
    for number in range(NUMBERS) if raid["range"] else ():
        number = f"+{raid['range']}{number:05}".encode()
        for how, digest in number_hashes(number, keys, raid["unkeyed"]):
            tried += 1
            if digest[:12] in kept:
                found.append((f"a number, hashed by {how}", number.decode()))
    return tried, found


def hashed_codes(redis, keys, kept, most, unkeyed):
    """All codes there are, hashed without a key, and as the source has it under each key."""
    tried, found = 0, []
    for code in CODES if most and unkeyed else ():
        tried += 2
        for name in ("sha256", "md5"):
            if hashlib.new(name, code).digest()[:12] in kept:
                found.append((f"a code, hashed by {name}", code.decode()))
    for salt, digests in list(recipes(redis))[:most]:
        starts = [("no key", hashlib.sha256(salt))] if unkeyed else []
        starts += [(f"key {at}", hmac.new(key, salt, "sha256")) for at, key in enumerate(keys)]
        for name, start in starts:
            for code in CODES:
                tried += 1
                guess = start.copy()
                guess.update(code)
                if guess.digest() in digests:
                    found.append((f"a code, hashed by {name}", code.decode()))
                    break
    return tried, found


def main():
    for raid in map(json.loads, sys.stdin):
        redis = everything_in(raid["redis"]) if raid["redis"] else {}
        things = {f"redis {key.decode()}": key + b"\n" + value for key, value in redis.items()}
        things.update({name: open(path, "rb").read() for name, path in raid["files"].items()})
        keys = [base64.b64decode(key) for key in raid["keys"]]
        found = []
        for name, data in things.items() if raid["unkeyed"] else ():
            binary = not name.startswith("text")
            found += numbers_in(name, data, raid["range"], binary)
            found += codes_in(name, data, raid["codes"])
        kept = prefixes(things)
        tried, hashes = hashed_numbers(raid, keys, kept)
        found += hashes
        more, hashes = hashed_codes(redis, keys, kept, raid["recipes"], raid["unkeyed"])
        found += hashes
        size = sum(map(len, things.values()))
        print(json.dumps({"found": found, "tried": tried + more, "bytes": size}))


if __name__ == "__main__":
    main()
