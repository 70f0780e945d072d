"""A certificate authority of made-up people, and PDFs that they sign; the keys are new in every run of the tests."""

import datetime
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from pathlib import Path

import time_machine
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.timestamps import DummyTimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

from papers.rendering.pdf import render

PASSWORD = "mat-khau-con-dau-thu-nghiem"
FROM = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)
TO = datetime.datetime(2034, 1, 1, tzinfo=datetime.UTC)
SIGNED_AT = datetime.datetime(2024, 11, 20, 2, 12, tzinfo=datetime.UTC)  # 09:12 in Vietnam

HTML = '<html lang="vi"><head><title>Quyết định</title></head><body><h1>Quyết định</h1><p>Điều 1.</p></body></html>'


@dataclass(frozen=True)
class Holder:
    """Somebody with a key and a certificate."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
    above: tuple[x509.Certificate, ...] = ()

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    def pkcs12(self, password: str = PASSWORD) -> bytes:
        return serialize_key_and_certificates(
            b"con dau", self.key, self.certificate, self.above, BestAvailableEncryption(password.encode())
        )


def issue(
    name: str,
    *,
    by: Holder | None = None,
    organisation: str = "",
    start: datetime.datetime = FROM,
    end: datetime.datetime = TO,
    is_authority: bool = False,
    is_stamper: bool = False,
) -> Holder:
    """A certificate for a new key; without `by` it signs itself."""
    # the library's timestamp authority for tests knows RSA only
    key = rsa.generate_private_key(65537, 2048) if is_stamper else ec.generate_private_key(ec.SECP256R1())
    subject = [x509.NameAttribute(NameOID.COMMON_NAME, name)]
    if organisation:
        subject.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation))
    usage = dict.fromkeys(
        [
            "digital_signature",
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "key_cert_sign",
            "crl_sign",
            "encipher_only",
            "decipher_only",
        ],
        False,
    )
    usage |= {"key_cert_sign": True} if is_authority else {"digital_signature": True, "content_commitment": True}
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name(subject))
        .issuer_name(by.certificate.subject if by else x509.Name(subject))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(**usage), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key((by.key if by else key).public_key()), critical=False
        )
    )
    if is_stamper:
        usages = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        builder = builder.add_extension(usages, critical=True)
    certificate = builder.sign((by.key if by else key), hashes.SHA256())
    return Holder(certificate, key, (by.certificate, *by.above) if by else ())


@lru_cache(maxsize=1)
def root() -> Holder:
    return issue("Gốc thử nghiệm", is_authority=True)


@lru_cache(maxsize=1)
def intermediate() -> Holder:
    return issue("Trung gian thử nghiệm", by=root(), is_authority=True)


def signer(name: str = "Nguyễn Văn A (giả định)", **wishes: str | datetime.datetime) -> Holder:
    return issue(name, by=intermediate(), **wishes)  # type: ignore[arg-type]


def trust(folder: Path, holder: Holder | None = None) -> Path:
    """A folder of trust roots with the root of these tests (or `holder`) in it."""
    folder.mkdir(exist_ok=True)
    (folder / "goc.pem").write_bytes((holder or root()).pem)
    return folder


@lru_cache(maxsize=1)
def plain_pdf() -> bytes:
    return render(HTML, ["paper.css"])


@lru_cache(maxsize=1)
def stamper() -> DummyTimeStamper:
    """A timestamp authority below the root of these tests, with the clock of the test."""
    holder = issue("Dấu thời gian thử nghiệm", by=root(), is_stamper=True)
    tool = SimpleSigner.load_pkcs12_data(holder.pkcs12(), [], PASSWORD.encode())
    return DummyTimeStamper(tool.signing_cert, tool.signing_key, SimpleCertificateStore.from_certs(tool.cert_registry))


def signed(
    pdf: bytes,
    holder: Holder,
    *,
    at: datetime.datetime = SIGNED_AT,
    field: str = "Chu ky 1",
    stamped: bool = False,
) -> bytes:
    """`pdf` with one more signature in PAdES; its time is what the signer claims, or `stamped` by an authority."""
    tool = PdfSigner(
        PdfSignatureMetadata(field_name=field, md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES),
        signer=SimpleSigner.load_pkcs12_data(holder.pkcs12(), [], PASSWORD.encode()),
        timestamper=stamper() if stamped else None,
        new_field_spec=SigFieldSpec(field),
    )
    with time_machine.travel(at, tick=False):
        return bytes(tool.sign_pdf(IncrementalPdfFileWriter(BytesIO(pdf))).getbuffer())
