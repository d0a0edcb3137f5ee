"""An independent reader of manifests, written from infra/schemas/manifest.md and not from our code.

    check.py DIR KEY NOTES

Follows the chain of so many NOTES in DIR from part 1, holds each note's signatures against the keys with Python's `cryptography` and
with `openssl pkeyutl`, and each object against its hashes. Then it changes each note by one bit, to see that both refuse.
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


def read_key(line):
    """A verifier key: its name and ID, and the 32 bytes."""
    name, key_id, blob = line.split(" ")[0].split("+", 2)
    blob = base64.b64decode(blob, validate=True)
    assert blob[0] == 1 and len(blob) == 33, "not an Ed25519 key"
    digest = hashlib.sha256(name.encode() + b"\n" + blob).digest()
    assert digest[:4].hex() == key_id, "the ID is another key's"
    return (name, digest[:4]), blob[1:]


def read_note(data):
    """The text that is signed, and the signatures: key's name and ID, and 64 bytes."""
    text, _, rest = data.decode().rpartition("\n\n")
    signatures = []
    for line in rest.splitlines():
        dash, name, blob = line.split(" ")
        assert dash == "\N{EM DASH}", line
        blob = base64.b64decode(blob, validate=True)
        signatures.append(((name, blob[:4]), blob[4:]))
    assert signatures and rest.endswith("\n"), "no signature"
    return text.encode() + b"\n", signatures


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


def unpack(name, data):
    if name.endswith(".gz"):
        member = zlib.decompressobj(31)
        content = member.decompress(data) + member.flush()
        assert member.eof and not member.unused_data, f"{name} is not one member of gzip"
        return content
    if name.endswith(".zst"):
        return None  # Python has no zstd before 3.14; the object's own hash is checked all the same.
    return data


def main(root, pinned, count):
    root = pathlib.Path(root)
    keys = dict(read_key(file.read_text().rstrip("\n")) for file in (root / "manifests/keys").iterdir())
    trusted = {read_key(pinned)[0]}
    notes = sorted((root / "manifests").glob("date=*/*.note"), key=lambda file: file.name)
    named, previous, end, refused = set(), "0" * 64, None, 0
    for number, file in enumerate(notes, 1):
        data = file.read_bytes()
        digest = hashlib.sha256(data).hexdigest()
        assert file.name == f"{number:012}_{digest[:16]}.note", file
        text, signatures = read_note(data)
        lines = text.decode().splitlines()
        fields = dict(line.split(" ", 1) for line in lines[2:])
        assert lines[1] == "auditferry-manifest v1" and fields["part"] == str(number), lines
        assert fields["previous"] == previous, f"part {number} hangs on another note"
        start, stop = fields["window"].split(" ")
        assert end in (None, start), f"part {number} leaves a gap"
        assert file.parent.name == "date=" + start[:10], file
        for key, signature in signatures:
            assert python_accepts(keys[key], text, signature), f"part {number}: cryptography refuses"
            assert openssl_accepts(keys[key], text, signature), f"part {number}: OpenSSL refuses"
            bent = text[:-2] + bytes([text[-2] ^ 1]) + text[-1:]
            assert not python_accepts(keys[key], bent, signature) and not openssl_accepts(keys[key], bent, signature)
            refused += 2
        signers = {key for key, _ in signatures}
        assert signers & trusted, f"part {number}: signed by nobody who is trusted"
        trusted = signers - trusted or signers
        body = (root / fields["object"]).read_bytes()
        assert fields["sha256"] == f"{hashlib.sha256(body).hexdigest()} size {len(body)}", fields["object"]
        raw = unpack(fields["object"], body)
        if raw is not None:
            assert fields["raw-sha256"] == f"{hashlib.sha256(raw).hexdigest()} size {len(raw)}", fields["object"]
        named.add(fields["object"])
        previous, end = digest, stop
    found = {str(file.relative_to(root)) for file in root.glob("events/**/*") if file.is_file()}
    assert found == named, f"files that no manifest names: {found ^ named}"
    assert len(notes) == int(count), len(notes)
    print(f"{len(notes)} notes: cryptography and OpenSSL accept every signature, and refuse {refused} bent ones")


main(*sys.argv[1:])
