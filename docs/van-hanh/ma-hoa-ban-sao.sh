#!/usr/bin/env bash
# ma-hoa-ban-sao.sh NƠI_SAO_LƯU KHÓA_CÔNG_KHAI NƠI_ĐẶT: mã hóa bản sao lưu mới nhất đã kiểm tra thành một tệp.
# Máy chủ chỉ có khóa công khai, nên chính nó cũng không mở lại được tệp này.
set -euo pipefail
umask 077
[[ $# == 3 ]] || { echo "Cách dùng: $0 NƠI_SAO_LƯU KHÓA_CÔNG_KHAI NƠI_ĐẶT" >&2; exit 2; }
backups=$1 key=$2 target=$3

newest=$(find "$backups" -mindepth 2 -maxdepth 2 -path '*Z/verified.json' | sort | tail -n 1)
[[ -n "$newest" ]] || { echo "Chưa có bản sao lưu nào đã kiểm tra trong $backups." >&2; exit 1; }
name=$(basename "$(dirname "$newest")")
[[ ! -e "$target/$name.tar.gpg" ]] || { echo "Bản $name đã được mã hóa."; exit 0; }

home=$(mktemp -d)
trap 'rm -rf "$home" "$target/$name.tar.gpg.part"' EXIT
mkdir -p "$target"
tar --create --directory "$backups" "$name" |
  gpg --homedir "$home" --batch --quiet --no-options --trust-model always --recipient-file "$key" --encrypt \
    --output "$target/$name.tar.gpg.part"
sync "$target/$name.tar.gpg.part"
mv "$target/$name.tar.gpg.part" "$target/$name.tar.gpg"
find "$target" -name '*.tar.gpg' -printf '%f\n' | sort | head -n -30 | while read -r old; do rm -- "${target:?}/$old"; done
echo "Đã mã hóa: $target/$name.tar.gpg"
