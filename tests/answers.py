"""What a page answered, streamed or not."""

from typing import Any


def body_of(response: Any) -> bytes:
    """All of it, and the file behind it closed as a server does; `close()` would close the test's connection, too."""
    content = b"".join(response) if response.streaming else response.content
    for close in response._resource_closers:
        close()
    return bytes(content)
