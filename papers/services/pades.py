"""PAdES B-B with pyHanko; imported only where something is signed, since most processes never sign."""

from datetime import datetime
from io import BytesIO
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization.pkcs12 import load_key_and_certificates
from cryptography.x509 import Certificate
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import InvisSigSettings, SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.signers.pdf_signer import PdfSigningSession

READABLE_FIELD: Final = "Con dấu điện tử của cơ quan ban hành"
REASON: Final = "Phát hành văn bản"


class KeySigner(SimpleSigner):
    """As its base, but the key is taken out of its wrapping once: the library does that twice for every signature, and
    an RSA key then takes longer than all the rest."""

    key: RSAPrivateKey | EllipticCurvePrivateKey

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
        if isinstance(self.key, RSAPrivateKey):
            return self.key.sign(data, PKCS1v15(), SHA256())
        return self.key.sign(data, ECDSA(SHA256()))


def opened(pkcs12: bytes, password: bytes | None) -> tuple[Certificate, KeySigner]:
    """Raises ValueError for what is no PKCS#12 with an RSA or elliptic key and its certificate, or a wrong password."""
    key, certificate, _ = load_key_and_certificates(pkcs12, password)
    if certificate is None or not isinstance(key, RSAPrivateKey | EllipticCurvePrivateKey):
        raise ValueError("No key with its certificate.")
    base = SimpleSigner.load_pkcs12_data(pkcs12, [], password)
    signer = KeySigner(base.signing_cert, base.signing_key, base.cert_registry)
    signer.key = key
    return certificate, signer


def signed(pdf: bytes, signer: KeySigner, *, at: datetime, field: str, place: str) -> bytes:
    """`pdf` unchanged, and behind it the signature; no timestamp server is asked."""
    tool = _SignerAt(
        PdfSignatureMetadata(
            field_name=field,
            md_algorithm="sha256",  # as `KeySigner` signs
            subfilter=SigSeedSubFilter.PADES,
            reason=REASON,
            location=place or None,
        ),
        signer=signer,
        # Printable and outside the page: the one invisible signature that both PDF/A and PDF/UA allow.
        new_field_spec=SigFieldSpec(
            field,
            invis_sig_settings=InvisSigSettings(box_out_of_bounds=True),
            readable_field_name=READABLE_FIELD,
        ),
    )
    tool.at = at
    return bytes(tool.sign_pdf(IncrementalPdfFileWriter(BytesIO(pdf))).getbuffer())


class _SignerAt(PdfSigner):
    """Signs at a given moment, as every act of ours is at one, not when the library looks at the clock."""

    at: datetime

    def init_signing_session(self, *args: Any, **kwargs: Any) -> PdfSigningSession:
        session = super().init_signing_session(*args, **kwargs)
        session.system_time = self.at
        return session
