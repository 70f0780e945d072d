"""Several PDFs → one, to be printed in one go."""

from collections.abc import Iterable
from io import BytesIO

import pikepdf


def put_together(title: str, files: Iterable[bytes]) -> bytes:
    """Their pages in order. It is for the printer: tags and bookmarks stay with the single files."""
    with pikepdf.new() as together:
        for content in files:
            with pikepdf.open(BytesIO(content)) as single:
                together.pages.extend(single.pages)
        together.docinfo["/Title"] = title
        together.Root.Lang = pikepdf.String("vi")
        whole = BytesIO()
        together.save(whole, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return whole.getvalue()
