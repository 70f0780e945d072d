"""PAdES B-B with pyHanko; imported only where something is signed, since most processes never sign."""

from datetime import datetime
from io import BytesIO
from typing import Any, Final

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import InvisSigSettings, SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.signers.pdf_signer import PdfSigningSession

FIELD: Final = "ConDauDienTu"
READABLE_FIELD: Final = "Con dấu điện tử của cơ quan ban hành"
REASON: Final = "Phát hành văn bản"


def opened(pkcs12: bytes, password: bytes | None) -> SimpleSigner:
    """Raises ValueError."""
    signer: SimpleSigner = SimpleSigner.load_pkcs12_data(pkcs12, [], password)
    return signer


def signed(pdf: bytes, signer: SimpleSigner, *, at: datetime, place: str) -> bytes:
    """`pdf` unchanged, and behind it the signature; no timestamp server is asked."""
    tool = _SignerAt(
        PdfSignatureMetadata(
            field_name=FIELD,
            md_algorithm="sha256",
            subfilter=SigSeedSubFilter.PADES,
            reason=REASON,
            location=place or None,
        ),
        signer=signer,
        # Printable and outside the page: the one invisible signature that both PDF/A and PDF/UA allow.
        new_field_spec=SigFieldSpec(
            FIELD,
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
