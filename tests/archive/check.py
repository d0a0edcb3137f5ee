"""An independent verifier of manifests, written from infra/schemas/manifest.md and not from our code.

    check.py DIR NOTES KEY... [--boundary PART:HASH]

Follows the chain of that many NOTES in DIR from part 1, and decides from the named KEYs which keys and texts are trusted. It
checks signatures with Python's `cryptography` and with `openssl pkeyutl`, and each object against its hashes. Each note is
then changed by one bit, and both must reject it.

Exit codes as of `auditferry verify`: 0 proven, 1 violated, 2 incomplete.
"""

import base64
import hashlib
import pathlib
import subprocess
import sys
import tempfile
import zlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


class Violated(Exception):
    """Something is missing, changed, added or out of order."""


class Incomplete(Exception):
    """The evidence is not sufficient."""


def require(condition, what):
    if not condition:
        raise Violated(what)


def read_key(line):
    """Parses a key's line: its name, its ID and its 32 bytes."""
    name, key_id, blob = line.split(" ")[0].split("+", 2)
    blob = base64.b64decode(blob, validate=True)
    require(blob[0] == 1 and len(blob) == 33, "not an Ed25519 key")
    digest = hashlib.sha256(name.encode() + b"\n" + blob).digest()
    require(digest[:4].hex() == key_id, "the ID does not match the key")
    return name, digest[:4], blob[1:]


def python_accepts(public, text, signature):
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, text)
        return True
    except InvalidSignature:
        return False


def openssl_accepts(public, text, signature):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        pem = Ed25519PublicKey.from_public_bytes(public).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        for name, data in (("key", pem), ("text", text), ("signature", signature)):
            (folder / name).write_bytes(data)
        words = "openssl pkeyutl -verify -rawin -pubin -inkey key -in text -sigfile signature".split()
        return subprocess.run(words, cwd=folder, capture_output=True, check=False).returncode == 0


class Note:
    """A manifest file: its text, and its signature lines, which are not verified yet."""

    refused = accepted = 0

    def __init__(self, file):
        self.file = file
        text, border, rest = file.read_bytes().decode().rpartition("\n\n")
        require(border and rest.endswith("\n"), f"{file.name} is not a note")
        self.text = text.encode() + b"\n"
        self.sha256 = hashlib.sha256(self.text).hexdigest()
        self.lines = []
        for line in rest.splitlines():
            dash, name, blob = line.split(" ")
            require(dash == "\N{EM DASH}", line)
            blob = base64.b64decode(blob, validate=True)
            self.lines.append((name, blob[:4], blob[4:]))
        lines = self.text.decode().splitlines()
        self.origin, version = lines[:2]
        require(version == "auditferry-manifest v1", version)
        self.fields = dict(line.split(" ", 1) for line in lines[2:])
        self.part = int(self.fields["part"])
        self.successor = read_key(self.fields["successor"]) if "successor" in self.fields else None
        expected = f"{self.part:012}_{self.sha256[:16]}.note"
        require(file.name == expected, f"{file.name} should be named {expected}")
        require(file.parent.name == "date=" + self.fields["window"][:10], f"{file} is in the folder of another date")

    def is_signed_by(self, key):
        """One valid line is enough. Lines of unknown keys and invalid lines are ignored."""
        name, key_id, public = key
        if self.origin.rpartition("/")[0] != name:
            return False
        for by, by_id, signature in self.lines:
            if (by, by_id) != (name, key_id) or len(signature) != 64:
                continue
            valid = python_accepts(public, self.text, signature)
            assert valid == openssl_accepts(public, self.text, signature), "cryptography and OpenSSL disagree"
            if valid:
                altered = self.text[:-2] + bytes([self.text[-2] ^ 1]) + self.text[-1:]
                assert not python_accepts(public, altered, signature) and not openssl_accepts(public, altered, signature)
                Note.accepted, Note.refused = Note.accepted + 1, Note.refused + 2
                return True
        return False


class Trust:
    """The trusted keys, each with the first and the last part that it may sign."""

    def __init__(self, named):
        self.spans = {key: [1, None] for key in named}
        self.are_all = len(named) > 1

    def signers(self, note):
        return [key for key in self.spans if note.is_signed_by(key)]

    def may_sign(self, key, part):
        first, last = self.spans[key]
        return first <= part and (last is None or part <= last)

    def hand_over(self, note, signers):
        """Trust flows forwards through `successor`, in a text that a trusted key signed."""
        hand = [key for key in signers if self.may_sign(key, note.part) and self.spans[key][1] is None]
        hand = [key for key in hand if key != note.successor]
        for key in hand:
            self.spans[key][1] = note.part
        if hand and not self.are_all:
            self.spans.setdefault(note.successor, [note.part, None])


