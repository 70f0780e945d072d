#!/usr/bin/env bash
# Every check, cheapest first; stops at the first that fails (`make test`, .ci/run).
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.venv/bin:$PATH"
python=.venv/bin/python

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

step() {
  local name=$1
  shift
  printf '\n── %s\n' "$name"
  SECONDS=0
  if ! "$@"; then
    printf '\nKHÔNG ĐẠT: %s\n' "$name" >&2
    exit 1
  fi
  printf '   đạt (%d giây)\n' "$SECONDS"
}

# A trial machine for what only imports the settings, whatever .env or the shell say.
as_trial() {
  env DEBUG=0 DEMO_ALLOWED=1 HTTPS=0 SECRET_KEY=chi-dung-khi-kiem-tra VAR_DIR="$scratch" \
    DATABASE_URL="sqlite:///$scratch/db.sqlite3" "$@"
}

random_key() { $python -c 'import secrets; print(secrets.token_urlsafe(50))'; }

# A machine as a province would run it.
as_production() {
  env DEBUG=0 DEMO_ALLOWED=0 HTTPS=1 PROXY_COUNT=1 VAR_DIR="$scratch" DATABASE_URL="sqlite:///$scratch/db.sqlite3" \
    ALLOWED_HOSTS=xaphuhop.example.gov.vn SITE_URL=https://xaphuhop.example.gov.vn \
    SECRET_KEY="$(random_key)" AUDIT_KEY="$(random_key)" EVIDENCE_KEY="$(random_key)" MFA_KEY="$(random_key)" "$@"
}

# Tests run in an order drawn from what the tree holds: another commit is checked in another order, the same commit again
# in the same one, so that whatever failed fails again. So it is with the examples of the property tests.
order=$((16#$(git rev-parse --short=8 'HEAD^{tree}' | cut -c1-8)))
export PYTEST_ADDOPTS="--randomly-seed=$order --hypothesis-seed=$order ${PYTEST_ADDOPTS:-}"

templates() { git ls-files -z 'templates/**.html' '*/templates/**.html' | xargs -0 --no-run-if-empty djade --check; }

on_sqlite() { env -u DATABASE_URL "$@"; }
# With a PostgreSQL of the caller's own in DATABASE_URL, that one; a private one otherwise.
on_postgres() {
  if [[ "${DATABASE_URL:-}" == postgres* ]]; then "$@"; else $python scripts/with_postgres.py "$@"; fi
}

step "ruff: lỗi và quy ước" ruff check
step "ruff: trình bày" ruff format --check
step "djade: trình bày khuôn mẫu" templates
step "import-linter: chiều phụ thuộc" as_trial lint-imports
step "mypy: kiểu dữ liệu" as_trial mypy
step "Django: thiếu tệp chuyển đổi?" as_trial $python manage.py makemigrations --check --dry-run
step "Django: thiết lập máy dùng thật" as_production $python manage.py check --deploy --fail-level WARNING
step "Kiểm thử đơn vị" on_sqlite $python -m pytest tests/unit
step "Kiểm thử tích hợp trên SQLite" on_sqlite $python -m pytest tests/integration
step "Kiểm thử tích hợp trên PostgreSQL" on_postgres $python -m pytest tests/integration
step "Kiểm thử trên trình duyệt" $python -m pytest tests/browser

printf '\nMọi phép kiểm tra đều đạt.\n'
