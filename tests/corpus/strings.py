"""Texts that some reader, browser, database or spreadsheet may take for more than text."""

FORMULAS = (
    "=1+1",
    "+84",
    "-5",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    " =1+1",
    "\x00=1+1",
    "\ufeff=1+1",
    '=HYPERLINK("https://example.vn/?x="&A1,"Xem")',
    "=cmd|' /C calc'!A0",
    '=WEBSERVICE("http://127.0.0.1:9/")',
    "{=1+1}",
    "%0A=1+1",
    "＝1+1",  # full width: Excel of East Asian settings reads them as the plain ones
    "＋84",
    "－5",
    "＠SUM(A1)",
    "|calc",
    '"=1+1"',
    "';=1+1",
    "a;=1+1",
    "a,=1+1",
    "a\n=1+1",
)
"""What Excel, LibreOffice or Google Sheets run as a formula, alone or where a separator is misread."""

LOOKALIKES = ("01234", "1e5", "1/2", "31/12/2026", "TRUE", "https://example.vn/", "mailto:a@example.vn", "#REF!")
"""Texts that become a number, a date, a link or an error where a cell's type is guessed."""

MARKUP = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "javascript:alert(1)",
    "{{ settings.SECRET_KEY }}",
    "{% include '/etc/passwd' %}",
    "${7*7}",
    "&lt;b&gt;&amp;",
    '<a href="file:///etc/passwd">x</a>',
    "]]>",
)
QUERIES = (
    "' OR '1'='1",
    "'; DROP TABLE communes_user; --",
    "%",
    "_",
    "\\",
    "1) UNION SELECT 1",
    "?_connector=OR",
    "%s %(a)s",
)
CHARACTERS = (
    "\x00",
    "\x0b\x1b[31m",
    "\ud800",
    "\ufffe\uffff",
    "\u202eđảo\u202c",
    "\u200b\u200d\ufeff",
    "Nguye\u0302\u0303n",
    "ﬁ ﬀ № Ⅷ",
    "😀👩‍👩‍👧",
    "a\u0301" * 50,
    "dòng 1\r\ndòng 2\rdòng 3\u2028dòng 4",
    "ă" * 40_000,
)

STRINGS = (*FORMULAS, *LOOKALIKES, *MARKUP, *QUERIES, *CHARACTERS)
