"""Forges archives to test verifiers with.

    forge.py kinds                     lists the kinds, one per line
    forge.py DIR TARGET KIND           a forged copy of DIR; prints the expected exit code and the arguments for a verifier

DIR is the tests' sample archive (`cargo run -p tests --example archive -- sample DIR`), whose keys are public: the old key is
32 bytes of value 7, the new one of value 107. A forger has neither; a thief has the old one. Honest archives of a vendor
after a theft are generated too, to check that they are proven.
"""

import base64
import gzip
import hashlib
import pathlib
import re
import shutil
import sys

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

NAME = "vendor.example/auditferry"


class Key:
    def __init__(self, seed):
        self.private = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
        blob = b"\x01" + self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.id = hashlib.sha256(NAME.encode() + b"\n" + blob).digest()[:4]
        self.line = f"{NAME}+{self.id.hex()}+{base64.b64encode(blob).decode()}"

    def sign(self, text):
        blob = self.id + self.private.sign(text.encode())
        return f"\N{EM DASH} {NAME} {base64.b64encode(blob).decode()}\n"


OLD, NEW, FORGER = Key(7), Key(107), Key(201)


def field(text, name):
    return re.search(rf"^{name} (.*)$", text, re.M).group(1)


class Archive:
    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.notes = sorted(self.root.glob("manifests/date=*/*.note"), key=lambda file: file.name)

    def plant(self, key):
        (self.root / f"manifests/keys/{key.id.hex()}.vkey").write_text(key.line + "\n")

    def read(self, file):
        text, _, lines = file.read_text(encoding="utf8").rpartition("\n\n")
        return text + "\n", lines

    def write(self, file, text, lines):
        file.unlink(missing_ok=True)
        digest = hashlib.sha256(text.encode()).hexdigest()
        name = f"{int(field(text, 'part')):012}_{digest[:16]}.note"
        (file.parent / name).write_text(f"{text}\n{lines}", encoding="utf8")
        return digest

    def replace_object(self, text):
        """Replaces a part's object by one whose first event differs."""
        name = field(text, "object")
        data = (self.root / name).read_bytes()
        if name.endswith(".zst") or field(text, "events").startswith("0 "):
            return text
        raw = gzip.decompress(data) if name.endswith(".gz") else data
        raw = raw.replace(b'"eventName":"', b'"eventName":"Never', 1)
        (self.root / name).unlink()
        digest = hashlib.sha256(raw).hexdigest()
        new = re.sub(r"_[0-9a-f]{16}\.(json|ndjson)(\.gz)?$", rf"_{digest[:16]}.\1", name)
        (self.root / new).write_bytes(raw)
        text = re.sub(r"^object .*$", f"object {new}", text, flags=re.M)
        text = re.sub(r"^(raw-)?sha256 .*$", lambda m: f"{m.group(1) or ''}sha256 {digest} size {len(raw)}", text, flags=re.M)
        return re.sub(r"^settings (\S+) \S+ ", r"settings \1 none ", text, flags=re.M)

    def resign(self, plan, changed=lambda part: False):
        """Signs all notes again. `plan` returns for a part its signing keys, and the successor in its text."""
        previous, heads = None, {}
        for file in self.notes:
            text, _ = self.read(file)
            part = int(field(text, "part"))
            keys, successor = plan(part)
            text = re.sub(r"^successor .*\n", "", text, flags=re.M)
            if changed(part):
                text = self.replace_object(text)
            if previous:
                text = re.sub(r"^previous .*$", f"previous {previous}", text, flags=re.M)
            if successor:
                text += f"successor {successor.line}\n"
            previous = heads[part] = self.write(file, text, "".join(key.sign(text) for key in keys))
        return heads


def forged_tail(archive, start, names=False):
    archive.plant(FORGER)
    previous = None
    for file in archive.notes:
        text, lines = archive.read(file)
        part = int(field(text, "part"))
        if part < start:
            continue
        if part == start:
            if names:
                text = re.sub(r"^successor .*\n", "", text, flags=re.M) + f"successor {FORGER.line}\n"
            lines += FORGER.sign(text)
        else:
            text = re.sub(r"^previous .*$", f"previous {previous}", archive.replace_object(text), flags=re.M)
            lines = FORGER.sign(text)
        previous = archive.write(file, text, lines)
    return [OLD.line], 1


def all_forged(archive):
    archive.plant(FORGER)
    archive.resign(lambda part: ([FORGER], None), changed=lambda part: True)
    return [OLD.line], 1


