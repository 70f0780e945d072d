"""Whatever is sent to whatever address by whomever: a page, a refusal, «not found», never an error of ours and never
another unit's data (SECURITY.md H-09). The world and its secrets are those of test_visibility.

The same examples at every run, so that a red test stays red; FUZZ_EXAMPLES=1000 looks further. PostgreSQL refuses what
SQLite takes (NUL, numbers beyond its types, texts beyond their columns), so both databases see all of it.
"""

import os
from collections.abc import Mapping
from io import BytesIO
from typing import Any
from urllib.parse import quote, quote_from_bytes, unquote_to_bytes, urlencode

import pytest
from django.db import transaction
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.corpus.names import NAMES as FILE_NAMES
from tests.corpus.strings import STRINGS
from tests.factories import PDF
from tests.integration.test_visibility import (  # noqa: F401 — the fixtures of that module
    EVERYBODY,
    NAMES,
    PAGES,
    Who,
    World,
    leaks,
    media,
    nothing,
    stored_files,
    world,
)

pytestmark = pytest.mark.django_db

bounded = settings(
    max_examples=int(os.environ.get("FUZZ_EXAMPLES", "20")),
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)

NUMBERS = [
    "0",
    "-1",
    "1e9",
    "9" * 12,
    "9" * 30,
    "9" * 5000,
    "NaN",
    "Infinity",
    "٣",
    "１２",
    "1.234",
    "0x10",
    "2147483648",
]
DATES = ["31/02/2024", "01/01/0001", "31/12/9999", "00/00/0000", "2024-01-01", "29/02/2023", "1/1/99999"]
IDS = ["00000000-0000-0000-0000-000000000000", "{}", "../" * 9, "a" * 3000, "%2e%2e%2f", "\uff10" * 32]
SHORT = [text for text in STRINGS if len(text) < 3000]
texts = st.one_of(
    st.sampled_from([*SHORT, *NUMBERS, *DATES, *IDS]),
    st.text(max_size=30),
    st.text(st.characters(categories=["Cs", "Cc", "Cf", "Mn", "Nd"]), max_size=10),
)
FIELDS = ["q", "page", "ngay", "ky", "don-vi", "tinh", "nam", "trang-thai", "vai-tro", "next", "version", "override"]
FIELDS += ["action", "step", "slot", "chon", "tat_ca", "unit", "communes", "document_number", "login", "password"]
FIELDS += ["form-TOTAL_FORMS", "csrfmiddlewaretoken", "loai-x", "tai-ve", "don", "xa", "loc", "sap-xep"]
fields = st.dictionaries(st.one_of(st.sampled_from(FIELDS), texts), st.lists(texts, min_size=1, max_size=2), max_size=4)

