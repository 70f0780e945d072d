from typing import Any

from django import forms
from django.db import models

from childfriendly.core.forms import NfcCharField, PlainForm
from papers.kinds import Desk, Kind
from papers.models import Issuer
from papers.rendering.layout import LONGEST
from papers.services.issuers import Printed, kinds_of

MOST_TEXT = 4000


def _name(field: str, *, help_text: str, required: bool = True) -> NfcCharField:
    column = Issuer._meta.get_field(field)
    if not isinstance(column, models.CharField):
        raise TypeError(f"Issuer.{field} is no line of text.")
    label = str(column.verbose_name)
    return NfcCharField(
        label=label[:1].upper() + label[1:],
        max_length=column.max_length,
        required=required,
        help_text=help_text,
        error_messages={"required": f"Nhập {label}."},
    )


class IssuerForm(PlainForm, forms.Form):
    """One text area for the recipients and one for the further bases of each kind of paper of the desk."""

    body_name = _name("body_name", help_text="Ví dụ: Ủy ban nhân dân huyện Tháp Mười")
    parent_body_name = _name(
        "parent_body_name", required=False, help_text="In ở dòng đầu, bên trái; để trống nếu không có"
    )
    place = _name("place", help_text="Đứng trước ngày tháng, ví dụ: Tháp Mười")
    abbreviation = _name("abbreviation", help_text="Ví dụ: UBND, LĐTBXH")
    drafter = _name("drafter", required=False, help_text="Ví dụ: VX; in trong ký hiệu công văn và dòng «Lưu: VT, VX»")
    is_collective = forms.BooleanField(
        label="Làm việc theo chế độ tập thể (ký TM.)",
        required=False,
        help_text="Ủy ban nhân dân: có. Cơ quan chuyên môn và quyết định của riêng Chủ tịch: không",
    )
    by_order_of = _name(
        "by_order_of", required=False, help_text="Chỉ khi ký thừa lệnh: chức danh người giao, ví dụ: Chủ tịch"
    )

    def __init__(self, *args: Any, desk: Desk, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kinds = kinds_of(desk)
        for kind in self.kinds:
            self.fields[f"recipients_{kind.value}"] = NfcCharField(
                label=f"Nơi nhận của {_small(kind.label)}",
                required=False,
                max_length=MOST_TEXT,
                widget=forms.Textarea(attrs={"rows": 3}),
                help_text="Mỗi nơi nhận một dòng; để trống thì in theo đề xuất. Dòng «Lưu: VT» có sẵn",
            )
            self.fields[f"bases_{kind.value}"] = NfcCharField(
                label=f"Căn cứ thêm của {_small(kind.label)}",
                required=False,
                max_length=MOST_TEXT,
                widget=forms.Textarea(attrs={"rows": 2}),
                help_text="Mỗi căn cứ một dòng, bắt đầu bằng «Căn cứ»",
            )
        if desk is Desk.DECIDING:
            self.fields["certificate_layout"] = NfcCharField(
                label="Mẫu giấy công nhận riêng",
                required=False,
                max_length=LONGEST,
                widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
                help_text="Để trống thì dùng mẫu có sẵn. Cách viết: xem tài liệu «Mẫu giấy công nhận riêng»",
            )

    def printed(self) -> Printed:
        given = self.cleaned_data
        return Printed(
            **{field: given[field] for field in ("body_name", "parent_body_name", "place", "abbreviation", "drafter")},
            is_collective=given["is_collective"],
            by_order_of=given["by_order_of"],
            recipients={kind: given[f"recipients_{kind.value}"].splitlines() for kind in self.kinds},
            bases={kind: given[f"bases_{kind.value}"].splitlines() for kind in self.kinds},
            certificate_layout=given.get("certificate_layout", ""),
        )

    def of_kinds(self) -> list[tuple[Kind, forms.BoundField, forms.BoundField]]:
        """For the page: each kind with its two fields."""
        return [(kind, self[f"recipients_{kind.value}"], self[f"bases_{kind.value}"]) for kind in self.kinds]

    @staticmethod
    def initial_of(issuer: Issuer) -> dict[str, Any]:
        plain = ("body_name", "parent_body_name", "place", "abbreviation", "drafter", "is_collective", "by_order_of")
        return {
            **{field: getattr(issuer, field) for field in plain},
            **{f"recipients_{kind}": "\n".join(lines) for kind, lines in issuer.recipients.items()},
            **{f"bases_{kind}": "\n".join(lines) for kind, lines in issuer.bases.items()},
            "certificate_layout": issuer.certificate_layout,
        }


def _small(label: str) -> str:
    return label[:1].lower() + label[1:]