def decide(notes, trust, boundaries, is_closed=False):
    """Decides which texts are trusted: by a key that may sign them, or by the `previous` of a trusted text."""
    signers = {}
    for note in notes:
        signers[note.part] = trust.signers(note)
        if note.successor:
            trust.hand_over(note, signers[note.part])
    counts, named = {}, None
    for note in reversed(notes):
        may = any(trust.may_sign(key, note.part) for key in signers[note.part])
        counts[note.part] = may or note.sha256 == named
        named = note.fields["previous"] if counts[note.part] else None
    in_charge, last, retired, used, met, changes = None, None, set(), set(), set(), []
    for note in notes:
        require(counts[note.part], f"part {note.part} is not signed by a trusted key")
        live = [key for key in signers[note.part] if trust.may_sign(key, note.part) and key not in retired]
        if not live:
            require(not signers[note.part], f"part {note.part} is signed by a key that was replaced")
            in_charge, last = note.successor or in_charge, None
            continue
        signer = in_charge if in_charge in live else live[0]
        head = note.fields["previous"]
        if in_charge not in (None, signer):
            retired.add(in_charge)
            if (note.part, head) not in boundaries:
                changes.append(f"another key signs from part {note.part} on, without a hand-over")
        for part, named in boundaries:
            if part == note.part and not (last is None and trust.are_all):
                require(named == head and signer != last, f"the keys do not change at part {part}")
                met.add((part, named))
        used.update(live)
        if len(live) == 1 or signer == in_charge:
            in_charge = signer
        last = signer
        if note.successor:
            retired.update(key for key in live if key != note.successor)
            in_charge = note.successor
    for key in trust.spans if trust.are_all and not is_closed else ():
        if key not in used:
            changes.append("a named key signed nothing")
    changes += [f"no part {part} after another key" for part, named in boundaries if (part, named) not in met]
    return changes


def unpack(name, data):
    if name.endswith(".gz"):
        member = zlib.decompressobj(31)
        content = member.decompress(data) + member.flush()
        assert member.eof and not member.unused_data, f"{name} is not a single gzip member"
        return content
    if name.endswith(".zst"):
        return None  # Python has no zstd before 3.14; the object's own hash is checked anyway.
    return data


def follow(root, notes):
    """Checks numbers, hashes, windows and objects."""
    named, previous, end = set(), "0" * 64, None
    for number, note in enumerate(notes, 1):
        require(note.part == number, f"part {number} has no manifest, or several")
        require(note.fields["previous"] == previous, f"part {number} is chained to another text")
        start, stop = note.fields["window"].split(" ")
        require(end in (None, start), f"part {number} leaves a gap")
        object_name = note.fields["object"]
        require((root / object_name).is_file(), f"{object_name} is missing")
        body = (root / object_name).read_bytes()
        require(note.fields["sha256"] == f"{hashlib.sha256(body).hexdigest()} size {len(body)}", object_name)
        raw = unpack(object_name, body)
        if raw is not None:
            require(note.fields["raw-sha256"] == f"{hashlib.sha256(raw).hexdigest()} size {len(raw)}", object_name)
        named.add(object_name)
        previous, end = note.sha256, stop
    found = {str(file.relative_to(root)) for file in root.glob("events/**/*") if file.is_file()}
    require(found == named, f"files without a manifest: {found ^ named}")


def check(root, count, keys, boundaries):
    root = pathlib.Path(root)
    notes = [Note(file) for file in (root / "manifests").glob("date=*/*.note")]
    notes.sort(key=lambda note: (note.part, note.sha256))
    require(len({note.origin for note in notes}) == 1, "more than one origin")
    require(len({note.part for note in notes}) == len(notes), "two texts of one part")
    follow(root, notes)
    require(len(notes) == count, f"{len(notes)} notes")
    changes = decide(notes, Trust(keys), boundaries)
    if changes:
        raise Incomplete("; ".join(changes))
    return len(notes)


def main(words):
    boundaries = []
    while "--boundary" in words:
        at = words.index("--boundary")
        part, head = words[at + 1].split(":")
        boundaries.append((int(part), head))
        del words[at : at + 2]
    root, count, *keys = words
    assert keys, "name a key"
    try:
        found = check(root, int(count), [read_key(key) for key in keys], boundaries)
    except Violated as error:
        print(f"violated: {error}")
        return 1
    except Incomplete as error:
        print(f"incomplete: {error}")
        return 2
    print(
        f"{found} notes: cryptography and OpenSSL accept {Note.accepted} signatures, and reject {Note.refused} altered texts"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
