"""What may be uploaded, how it is kept and how it is handed out again."""

from childfriendly.core.files.checks import CheckedUpload, check_upload
from childfriendly.core.files.keeping import (
    content_of,
    delete_if_older,
    files_older_than,
    is_sealed,
    sha256_of,
    store,
    stored_path,
)
from childfriendly.core.files.naming import (
    CONTENT_TYPES,
    EVIDENCE_EXTENSIONS,
    MAX_FILE_BYTES,
    SAFE_TO_SHOW,
    clean_name,
    content_type_for,
    extension_of,
    megabytes,
)
from childfriendly.core.files.office import check_archive
from childfriendly.core.files.scanning import Scan, scan, waits_for_scan
from childfriendly.core.files.sealing import BrokenSealError, keys
from childfriendly.core.files.serving import file_response, serve

__all__ = [
    "CONTENT_TYPES",
    "EVIDENCE_EXTENSIONS",
    "MAX_FILE_BYTES",
    "SAFE_TO_SHOW",
    "BrokenSealError",
    "CheckedUpload",
    "Scan",
    "check_archive",
    "check_upload",
    "clean_name",
    "content_of",
    "content_type_for",
    "delete_if_older",
    "extension_of",
    "file_response",
    "files_older_than",
    "is_sealed",
    "keys",
    "megabytes",
    "scan",
    "serve",
    "sha256_of",
    "store",
    "stored_path",
    "waits_for_scan",
]
