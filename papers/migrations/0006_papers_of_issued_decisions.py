"""Decisions that were issued before papers were kept get their papers, with the numbers that they have: nothing is lost.

Their words stay frozen on the decision until the bytes are made. A commune that was recognised before there was a
register of certificates gets the next number, in the order of the decisions and of their annexes.
"""

import secrets

from django.db import migrations

LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def _code():
    return "".join(secrets.choice(LETTERS) for _ in range(10))


def _common(decision):
    return {
        "desk": "deciding",
        "state": "numbered",
        "unit_id": decision.deciding_unit_id,
        "period_id": decision.period_id,
        "appraising_unit_id": decision.proposal.appraising_unit_id,
        "deciding_unit_id": decision.deciding_unit_id,
        "drafted_at": decision.approved_at,
        "signer_id": decision.approved_by_id,
        "signed_at": decision.approved_at,
        "issued_on": decision.issued_on,
        # who approved may have typed the number too, as the old pages let them
        "numbered_by_id": None if decision.numbered_by_id == decision.approved_by_id else decision.numbered_by_id,
        "numbered_at": decision.numbered_at,
    }


def make_papers(apps, schema_editor):
    Decision = apps.get_model("assessments", "Decision")
    OldRegister = apps.get_model("assessments", "CertificateRegister")
    Paper, Register = apps.get_model("papers", "Paper"), apps.get_model("papers", "Register")
    for old in OldRegister.objects.order_by("pk"):
        Register.objects.get_or_create(unit_id=old.deciding_unit_id, year=old.year, defaults={"last": old.last})
    issued = Decision.objects.exclude(number="").select_related("proposal")
    for decision in issued.order_by("issued_on", "numbered_at", "pk"):
        common = _common(decision)
        if not Paper.objects.filter(kind="decision", decision=decision).exclude(state="dropped").exists():
            Paper.objects.create(
                kind="decision",
                form="QĐ",
                decision=decision,
                symbol=decision.symbol,
                number=decision.number,
                number_year=decision.number_year,
                code=_code(),
                **common,
            )
        register, _ = Register.objects.get_or_create(unit_id=decision.deciding_unit_id, year=decision.number_year)
        for item in decision.items.filter(result="recognised").select_related("dossier").order_by("position"):
            if Paper.objects.filter(kind="certificate", item=item).exists():
                continue
            if item.register_number is None:
                register.last += 1
            Paper.objects.create(
                kind="certificate",
                form="GCN",
                item=item,
                commune_id=item.dossier.commune_id,
                register=register,
                register_number=item.register_number or register.last,
                code=_code(),
                **common,
            )
        register.save(update_fields=["last"])


def give_numbers_back(apps, schema_editor):
    Paper, Register = apps.get_model("papers", "Paper"), apps.get_model("papers", "Register")
    OldRegister = apps.get_model("assessments", "CertificateRegister")
    old = {}
    for register in Register.objects.order_by("pk"):
        old[register.pk], _ = OldRegister.objects.update_or_create(
            deciding_unit_id=register.unit_id, year=register.year, defaults={"last": register.last}
        )
    for paper in Paper.objects.filter(kind="certificate", earlier=None).exclude(register=None).select_related("item"):
        paper.item.register, paper.item.register_number = old[paper.register_id], paper.register_number
        paper.item.save(update_fields=["register", "register_number"])
    Paper.objects.filter(state="numbered", drafted_by__isnull=True, content__isnull=True).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("papers", "0005_one_paper_of_a_kind_on_its_way"),
        ("assessments", "0008_certificate_register"),
    ]

    operations = [migrations.RunPython(make_papers, give_numbers_back)]