TYPES = [
    "application/x-www-form-urlencoded",
    "application/x-www-form-urlencoded; charset=utf-16",
    "application/x-www-form-urlencoded; charset=không-có",
    "multipart/form-data",
    "multipart/form-data; boundary=",
    "multipart/form-data; boundary=x; charset=x",
    "application/json",
    "text/plain;;;=",
    "",
    "\xff\xfe",
]
HEADERS: Mapping[str, st.SearchStrategy[str]] = {
    "HTTP_HX_REQUEST": st.just("true"),
    "HTTP_HX_CURRENT_URL": texts,
    "HTTP_REFERER": texts,
    "HTTP_ACCEPT": texts,
    "HTTP_ACCEPT_LANGUAGE": texts,
    "HTTP_ACCEPT_ENCODING": texts,
    "HTTP_RANGE": st.sampled_from(["bytes=0-", "bytes=5-1", "bytes=-", "bytes=" + "9" * 40 + "-", "x"]),
    "HTTP_IF_NONE_MATCH": texts,
    "HTTP_IF_MODIFIED_SINCE": texts,
    "HTTP_ORIGIN": texts,
    "HTTP_X_FORWARDED_FOR": texts,
    "HTTP_X_FORWARDED_PROTO": texts,
    "HTTP_X_FORWARDED_HOST": texts,
    "HTTP_X_REQUEST_ID": texts,
    "HTTP_X_REQUEST_TIME": texts,
    "HTTP_X_CSRFTOKEN": texts,
    "HTTP_USER_AGENT": texts,
    "HTTP_COOKIE": texts.map(lambda text: f"csrftoken={text}; messages={text}; x={text}"),
    "HTTP_HOST": st.sampled_from(["evil.example", "testserver:99999", "[::1", "testserver\t", "a" * 300]),
}
headers = st.fixed_dictionaries({}, optional=HEADERS).filter(lambda found: len(found) < 4)
METHODS = ["HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "GE T", "", "get"]
RAW_QUERIES = [
    "&%FF=%FF",
    "&" * 2000,
    "&a=%",
    "&q=%u0041",
    "&=",
    "&a[]=1",
    "&" + "x" * 5000,
    "&page=%00",
    "&page=%ED%A0%80",
]


def as_bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def encoded(pairs: Mapping[str, list[str]]) -> str:
    return urlencode([(as_bytes(name), as_bytes(text)) for name in pairs for text in pairs[name]])


def of_page(name: str, world: World) -> dict[str, list[str]]:  # noqa: F811
    """What the page's own form sends, so that a hostile value among good ones comes as far as the service."""
    sent = (PAGES[name].post or nothing)(world)
    return {
        key: [str(one) for one in (value if isinstance(value, list) else [value])]
        for key, value in sent.items()
        if not hasattr(value, "read")
    }


def has_file(name: str, world: World) -> bool:  # noqa: F811
    return any(hasattr(value, "read") for value in (PAGES[name].post or nothing)(world).values())


@st.composite
def multipart(draw: st.DrawFn, sent: dict[str, list[str]], *, has_odd_file: bool) -> bytes:
    """A form with a file, or something like it."""
    parts = [
        b'--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (as_bytes(name), as_bytes(text))
        for name, values in sent.items()
        for text in values
    ]
    file_name, content, kind, more, end = b"moi.pdf", PDF, b"application/pdf", b"", b"--x--\r\n"
    if has_odd_file:
        file_name = as_bytes(draw(st.one_of(st.sampled_from(FILE_NAMES), texts)))
        content = draw(st.one_of(st.sampled_from([PDF, b"", b"MZ", b"\xff" * 50]), st.binary(max_size=60)))
        kind = draw(st.sampled_from([b"application/pdf", b"text/html", b"", b"\xff", b"text/plain; charset=x"]))
        more = draw(
            st.sampled_from([b"", b"Content-Transfer-Encoding: base64\r\n", b"X: %s\r\n" % (b"a" * 2000), b":\r\n"])
        )
        end = draw(st.sampled_from([b"--x--\r\n", b"--x-", b"", b"--y--\r\n"]))
    parts += [
        b'--x\r\nContent-Disposition: form-data; name="%s"; filename="%s"\r\nContent-Type: %s\r\n%s\r\n%s\r\n'
        % (field, file_name, kind, more, content)
        for field in (b"upload", b"minutes")
    ]
    return b"".join(parts) + end


PLACES = ["path", "query", "raw query", "field", "fields", "file", "body", "header", "method", "nothing"]


@st.composite
def requests(draw: st.DrawFn, name: str, world: World) -> dict[str, Any]:  # noqa: F811
    """One request as WSGI brings it: as the page's own link or form sends it, but for one or two places."""
    odd = {draw(st.sampled_from(PLACES)), draw(st.sampled_from(PLACES))}
    kwargs = PAGES[name].kwargs(world)
    path = reverse(name, kwargs=kwargs)
    if "path" in odd and kwargs:
        replaced = str(draw(st.sampled_from(sorted(kwargs.values(), key=str))))
        path = path.replace(quote(replaced), quote_from_bytes(as_bytes(draw(texts)), safe=""))
    query = {key: [str(value)] for key, value in PAGES[name].query(world).items()}
    if "query" in odd:
        query |= draw(fields)
    raw_query = encoded(query)
    if "raw query" in odd:
        raw_query += draw(st.sampled_from(RAW_QUERIES))
    sent = of_page(name, world)
    if "field" in odd and sent:
        sent[draw(st.sampled_from(sorted(sent)))] = draw(st.lists(texts, max_size=2))
    if "fields" in odd:
        sent |= draw(fields)
    body, content_type = encoded(sent).encode(), TYPES[0]
    if "file" in odd or has_file(name, world):
        body, content_type = draw(multipart(sent, has_odd_file="file" in odd)), "multipart/form-data; boundary=x"
    if "body" in odd:
        body = draw(st.one_of(st.just(body), st.binary(max_size=80)))
        content_type = draw(st.sampled_from(TYPES))
    method = "POST" if PAGES[name].post and draw(st.integers(0, 3)) else "GET"
    return {
        "REQUEST_METHOD": draw(st.sampled_from(METHODS)) if "method" in odd else method,
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": raw_query,
        "CONTENT_TYPE": content_type,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": BytesIO(body),
        **({key: as_bytes(text).decode("latin-1") for key, text in draw(headers).items()} if "header" in odd else {}),
    }


@pytest.mark.parametrize("name", NAMES)
def test_nothing_that_is_sent_breaks_a_page_or_opens_it(world: World, name: str) -> None:  # noqa: F811
    # those who come furthest, in every second example
    knowing = sorted(PAGES[name].actors or PAGES[name].readers)
    people = st.one_of(st.sampled_from(knowing), st.sampled_from([None, *sorted(EVERYBODY)]))

    @bounded
    @given(st.data())
    def send(data: st.DataObject) -> None:
        person: Who | None = data.draw(people, "who")
        environ = data.draw(requests(name, world), "request")
        client = world.client(person)
        client.handler.enforce_csrf_checks = data.draw(st.sampled_from([False, False, False, True]), "csrf")
        try:
            with transaction.atomic():  # what a good form among the hostile ones changes is taken back
                response = client.request(**environ)
                body = response.getvalue() if response.streaming else response.content
                transaction.set_rollback(True)
        finally:
            client.handler.enforce_csrf_checks = False
        assert response.status_code < 500
        assert leaks(world, person, body.decode(errors="replace"), name) == []

    send()
