# Everything an operator or a developer starts. `make` alone lists it.
.PHONY: help run test check-supply bench scan sabotage lock docs shots clean
.DEFAULT_GOAL := help

PYTHON_IN_VENV := .venv/bin/python
LOCK := CUSTOM_COMPILE_COMMAND="make lock" $(PYTHON_IN_VENV) -m piptools compile --quiet --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --strip-extras --allow-unsafe

help:
	@echo "make run    chuẩn bị máy và mở hệ thống tại http://127.0.0.1:8000"
	@echo "make test   chạy mọi phép kiểm tra, dừng ở lỗi đầu tiên"
	@echo "make check-supply  kiểm tra thư viện: lỗ hổng đã biết, giấy phép, danh mục thành phần"
	@echo "make bench  đo tốc độ, in theo tỷ lệ"
	@echo "make scan   quét lỗ hổng bản chạy thử với từng vai trò (wapiti), khoảng nửa giờ"
	@echo "make sabotage  cố ý làm hỏng từng chỗ, xem phép thử nào phát hiện"
	@echo "make docs   tạo lại các tài liệu sinh từ mã nguồn"
	@echo "make shots  chụp lại các màn hình trong docs/screenshots/"
	@echo "make lock   ghim lại phiên bản thư viện (thêm NANG_CAP=1 để nâng cấp)"
	@echo "make clean  xóa môi trường và tệp tạm, giữ nguyên dữ liệu trong var/"

run:
	@scripts/setup.sh run
	@exec $(PYTHON_IN_VENV) scripts/serve.py

test:
	@scripts/setup.sh checks
	@exec scripts/check.sh

check-supply:
	@scripts/setup.sh checks
	@exec $(PYTHON_IN_VENV) scripts/supply.py

bench:
	@scripts/setup.sh checks
	@exec $(PYTHON_IN_VENV) scripts/bench

scan:
	@scripts/setup.sh run
	@scripts/setup.sh scan
	@exec $(PYTHON_IN_VENV) scripts/scan.py

sabotage:
	@scripts/setup.sh checks
	@exec $(PYTHON_IN_VENV) scripts/sabotage.py

lock:
	@scripts/setup.sh checks
	@$(LOCK) $(if $(NANG_CAP),--upgrade) --output-file=requirements.txt requirements.in
	@$(LOCK) $(if $(NANG_CAP),--upgrade) --output-file=requirements-dev.txt requirements-dev.in
	@$(LOCK) $(if $(NANG_CAP),--upgrade) --output-file=requirements-scan.txt requirements-scan.in

docs:
	@scripts/setup.sh run
	@exec scripts/docs.sh

shots:
	@scripts/setup.sh checks
	@SCREENSHOTS=1 $(PYTHON_IN_VENV) -m pytest tests/browser/test_pages.py -k picture
	@SCREENSHOTS=1 $(PYTHON_IN_VENV) -m pytest tests/integration/test_printed_papers.py

clean:
	@rm -rf .venv .venv-scan .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis var/static var/static.stamp
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
