"""How a stored file reaches a reader whom the calling view has already checked (SECURITY.md F-08)."""

import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import IO

from django.conf import settings
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header

from childfriendly.core.files.keeping import extension_of_stored, is_sealed, stored_path
from childfriendly.core.files.naming import SAFE_TO_SHOW, clean_name, content_type_for
from childfriendly.core.files.sealing import keys, plain_size, unseal

_BLOCK = 64 * 1024
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def serve(request: HttpRequest, relative: str, *, root: Path, name: str, inline: bool = False) -> HttpResponseBase:
    """Hand out the file that `store` put at `relative`, shown as `name`.

    Downloaded by default; `inline` shows PDF and pictures in the browser. With X_ACCEL_PREFIX nginx sends the bytes.
    Sealed files are opened on the way and always sent whole, so that one reading is one request. Raises
    FileNotFoundError, and BrokenSealError before the first byte.
    """
    extension = extension_of_stored(relative)
    path = stored_path(relative, root=root)
    size = path.stat().st_size
    if is_sealed(relative):
        response = _whole_sealed(request, path, size)
    elif settings.X_ACCEL_PREFIX:
        response = HttpResponse(headers={"X-Accel-Redirect": settings.X_ACCEL_PREFIX + relative})
    else:
        response = _plain(request, path, size)
    return _with_headers(response, name=name, extension=extension, inline=inline)


def file_response(path: Path, *, name: str, extension: str) -> HttpResponseBase:
    """A file of our own making that lies open at `path`, to be downloaded as `name`. Raises FileNotFoundError."""
    return _with_headers(FileResponse(path.open("rb")), name=name, extension=extension, inline=False)


def _with_headers(response: HttpResponseBase, *, name: str, extension: str, inline: bool) -> HttpResponseBase:
    response["Content-Type"] = content_type_for(extension)
    response["Content-Disposition"] = str(
        content_disposition_header(not inline or extension not in SAFE_TO_SHOW, clean_name(name))
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Cache-Control"] = "private, no-store"
    if extension != "pdf":  # Chrome's and Safari's PDF viewers refuse to work in a sandbox
        response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def _whole_sealed(request: HttpRequest, path: Path, size: int) -> HttpResponseBase:
    headers = {"Content-Length": str(plain_size(size)), "Accept-Ranges": "none"}
    stream = path.open("rb")
    content = unseal(stream, keys())
    try:
        first = next(content)
    except BaseException:
        stream.close()
        raise
    if request.method == "HEAD":
        stream.close()
        return HttpResponse(headers=headers)
    return _closing(StreamingHttpResponse(chain([first], content), headers=headers), stream)


def _plain(request: HttpRequest, path: Path, size: int) -> HttpResponseBase:
    start, end, status = _asked_range(request, size)
    headers = {"Accept-Ranges": "bytes", "Content-Length": str(end - start)}
    if status == 416:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    if status == 206:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    if request.method == "HEAD":
        return HttpResponse(status=status, headers=headers)
    stream = path.open("rb")
    if status == 200:
        return FileResponse(stream, headers=headers)
    stream.seek(start)
    return _closing(StreamingHttpResponse(_part(stream, end - start), status=status, headers=headers), stream)


def _asked_range(request: HttpRequest, size: int) -> tuple[int, int, int]:
    """Start, end (exclusive) and status. One range of bytes is understood; anything else gives the whole file, and so
    does If-Range, since no answer of ours says which version of a file it is."""
    asked = _RANGE.fullmatch(request.headers.get("Range", ""))
    if asked is None or asked[0] == "bytes=-" or "If-Range" in request.headers:
        return 0, size, 200
    if not asked[1]:
        last = int(asked[2])
        return (max(size - last, 0), size, 206) if last else (0, 0, 416)
    start = int(asked[1])
    end = min(int(asked[2]) + 1, size) if asked[2] else size
    if asked[2] and int(asked[2]) < start:
        return 0, size, 200
    return (start, end, 206) if start < size else (0, 0, 416)


def _part(stream: IO[bytes], left: int) -> Iterator[bytes]:
    while left and (block := stream.read(min(_BLOCK, left))):
        left -= len(block)
        yield block


def _closing(response: StreamingHttpResponse, stream: IO[bytes]) -> StreamingHttpResponse:
    response._resource_closers.append(stream.close)  # type: ignore[attr-defined]  # as FileResponse does
    return response
