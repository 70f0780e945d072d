#!/usr/bin/env bash
# Prepares the machine: Python, .venv, the pinned libraries, the system packages. A second time costs nothing.
#   scripts/setup.sh run      what the running system needs
#   scripts/setup.sh checks   that, and what `make test` needs
#   scripts/setup.sh scan     that, and the scanner in an environment of its own (.venv-scan)
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/system-packages.sh

purpose=${1:-run}

stop() {
  printf '%s\n' "$@" >&2
  exit 1
}

is_recent() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
  local candidate
  for candidate in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11; do
    if command -v "$candidate" >/dev/null && is_recent "$candidate"; then
      command -v "$candidate"
      return
    fi
  done
  return 1
}

# make_venv FOLDER
make_venv() {
  local python version
  python=$(find_python) || stop "Cần Python 3.11 trở lên. Cài python3 (Debian 12, Ubuntu 24.04 trở lên: apt-get install python3)" \
    "hoặc chỉ đường dẫn: PYTHON=/duong/dan/python3 make run"
  # Debian ships the venv module without ensurepip unless python3.X-venv is there.
  if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    version=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    if ! can_install || ! { apt_quiet install -y "$version" || { apt_quiet update && apt_quiet install -y "$version"; }; }; then
      stop "Python thiếu mô-đun tạo môi trường riêng. Chạy một lần dòng lệnh sau rồi chạy lại:" \
        "  sudo apt-get update && sudo apt-get install -y $version"
    fi
  fi
  echo "Đang tạo môi trường Python ($1)…"
  rm -rf "$1"
  "$python" -m venv "$1"
}

# install_pinned FOLDER FILE: skipped while the stamp in the folder holds the file's own hash.
install_pinned() {
  local stamp=$1/stamp-$2 hash
  hash=$(sha256sum <"$2")
  [[ "$(cat "$stamp" 2>/dev/null || true)" == "$hash" ]] && return
  echo "Đang cài thư viện đã ghim trong $2…"
  "$1/bin/python" -m pip install --quiet --quiet --disable-pip-version-check --no-input --require-hashes -r "$2" ||
    stop "Không cài được thư viện trong $2. Kiểm tra kết nối mạng rồi chạy lại."
  echo "$hash" >"$stamp"
}

has_venv() { [[ -x $1/bin/python ]] && is_recent "$1/bin/python" && "$1/bin/python" -c 'import pip' 2>/dev/null; }

has_venv .venv || make_venv .venv
install_pinned .venv requirements.txt

case $purpose in
  run)
    ensure_packages run_packages || echo "Hệ thống vẫn chạy, nhưng chưa tạo được tệp PDF cho đến khi cài đủ các gói trên." >&2
    ;;
  checks)
    install_pinned .venv requirements-dev.txt
    ensure_packages run_packages check_packages || stop "Chưa kiểm tra được vì thiếu các gói trên." \
      "Nơi không có gói chromium (Ubuntu): cài Chromium hoặc Chrome rồi chạy CHROMIUM=/duong/dan/chuong-trinh make test"
    ;;
  scan)
    has_venv .venv-scan || make_venv .venv-scan
    install_pinned .venv-scan requirements-scan.txt
    ;;
  *) stop "Cách dùng: scripts/setup.sh run|checks|scan" ;;
esac
