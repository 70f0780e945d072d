#!/usr/bin/env bash
# Writes again what the code itself describes; a test compares each page with the code.
set -euo pipefail
cd "$(dirname "$0")/.."

write() { # from the module that describes itself to the page
  DEBUG=0 DEMO_ALLOWED=1 .venv/bin/python manage.py shell --no-imports --command \
    "from $1 import as_markdown; print(as_markdown(), end='')" >"$2.new"
  mv "$2.new" "$2"
  echo "Đã ghi $2."
}

write assessments.workflow docs/workflow.md
write assessments.policy docs/quyen-han.md
write papers.policy docs/quyen-han-van-ban.md
