"""The registers of certificates and their numbers are `papers.Register` and `papers.Paper` now, filled before this."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("assessments", "0008_certificate_register"),
        ("papers", "0006_papers_of_issued_decisions"),
    ]

    operations = [
        migrations.RemoveConstraint("decisionitem", "assessments_decisionitem_register_number_unique"),
        migrations.RemoveConstraint("decisionitem", "assessments_decisionitem_only_recognised_in_register"),
        migrations.RemoveField("decisionitem", "register_number"),
        migrations.RemoveField("decisionitem", "register"),
        migrations.DeleteModel("CertificateRegister"),
    ]
