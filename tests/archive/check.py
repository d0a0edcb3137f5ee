"""An independent reader of manifests, written from infra/schemas/manifest.md and not from our code.

    check.py DIR NOTES KEY... [--boundary PART:HASH]

Follows the chain of so many NOTES in DIR from part 1, decides which keys and texts count from the KEYs that are named, holds
signatures against the keys with Python's `cryptography` and with `openssl pkeyutl`, and each object against its hashes. Each
note is then changed by one bit, to see that both refuse.

It ends as `auditferry verify` does: 0 proven, 1 violated, 2 incomplete.
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
    """With what is here it can't be told."""


def must(holds, what):
    if not holds:
        raise Violated(what)


def read_key(line):
    """A key: its name, its ID and its 32 bytes, from the line that tells it."""
    name, key_id, blob = line.split(" ")[0].split("+", 2)
    blob = base64.b64decode(blob, validate=True)
    must(blob[0] == 1 and len(blob) == 33, "not an Ed25519 key")
    digest = hashlib.sha256(name.encode() + b"\n" + blob).digest()
    must(digest[:4].hex() == key_id, "the ID is another key's")
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
    """A file among the manifests: its text, and the lines of signatures, which prove nothing by being there."""

    refused = accepted = 0

    def __init__(self, file):
        self.file = file
        text, border, rest = file.read_bytes().decode().rpartition("\n\n")
        must(border and rest.endswith("\n"), f"{file.name} is no note")
        self.text = text.encode() + b"\n"
        self.sha256 = hashlib.sha256(self.text).hexdigest()
        self.lines = []
        for line in rest.splitlines():
            dash, name, blob = line.split(" ")
            must(dash == "\N{EM DASH}", line)
            blob = base64.b64decode(blob, validate=True)
            self.lines.append((name, blob[:4], blob[4:]))
        said = self.text.decode().splitlines()
        self.origin, version = said[:2]
        must(version == "auditferry-manifest v1", version)
        self.fields = dict(line.split(" ", 1) for line in said[2:])
        self.part = int(self.fields["part"])
        self.successor = read_key(self.fields["successor"]) if "successor" in self.fields else None
        right = f"{self.part:012}_{self.sha256[:16]}.note"
        must(file.name == right, f"{file.name} belongs under {right}")
        must(file.parent.name == "date=" + self.fields["window"][:10], f"{file} lies under another date")

    def is_signed_by(self, key):
        """One line that holds is enough. Lines of unknown keys, and lines that do not hold, count for nothing."""
        name, key_id, public = key
        if self.origin.rpartition("/")[0] != name:
            return False
        for by, by_id, signature in self.lines:
            if (by, by_id) != (name, key_id) or len(signature) != 64:
                continue
            holds = python_accepts(public, self.text, signature)
            assert holds == openssl_accepts(public, self.text, signature), "cryptography and OpenSSL disagree"
            if holds:
                bent = self.text[:-2] + bytes([self.text[-2] ^ 1]) + self.text[-1:]
                assert not python_accepts(public, bent, signature) and not openssl_accepts(public, bent, signature)
                Note.accepted, Note.refused = Note.accepted + 1, Note.refused + 2
                return True
        return False


class Trust:
    """The keys that count, each with the first and the last part that it may sign."""

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
    """Which texts count: by a key that may sign them, or by the `previous` of one that counts."""
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
        must(counts[note.part], f"part {note.part} is signed by nobody who is trusted")
        live = [key for key in signers[note.part] if trust.may_sign(key, note.part) and key not in retired]
        if not live:
            must(not signers[note.part], f"part {note.part} is signed by a key that was replaced")
            in_charge, last = note.successor or in_charge, None
            continue
        signer = in_charge if in_charge in live else live[0]
        head = note.fields["previous"]
        if in_charge not in (None, signer):
            retired.add(in_charge)
            if (note.part, head) not in boundaries:
                changes.append(f"another key signs from part {note.part} on, and nothing hands over to it")
        for part, named in boundaries:
            if part == note.part and not (last is None and trust.are_all):
                must(named == head and signer != last, f"the keys do not change at part {part}")
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
            changes.append("a key that was named signed nothing")
    changes += [f"no part {part} behind another key" for part, named in boundaries if (part, named) not in met]
    return changes


def unpack(name, data):
    if name.endswith(".gz"):
        member = zlib.decompressobj(31)
        content = member.decompress(data) + member.flush()
        assert member.eof and not member.unused_data, f"{name} is not one member of gzip"
        return content
    if name.endswith(".zst"):
        return None  # Python has no zstd before 3.14; the object's own hash is checked all the same.
    return data


def follow(root, notes):
    """Numbers, hashes, windows and objects."""
    named, previous, end = set(), "0" * 64, None
    for number, note in enumerate(notes, 1):
        must(note.part == number, f"part {number} has no manifest, or several texts")
        must(note.fields["previous"] == previous, f"part {number} hangs on another text")
        start, stop = note.fields["window"].split(" ")
        must(end in (None, start), f"part {number} leaves a gap")
        object_name = note.fields["object"]
        must((root / object_name).is_file(), f"{object_name} is missing")
        body = (root / object_name).read_bytes()
        must(note.fields["sha256"] == f"{hashlib.sha256(body).hexdigest()} size {len(body)}", object_name)
        raw = unpack(object_name, body)
        if raw is not None:
            must(note.fields["raw-sha256"] == f"{hashlib.sha256(raw).hexdigest()} size {len(raw)}", object_name)
        named.add(object_name)
        previous, end = note.sha256, stop
    found = {str(file.relative_to(root)) for file in root.glob("events/**/*") if file.is_file()}
    must(found == named, f"files that no manifest names: {found ^ named}")


def check(root, count, keys, boundaries):
    root = pathlib.Path(root)
    notes = [Note(file) for file in (root / "manifests").glob("date=*/*.note")]
    notes.sort(key=lambda note: (note.part, note.sha256))
    must(len({note.origin for note in notes}) == 1, "more than one origin")
    must(len({note.part for note in notes}) == len(notes), "two texts of one part")
    follow(root, notes)
    must(len(notes) == count, f"{len(notes)} notes")
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
        f"{found} notes: cryptography and OpenSSL accept {Note.accepted} signatures, and refuse {Note.refused} bent texts"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
