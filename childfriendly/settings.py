"""All settings. Every value that differs between machines is read from the environment (or `.env`), typed and checked;
`.env.example` lists them. A wrong value stops the start with a sentence, never with a half-working site."""

import os
from pathlib import Path

import environ
from bootstrap_wrapper import get_bootstrap_dir
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.FileAwareEnv()
environ.Env.read_env(BASE_DIR / ".env")

# pikepdf brings lxml along, and openpyxl would then read workbooks with it and past defusedxml; said before its import.
os.environ["OPENPYXL_LXML"] = "False"

SAMPLE_SECRET_KEY = "khoa-mau-chi-dung-tren-may-thu-nghiem"  # noqa: S105 — refused outside debug and demo, see below

# ---- what differs between machines -------------------------------------------------------------------------------
DEBUG = env.bool("DEBUG", default=False)
DEMO_ALLOWED = env.bool("DEMO_ALLOWED", default=False)  # demo data, its accounts and its watermark
DEMO_PASSWORD = env.str("DEMO_PASSWORD", default="xa-phu-hop-voi-tre-em")  # of the demo's accounts alone
SECRET_KEY = env.str("SECRET_KEY", default="")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])  # older keys, for a day after a change
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
SITE_URL = env.str("SITE_URL", default="http://127.0.0.1:8000")  # absolute links come from here, never from the request
HTTPS = env.bool("HTTPS", default=False)  # served over TLS: secure cookies, HSTS, redirects
PROXY_COUNT = env.int("PROXY_COUNT", default=0)  # trusted proxies in front that set X-Forwarded-*
PROXY_REQUEST_TIME = env.bool("PROXY_REQUEST_TIME", default=False)  # the proxy sets X-Request-Time (core/clock.py)
READ_ONLY = env.bool("READ_ONLY", default=False)  # pages open, nothing is changed: while a server is moved or mended
DEADLINE_GRACE_MINUTES = env.int("DEADLINE_GRACE_MINUTES", default=10)  # late, but marked as within the technical grace
VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var")))  # database, uploads, collected static files
BACKUP_DIR = Path(env.str("BACKUP_DIR")) if env.str("BACKUP_DIR", default="") else None
BACKUP_KEEP = env.int("BACKUP_KEEP", default=14)  # how many backups stay
READYZ_TOKEN = env.str("READYZ_TOKEN", default="")  # who sends it reads what /readyz found
JOB_TIMEOUT = env.int("JOB_TIMEOUT", default=300)  # seconds that one job in the background may take
HELP_LINE = env.str("HELP_LINE", default="Liên hệ cán bộ quản trị hệ thống của tỉnh để được hỗ trợ.")

if not SECRET_KEY:
    if not (DEBUG or DEMO_ALLOWED):
        raise ImproperlyConfigured("Thiếu SECRET_KEY. Đặt một chuỗi ngẫu nhiên dài ít nhất 50 ký tự trong tệp .env.")
    SECRET_KEY = SAMPLE_SECRET_KEY
elif SECRET_KEY == SAMPLE_SECRET_KEY and not (DEBUG or DEMO_ALLOWED):
    raise ImproperlyConfigured("SECRET_KEY đang là khóa mẫu. Đặt một chuỗi ngẫu nhiên khác trong tệp .env.")

# Seals the audit rows, so it must not lie in the database; never changed, or the rows before no longer verify.
AUDIT_KEY = env.str("AUDIT_KEY", default="")
if not (DEBUG or DEMO_ALLOWED) and AUDIT_KEY in ("", SAMPLE_SECRET_KEY, SECRET_KEY):
    raise ImproperlyConfigured("AUDIT_KEY phải là một chuỗi ngẫu nhiên riêng, khác SECRET_KEY. Đặt trong tệp .env.")
AUDIT_KEY = AUDIT_KEY or SAMPLE_SECRET_KEY
AUDIT_KEEP_MONTHS = env.int("AUDIT_KEEP_MONTHS", default=24)  # before `manage.py purge_audit` may move rows out
if AUDIT_KEEP_MONTHS < 12:
    raise ImproperlyConfigured("AUDIT_KEEP_MONTHS phải từ 12 trở lên: nhật ký được giữ ít nhất một năm.")

