"""File names as a hostile or unlucky sender types them, and what the system shows of each."""

SHOWN = {
    "../../etc/passwd": "passwd",
    "..\\..\\windows\\win.ini": "win.ini",
    "C:\\Tài liệu\\biên bản.pdf": "biên bản.pdf",
    "bie\u0302n ba\u0309n.pdf": "biên bản.pdf",  # typed on macOS
    "anh\u202efdp.exe": "anhfdp.exe",  # shown as «anhexe.pdf» where direction marks are obeyed
    "a\r\nSet-Cookie: x.pdf": "a Set-Cookie: x.pdf",
    "a\x00b\u200b.pdf": "ab.pdf",
    "  .. a   b . ": "a b",
    "": "tệp không tên",
    "...": "tệp không tên",
    "\ud800.pdf": "pdf",  # half of a pair: no database stores it
    'dấu "nháy".pdf': 'dấu "nháy".pdf',
    "<img src=x onerror=alert(1)>.pdf": "<img src=x onerror=alert(1)>.pdf",
    "=cmd|'calc'!A0.xlsx": "=cmd|'calc'!A0.xlsx",
    "-rf.pdf": "-rf.pdf",
    "$(touch x).pdf": "$(touch x).pdf",
    "%2e%2e%2fa.pdf": "%2e%2e%2fa.pdf",
    "{{ settings.SECRET_KEY }}.pdf": "{{ settings.SECRET_KEY }}.pdf",
    "CON.pdf": "CON.pdf",
    "ă" * 200 + ".pdf": "ă" * 146 + ".pdf",
    "ă" * 200: "ă" * 150,
}
"""What was sent → what is shown. Shown is not run: templates escape it, downloads encode it, storage never uses it."""

NAMES = tuple(SHOWN)
