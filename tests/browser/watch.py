"""What goes wrong in a browser without anybody seeing it: broken policy, script errors, files that do not come."""

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, Response, WebError

PAGES = frozenset({"document", "fetch", "xhr"})


class Watch:
    """Collects over all browsers of one test. An answer of 400 or more is a problem unless the test expects it."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self.expected: set[int] = set()

    def expect(self, *statuses: int) -> None:
        """The test goes on to be refused on purpose."""
        self.expected.update(statuses)

    def over(self, context: BrowserContext) -> None:
        context.on("console", self._console)
        context.on("weberror", self._error)
        context.on("requestfailed", self._failed)
        context.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        """Chromium says here what the content security policy stopped, with JavaScript on or off."""
        # A refused page is one line here too; `_response` judges it by its status.
        if message.type in {"error", "warning"} and not message.text.startswith("Failed to load resource"):
            if message.text.startswith("Response Status Error Code"):  # htmx's own line for the same
                return
            self.problems.append(f"console: {message.text} ({message.location.get('url', '')})")

    def _error(self, error: WebError) -> None:
        self.problems.append(f"script: {error.error}")

    def _failed(self, request: Request) -> None:
        # A download and a page left while it still loads count as aborted.
        if request.failure != "net::ERR_ABORTED":
            self.problems.append(f"not loaded: {request.url} ({request.failure})")

    def _response(self, response: Response) -> None:
        if response.status < 400:
            return
        if response.request.resource_type in PAGES and response.status in self.expected:
            return
        self.problems.append(f"{response.status}: {response.request.method} {response.url}")