# Files about single children lie on disk under this key, which is never in the database (SECURITY.md F-13).
EVIDENCE_KEY = env.str("EVIDENCE_KEY", default="")
EVIDENCE_KEY_FALLBACKS = env.list("EVIDENCE_KEY_FALLBACKS", default=[])  # older keys: they open, they seal nothing
if not (DEBUG or DEMO_ALLOWED) and (len(EVIDENCE_KEY) < 40 or EVIDENCE_KEY in (SECRET_KEY, AUDIT_KEY)):
    raise ImproperlyConfigured(
        "Thiếu EVIDENCE_KEY để mã hóa tệp nhạy cảm. Đặt trong tệp .env một chuỗi ngẫu nhiên dài ít nhất 40 ký tự, "
        "khác SECRET_KEY và AUDIT_KEY, cất một bản ở nơi an toàn: mất khóa là mất tệp."
    )
EVIDENCE_KEY = EVIDENCE_KEY or f"chỉ để chạy thử: {SECRET_KEY}"
# Opens the seeds of second factors. «new,old» while `manage.py encrypt_second_factors` moves them to the new one.
MFA_KEY = env.str("MFA_KEY", default="")
if not (DEBUG or DEMO_ALLOWED) and (len(MFA_KEY) < 32 or SECRET_KEY in MFA_KEY):
    raise ImproperlyConfigured("MFA_KEY phải là một chuỗi ngẫu nhiên riêng, ít nhất 32 ký tự. Đặt trong tệp .env.")
MFA_KEY = MFA_KEY or SECRET_KEY
SECOND_FACTOR_FOR_COMMUNES = env.bool("SECOND_FACTOR_FOR_COMMUNES", default=False)
SECOND_FACTOR_WAIVED = env.bool("SECOND_FACTOR_WAIVED", default=False)  # so that a newcomer can try the demo
if SECOND_FACTOR_WAIVED and not DEMO_ALLOWED:
    raise ImproperlyConfigured(
        "SECOND_FACTOR_WAIVED=1 chỉ dùng được khi DEMO_ALLOWED=1: máy dùng thật luôn đòi xác thực hai bước."
    )
SESSION_IDLE_MINUTES = env.int("SESSION_IDLE_MINUTES", default=60)
SESSION_IDLE_MINUTES_OFFICE = env.int("SESSION_IDLE_MINUTES_OFFICE", default=30)  # leaders, clerks, province, admins
SESSION_HOURS = env.int("SESSION_HOURS", default=12)
if min(SESSION_IDLE_MINUTES, SESSION_IDLE_MINUTES_OFFICE) < 5 or not 1 <= SESSION_HOURS <= 24:
    raise ImproperlyConfigured("Phiên đăng nhập: SESSION_IDLE_MINUTES từ 5 phút, SESSION_HOURS từ 1 đến 24 giờ.")

# ---- applications ------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "childfriendly.core.staticfiles.UsedStaticFilesConfig",
    "django_htmx",
    "crispy_forms",
    "crispy_bootstrap5",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "django_q",
    "childfriendly.core",
    "communes",
    "criteria",
    "assessments",
    "papers",
    "reports",
]

MIDDLEWARE = [
    "childfriendly.core.clock.stamp_receipt",  # before anything reads the body
    "childfriendly.core.middleware.security_headers",  # first: no answer leaves without them
    "childfriendly.core.middleware.known_origin",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "assessments.views.files.evidence_host",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "childfriendly.core.middleware.clean_request",
    "childfriendly.core.middleware.alive",  # before sessions: it asks no database
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "childfriendly.core.middleware.csrf_header_first",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "communes.middleware.session_limits",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "childfriendly.core.middleware.clean_body",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "communes.middleware.account_gate",
    "django_htmx.middleware.HtmxMiddleware",
    "childfriendly.core.middleware.refusals",
    "childfriendly.core.middleware.read_only",
]

ROOT_URLCONF = "childfriendly.urls"
WSGI_APPLICATION = "childfriendly.wsgi.application"
ASGI_APPLICATION = "childfriendly.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "childfriendly.core.context.site",
                "childfriendly.navigation.menu",
            ],
        },
    },
]

# ---- database ----------------------------------------------------------------------------------------------------
DATABASES = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'db.sqlite3'}")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # WAL and IMMEDIATE: with the defaults most of 20 parallel writers die with "database is locked".
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; "
            # no trusted_schema=OFF: the SQLite of Debian 12 then refuses the CHECK of a JSONField
            "PRAGMA secure_delete=ON;"
        ),
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 60
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True