def change(plan, expected, *named):
    def make(archive):
        heads = archive.resign(plan)
        words = [key.line if isinstance(key, Key) else key.format(**{f"h{p}": h for p, h in heads.items()}) for key in named]
        return words, expected

    return make


def lines_changed(archive):
    """Adds and reorders signature lines, as anyone can: the manifest stays the same."""
    for file in archive.notes:
        text, lines = archive.read(file)
        first = lines.splitlines(keepends=True)[0]
        junk = f"\N{EM DASH} {NAME} {base64.b64encode(OLD.id + bytes(64)).decode()}\n"
        archive.write(file, text, junk + first + lines + FORGER.sign(text))
    return [OLD.line], 0


def copied(archive):
    file = archive.notes[3]
    text, lines = archive.read(file)
    data = f"{text}\n{lines}{FORGER.sign(text)}".encode()
    (file.parent / f"000000000004_{hashlib.sha256(data).hexdigest()[:16]}.note").write_bytes(data)
    return [OLD.line], 1


def no_key_files(archive):
    shutil.rmtree(archive.root / "manifests/keys")
    return [OLD.line], 0


def next_to_the_hand_over(archive):
    file = archive.notes[5]
    text, _ = archive.read(file)
    text = re.sub(r"^sealed 2026-11-20T01:05:07.120Z$", "sealed 2026-11-20T01:05:08.120Z", text, flags=re.M)
    name = f"000000000006_{hashlib.sha256(text.encode()).hexdigest()[:16]}.note"
    (file.parent / name).write_text(f"{text}\n{OLD.sign(text)}", encoding="utf8")
    return [OLD.line], 1


def without_the_old_signatures(archive):
    """Removes the old key's signatures: the new key's texts contain the hashes of those texts."""
    for file in archive.notes[:5]:
        text, _ = archive.read(file)
        archive.write(file, text, FORGER.sign(text))
    return [NEW.line], 0


LOST = lambda part: ([OLD if part <= 4 else NEW], None)
RETURNS = lambda part: ([NEW if 5 <= part <= 7 else OLD], None)
HANDS_BACK = lambda part: {4: ([OLD, NEW], NEW), 8: ([NEW, OLD], OLD)}.get(part, ([NEW if 5 <= part <= 7 else OLD], None))
SILENT = lambda part: ([OLD, NEW] if part == 5 else [OLD if part < 5 else NEW], None)

KINDS = {
    "untouched": lambda archive: ([OLD.line], 0),
    "untouched_newest_key": lambda archive: ([NEW.line], 0),
    "untouched_both_keys": lambda archive: ([OLD.line, NEW.line], 0),
    "untouched_and_an_unrelated_key": lambda archive: ([OLD.line, FORGER.line], 1),
    "tail_from_1": lambda archive: forged_tail(archive, 1),
    "tail_from_2": lambda archive: forged_tail(archive, 2),
    "tail_from_the_hand_over": lambda archive: forged_tail(archive, 6),
    "tail_with_a_successor": lambda archive: forged_tail(archive, 3, names=True),
    "all_of_it": all_forged,
    "lines": lines_changed,
    "copy": copied,
    "no_key_files": no_key_files,
    "next_to_the_hand_over": next_to_the_hand_over,
    "without_the_old_signatures": without_the_old_signatures,
    "lost": change(LOST, 2, OLD, NEW),
    "lost_newest_key": change(LOST, 0, NEW),
    "lost_with_its_boundary": change(LOST, 0, OLD, NEW, "--boundary", "5:{h4}"),
    "lost_with_another_boundary": change(LOST, 1, OLD, NEW, "--boundary", "6:{h5}"),
    "stolen_key_returns": change(RETURNS, 1, OLD, NEW),
    "handed_back": change(HANDS_BACK, 1, OLD),
    "stolen_key_signs_on": change(lambda part: ([OLD], None), 2, OLD, NEW),
    "stolen_key_signs_on_over_the_boundary": change(lambda part: ([OLD], None), 1, OLD, NEW, "--boundary", "5:{h4}"),
    "both_sign_without_a_word": change(SILENT, 1, OLD),
}


def main(words):
    if words == ["kinds"]:
        print("\n".join(KINDS))
        return
    source, target, kind = words
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target)
    named, expected = KINDS[kind](Archive(target))
    print("\n".join([str(expected), *named]))


main(sys.argv[1:])
