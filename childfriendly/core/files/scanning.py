"""Asking ClamAV about a file. Without CLAMD_SOCKET there is no scanner, and every file stays «not scanned»."""

import logging
import socket
from collections.abc import Iterable

from django.conf import settings
from django.db import models

logger = logging.getLogger(__name__)

SECONDS = 30
_STREAM_CUT = (BrokenPipeError, ConnectionResetError)  # what clamd does when the file is longer than StreamMaxLength


class Scan(models.TextChoices):
    WAITING = "waiting", "chưa quét"
    CLEAN = "clean", "sạch"
    INFECTED = "infected", "có mã độc"
    FAILED = "failed", "không quét được"


def waits_for_scan(told: str) -> bool:
    """There is a scanner, and it has not called the file clean or infected yet."""
    return bool(settings.CLAMD_SOCKET) and told in {Scan.WAITING, Scan.FAILED}


def scan(content: Iterable[bytes]) -> Scan:
    """What clamd says. No answer is WAITING; an answer about its own limits is FAILED, never clean."""
    if not settings.CLAMD_SOCKET:
        return Scan.WAITING
    try:
        with _connect(settings.CLAMD_SOCKET) as clamd:
            return _verdict(_ask(clamd, content))
    except OSError as error:
        logger.warning("clamd does not answer: %s", error.strerror)
        return Scan.WAITING


def _connect(address: str) -> socket.socket:
    if address.startswith("tcp://"):
        host, _, port = address.removeprefix("tcp://").rpartition(":")
        return socket.create_connection((host, int(port)), timeout=SECONDS)
    clamd = socket.socket(socket.AF_UNIX)
    clamd.settimeout(SECONDS)
    try:
        clamd.connect(address)
    except OSError:
        clamd.close()
        raise
    return clamd


def _ask(clamd: socket.socket, content: Iterable[bytes]) -> bytes:
    """The INSTREAM protocol: blocks with their length in front, then an empty one; the answer ends with a zero byte."""
    try:
        clamd.sendall(b"zINSTREAM\0")
        for block in content:
            clamd.sendall(len(block).to_bytes(4, "big") + block)
        clamd.sendall(bytes(4))
        with clamd.makefile("rb") as answer:
            return answer.read(1000).rstrip(b"\0\n")
    except _STREAM_CUT:
        return b"INSTREAM size limit exceeded. ERROR"


def _verdict(answer: bytes) -> Scan:
    if answer.endswith(b" OK"):
        return Scan.CLEAN
    if answer.endswith(b" FOUND") and b"Heuristics.Limits.Exceeded" not in answer:
        return Scan.INFECTED
    return Scan.FAILED
