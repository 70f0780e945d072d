"""What every answer tells the browser (OWASP ASVS 5.0, 3.4 and 14.3.2)."""

from django.http.response import HttpResponseBase

CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",  # Bootstrap draws ticks and arrows as data: pictures in its style sheet
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "object-src 'none'",
    ]
)

# Chrome and Safari show a PDF in a page of their own making, to which the policy of the answer applies: with
# `default-src 'none'` it stays blank. A PDF runs nothing of ours, so only the parts about framing are needed.
PDF_CONTENT_SECURITY_POLICY = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

PERMISSIONS_POLICY = ", ".join(
    f"{feature}=()"
    for feature in [
        "accelerometer",
        "autoplay",
        "camera",
        "display-capture",
        "encrypted-media",
        "fullscreen",
        "geolocation",
        "gyroscope",
        "magnetometer",
        "microphone",
        "midi",
        "payment",
        "publickey-credentials-get",
        "usb",
        "xr-spatial-tracking",
    ]
)

NO_STORE = "no-store, private"
PUBLIC = "public, max-age=60"  # what anybody may read; a view sets it, and never for who sent a cookie


def is_pdf(response: HttpResponseBase) -> bool:
    return response.headers.get("Content-Type", "").partition(";")[0].strip() == "application/pdf"


def add_headers(response: HttpResponseBase, *, may_be_kept: bool) -> None:
    """A view may have set a stricter content policy of its own; everything else is the same everywhere.
    `may_be_kept` is for static files: pages and files about dossiers stay in no cache, not even the browser's. Only a
    page that says `PUBLIC` itself may be kept for a minute, unless it carries a cookie."""
    policy = PDF_CONTENT_SECURITY_POLICY if is_pdf(response) else CONTENT_SECURITY_POLICY
    response.headers.setdefault("Content-Security-Policy", policy)
    response.headers["Permissions-Policy"] = PERMISSIONS_POLICY
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    is_public = response.headers.get("Cache-Control") == PUBLIC and not response.cookies
    if not (may_be_kept or is_public):
        response.headers["Cache-Control"] = NO_STORE
