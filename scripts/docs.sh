#!/usr/bin/env bash
# Writes again what the code itself describes; a test compares each page with the code.
set -euo pipefail
cd "$(dirname "$0")/.."

DEBUG=0 DEMO_ALLOWED=1 .venv/bin/python manage.py shell --no-imports --command \
  'from assessments.workflow import as_markdown; print(as_markdown(), end="")' >docs/workflow.md.new
mv docs/workflow.md.new docs/workflow.md
echo "Đã ghi docs/workflow.md."
