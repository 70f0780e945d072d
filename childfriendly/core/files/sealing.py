"""Files about single children lie on disk encrypted, with a key that is not in the database (SECURITY.md F-13).

A sealed file is a head (mark, key id, salt) and frames of 64 KB, each sealed with ChaCha20-Poly1305 under a key made
for this file alone. The nonce counts the frames and marks the last, so frames can be neither changed, swapped nor cut
off. The key id says which key of the ring opens it: a new key is put in front, old files keep opening.
"""

import hashlib
import hmac
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

FRAME = 64 * 1024
_MARK = b"KIN1"
_TAG, _KEY_ID, _SALT = 16, 8, 16
_HEAD = len(_MARK) + _KEY_ID + _SALT


class BrokenSealError(ValueError):
    """Not a sealed file, changed since, or sealed with a key that this machine does not have."""


@dataclass(frozen=True)
class Key:
    """One long random text of the settings; every use takes a key of its own from it."""

    secret: str

    def derived(self, purpose: bytes, *, salt: bytes = b"", length: int = 32) -> bytes:
        return HKDF(SHA256(), length, salt, purpose).derive(self.secret.encode())

    @cached_property
    def id(self) -> bytes:
        return self.derived(b"evidence key id", length=_KEY_ID)

    def name_for(self, sha256: str) -> str:
        """A file name that does not tell by its hash which known paper lies here."""
        return hmac.new(self.derived(b"evidence file name"), bytes.fromhex(sha256), hashlib.sha256).hexdigest()


def keys() -> list[Key]:
    """The key that seals, then the older ones that still open."""
    return [Key(secret) for secret in (settings.EVIDENCE_KEY, *settings.EVIDENCE_KEY_FALLBACKS)]


def _nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([is_last])


def _frames(stream: IO[bytes], size: int) -> Iterator[tuple[bytes, bool]]:
    """Blocks of `size` bytes, and whether it is the last; an empty stream has one empty block."""
    block = stream.read(size)
    while len(block) == size and (following := stream.read(size)):
        yield block, False
        block = following
    yield block, True


def seal(plain: IO[bytes], key: Key) -> Iterator[bytes]:
    salt = os.urandom(_SALT)
    head = _MARK + key.id + salt
    cipher = ChaCha20Poly1305(key.derived(b"evidence content", salt=salt))
    yield head
    for number, (block, is_last) in enumerate(_frames(plain, FRAME)):
        yield cipher.encrypt(_nonce(number, is_last=is_last), block, head)


def unseal(sealed: IO[bytes], ring: Iterable[Key]) -> Iterator[bytes]:
    """The content, 64 KB at a time; no byte comes out that was not proved first. Raises BrokenSealError."""
    head = sealed.read(_HEAD)
    mark, key_id, salt = head[: len(_MARK)], head[len(_MARK) : -_SALT], head[-_SALT:]
    key = next((key for key in ring if key.id == key_id), None)
    if mark != _MARK or key is None:
        raise BrokenSealError("Not sealed with a key of this machine.")
    cipher = ChaCha20Poly1305(key.derived(b"evidence content", salt=salt))
    for number, (block, is_last) in enumerate(_frames(sealed, FRAME + _TAG)):
        try:
            yield cipher.decrypt(_nonce(number, is_last=is_last), block, head)
        except InvalidTag as error:
            raise BrokenSealError(f"Frame {number} was changed.") from error


def plain_size(sealed_size: int) -> int:
    """Bytes of the content of a sealed file of so many bytes."""
    body = sealed_size - _HEAD
    return body - _TAG * max(-(-body // (FRAME + _TAG)), 1)
