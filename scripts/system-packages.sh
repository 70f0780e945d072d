# The one place that names what comes from Debian or Ubuntu. Sourced by scripts/setup.sh.
# Checks ask dpkg only, so that a machine that has everything pays a few milliseconds.

is_installed() {
  [[ "$(dpkg-query --show --showformat '${db:Status-Abbrev}' "$1" 2>/dev/null || true)" == ii* ]]
}

# Major version of what is installed, or of what apt would install; empty when neither is known.
installed_major() {
  dpkg-query --show --showformat '${Version}' "$1" 2>/dev/null | sed -E 's/^[0-9]+://; s/[^0-9].*$//' || true
}
candidate_major() {
  LC_ALL=C apt-cache policy "$1" 2>/dev/null | sed -nE 's/^ *Candidate: ([0-9]+:)?([0-9]+).*$/\2/p' || true
}

# Liberation Serif has the widths of Times New Roman. Only 2.x has the Vietnamese letters, and Debian 12 ships 1.07 under
# the plain name beside 2.x under the second one; later releases dropped the second name.
font_package() {
  local package major
  for package in fonts-liberation fonts-liberation2; do
    is_installed "$package" && major=$(installed_major "$package") && ((${major:-0} >= 2)) && echo "$package" && return
  done
  for package in fonts-liberation fonts-liberation2; do
    major=$(candidate_major "$package") && ((${major:-0} >= 2)) && echo "$package" && return
  done
  # apt knows neither yet (no package lists): go by the release.
  if (. /etc/os-release && [[ "$ID:${VERSION_ID:-}" == debian:12 ]]); then echo fonts-liberation2; else echo fonts-liberation; fi
}

# What the running system needs: the libraries that WeasyPrint loads, the font of the papers, and fc-list to check it.
# Without libharfbuzz-subset0 a certificate takes five times as long.
run_packages() {
  echo libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fontconfig "$(font_package)"
}

# What the checks need on top. CHROMIUM names another Chromium where the release has none as a package (Ubuntu).
check_packages() {
  echo poppler-utils postgresql clamav-daemon nginx-light systemd gnupg openssl libreoffice-calc-nogui libreoffice-writer-nogui qpdf
  [[ -x "${CHROMIUM:-}" ]] || echo chromium
}

can_install() { [[ "$(id -u)" == 0 ]] && command -v apt-get >/dev/null; }

apt_quiet() {
  local log
  log=$(mktemp)
  if ! DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120 "$@" >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    rm -f "$log"
    return 1
  fi
  rm -f "$log"
}

# ensure_packages LISTING_FUNCTION…: installs what is missing, or prints the one line that does and returns 1.
ensure_packages() {
  command -v dpkg-query >/dev/null || {
    echo "Máy này không dùng gói Debian/Ubuntu: hãy tự cài Pango, HarfBuzz (harfbuzz-subset) và phông Liberation 2.x." >&2
    return 1
  }
  local missing
  missing=$(missing_packages "$@")
  [[ -n "$missing" ]] || return 0
  if can_install; then
    # The choice of the font package may change once the package lists are there.
    echo "Đang cài gói hệ thống còn thiếu…"
    apt_quiet update || true
    missing=$(missing_packages "$@")
    # shellcheck disable=SC2086
    apt_quiet install -y --no-install-recommends $missing && return 0
  fi
  echo "Thiếu gói hệ thống. Chạy một lần dòng lệnh sau:" >&2
  echo "  sudo apt-get update && sudo apt-get install -y --no-install-recommends $missing" >&2
  return 1
}

missing_packages() {
  local listing package missing=()
  for listing in "$@"; do
    for package in $($listing); do
      is_installed "$package" || missing+=("$package")
    done
  done
  echo "${missing[*]}"
}