# ---- work in the background --------------------------------------------------------------------------------------
IMPORTS_ROOT = VAR_DIR / "imports"  # workbooks between preview and confirmation, for a day
CSV_SEPARATOR = env.str("CSV_SEPARATOR", default=";")  # what Excel of a Vietnamese Windows expects
if CSV_SEPARATOR not in (";", ","):
    raise ImproperlyConfigured("CSV_SEPARATOR phải là dấu chấm phẩy (;) hoặc dấu phẩy (,). Sửa trong tệp .env.")
JOBS_ROOT = VAR_DIR / "jobs"  # what jobs made, kept for a week; served only to who asked for it
Q_CLUSTER = {
    "name": "childfriendly",
    "orm": "default",
    "workers": 1,
    "queue_limit": 1,  # what waits stays in the database, not in the memory of one worker
    "timeout": JOB_TIMEOUT,
    "retry": JOB_TIMEOUT + 30,
    "max_attempts": 3,
    "recycle": 20,  # WeasyPrint grows with every paper
    "save_limit": -1,  # the row of the job says how it ended
    "catch_up": False,
    "poll": 1,
    "guard_cycle": 1,
    "cache": "worker",
    "log_level": "WARNING",
}
# What processes must count together (sign-in failures, used codes) is in the database, for workers share nothing else.
# Room enough that nobody can push counts out by trying many names; what is past its time is cleared first.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "shared_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    },
    # django-q2 writes its state there every second; nobody else reads it, so it need not reach a disk
    "worker": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "worker"},
}

EMAIL_BACKEND = "childfriendly.core.restored.EmailBackend"

# ---- people ------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "communes.User"
AUTHENTICATION_BACKENDS = ["communes.accounts.Backend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",  # accounts from before change over at their next sign-in
]
TEMPORARY_PASSWORD_HOURS = env.int("TEMPORARY_PASSWORD_HOURS", default=72)
PASSWORD_MIN_CLASSES = env.int("PASSWORD_MIN_CLASSES", default=0)  # for audits on TCVN; ASVS 6.2.5 wants none
PASSWORD_MAX_AGE_DAYS = env.int("PASSWORD_MAX_AGE_DAYS", default=0)  # the same; ASVS 6.2.10 wants none
if not 1 <= TEMPORARY_PASSWORD_HOURS <= 72:
    raise ImproperlyConfigured("TEMPORARY_PASSWORD_HOURS phải từ 1 đến 72 giờ.")
if not 0 <= PASSWORD_MIN_CLASSES <= 4:
    raise ImproperlyConfigured("PASSWORD_MIN_CLASSES phải từ 0 đến 4 loại ký tự.")
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["username", "full_name"]},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "communes.validators.ContextWordsValidator"},
    {"NAME": "communes.validators.CharacterClassesValidator", "OPTIONS": {"min_classes": PASSWORD_MIN_CLASSES}},
]
LOGIN_LOCK_MINUTES = env.int("LOGIN_LOCK_MINUTES", default=5)
LOGIN_TRIES_PER_ACCOUNT = env.int("LOGIN_TRIES_PER_ACCOUNT", default=5)  # from one address, within those minutes
LOGIN_TRIES_PER_ADDRESS = env.int("LOGIN_TRIES_PER_ADDRESS", default=50)  # a whole commune shares one address
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "communes.accounts.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_PRESERVE_USERNAME_CASING = False
ACCOUNT_RATE_LIMITS = {
    "login": None,  # an office that signs in at eight o'clock is no attack: what is counted are the failures
    "login_failed": (
        f"{LOGIN_TRIES_PER_ADDRESS}/{LOGIN_LOCK_MINUTES}m/ip,{LOGIN_TRIES_PER_ACCOUNT}/{LOGIN_LOCK_MINUTES}m/key"
    ),
}
ACCOUNT_REAUTHENTICATION_TIMEOUT = 5 * 60  # seconds for which one proof of identity serves (communes.auth)
MFA_ADAPTER = "communes.accounts.MFAAdapter"
MFA_FORMS = {
    "authenticate": "communes.second_factor_forms.AuthenticateForm",
    "reauthenticate": "communes.second_factor_forms.ReauthenticateForm",
}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_ISSUER = "Cấp xã phù hợp với trẻ em"
MFA_TOTP_PERIOD = 30
MFA_TOTP_TOLERANCE = 1  # steps before and after: telephones are seldom right to the second
ALLAUTH_TRUSTED_PROXY_COUNT = PROXY_COUNT
SESSION_COOKIE_AGE = SESSION_HOURS * 60 * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "childfriendly.core.views.csrf_failure"

# ---- language, time ----------------------------------------------------------------------------------------------
# No LocaleMiddleware: an English Windows must not get an English page, so nothing asks what the browser prefers.
LANGUAGE_CODE = "vi"
LANGUAGES = [("vi", "Tiếng Việt")]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["childfriendly.core.formats"]
USE_I18N = True
USE_THOUSAND_SEPARATOR = False  # a bare {{ year }} must not read 2.024; figures are grouped by the `number` filter
USE_TZ = True
TIME_ZONE = "Asia/Ho_Chi_Minh"

# ---- static files and uploads ------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static", ("bootstrap", get_bootstrap_dir())]
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ("map", "woff2", "png", "jpg")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
MEDIA_ROOT = VAR_DIR / "files"  # outside the web root: served only through a view that checks the dossier
FILE_UPLOAD_PERMISSIONS = 0o640
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o750
EVIDENCE_MAX_FILES_PER_ITEM = 50
EVIDENCE_ACCESS_MINUTES = 15  # how long a reason opens one file to one person
UNUSUAL_READS_A_DAY = env.int("UNUSUAL_READS_A_DAY", default=20)  # sensitive files of one person, see /bat-thuong/
EXPORTS_PER_MINUTE = 5  # of one person, files of every kind
PUBLIC_PAGES_PER_MINUTE = 30  # of one address, without signing in
PUBLIC_FILES_PER_MINUTE = 10  # the same, the public list as a file
EVIDENCE_QUOTA_BYTES = env.int("EVIDENCE_QUOTA_MB", default=2048) * 1024 * 1024  # of one commune in one period
EVIDENCE_HOST = env.str("EVIDENCE_HOST", default="")  # a second name of this site for files alone, without cookies
if EVIDENCE_HOST:
    ALLOWED_HOSTS = [*ALLOWED_HOSTS, EVIDENCE_HOST.partition(":")[0]]
CLAMD_SOCKET = env.str("CLAMD_SOCKET", default="")  # /run/clamav/clamd.ctl or tcp://127.0.0.1:3310
X_ACCEL_PREFIX = env.str("X_ACCEL_PREFIX", default="")  # nginx's internal address of MEDIA_ROOT: it sends the bytes
# The seal of one agency on its own papers (papers.services.seal), and whose signatures on papers are trusted.
SEAL_PKCS12 = env.str("SEAL_PKCS12", default="")  # path of the certificate with its key; empty: nothing is sealed
SEAL_PASSWORD = env.str("SEAL_PASSWORD", default="")
SEAL_UNIT = env.str("SEAL_UNIT", default="")  # code of the unit whose seal it is
SEAL_DESK = env.str("SEAL_DESK", default="deciding")  # and which of its desks (papers.kinds.Desk)
SIGNATURE_TRUST_ROOTS = env.str("SIGNATURE_TRUST_ROOTS", default="")  # folder of root certificates, PEM or DER
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
DATA_UPLOAD_MAX_NUMBER_FILES = 10

# ---- pages -------------------------------------------------------------------------------------------------------
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"
CRISPY_FAIL_SILENTLY = False

# ---- browser -----------------------------------------------------------------------------------------------------
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
if HTTPS:
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    # The browsers' preload list is for whoever owns the whole domain (gov.vn) to ask for, and hard to leave.
    SILENCED_SYSTEM_CHECKS = ["security.W021"]
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    SESSION_COOKIE_NAME = "__Host-sessionid"
    CSRF_COOKIE_NAME = "__Host-csrftoken"
    if PROXY_COUNT:
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# ---- the log -----------------------------------------------------------------------------------------------------
# JSON lines; no mail to administrators, who would get what people typed. The line of each request
# (childfriendly.access) goes to the screen or to a file that logrotate may move away.
ACCESS_LOG = env.str("ACCESS_LOG", default="-")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "childfriendly.core.logs.JsonLines"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "json"},
        "access": {
            "formatter": "json",
            **(
                {"class": "logging.StreamHandler", "stream": "ext://sys.stdout"}
                if ACCESS_LOG == "-"
                else {"class": "logging.handlers.WatchedFileHandler", "filename": ACCESS_LOG, "delay": True}
            ),
        },
    },
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "django": {"handlers": [], "level": "WARNING", "propagate": True},  # not Django's own mail_admins
        "django.request": {"level": "ERROR"},  # the rest stands in the line of the request
        "childfriendly.access": {"handlers": ["access"], "level": "INFO", "propagate": False},
    },
}
