"""The stories of the demo, told short: what its readers see after `make run`."""

from dataclasses import replace
from typing import Any

import pytest
from django.core.management import call_command
from django.db.models import Count
from django.test import Client
from django.urls import reverse

from assessments.models import Dossier
from assessments.workflow import Status
from papers.kinds import Kind
from papers.models import Paper
from papers.standing import Standing, said_of
from reports import demo
from reports.demo import Fate, Stage

pytestmark = pytest.mark.django_db


def test_a_story_goes_on_after_its_decision(client: Client, settings: Any) -> None:
    """A letter corrects the decision, and one commune loses its recognition: lists and pages show both states."""
    settings.DEMO_ALLOWED = True
    call_command("load_communes", verbosity=0)
    call_command("load_criteria", verbosity=0)
    story = demo._tam_duong()
    assert story.aftermath is not None
    kept, revoked = next(iter(story.fates)), story.aftermath.revoked
    demo._build(replace(story, fates={kept: Fate.RECOGNISED, revoked: Fate.RECOGNISED}), Stage.DECIDED)

    assert dict(Dossier.objects.values_list("commune", "status")) == {
        kept.pk: Status.RECOGNISED,
        revoked.pk: Status.REVOKED,
    }
    decision = Paper.objects.get(kind=Kind.DECISION)
    said = said_of([decision])[decision.pk]
    assert said.standing is Standing.PARTLY_REVOKED
    assert [(paper.kind, paper.full_number) for paper in said.later] == [
        (Kind.CORRECTION, "1236/UBND"),
        (Kind.REVOCATION, "714/QĐ-UBND"),
    ]
    page = client.get(reverse("papers:recognised")).content.decode()
    assert "Đã thu hồi (Công văn đính chính số 1236/UBND ngày 08/12/2022; Quyết định thu hồi số 714/QĐ-UBND" in page
    assert "Đang có hiệu lực, quyết định đã được đính chính (Công văn đính chính" in page
    assert story.aftermath.reason in client.get(reverse("papers:check", args=[decision.code])).content.decode()
    assert set(Paper.objects.values_list("state").annotate(number=Count("pk"))) == {("issued", 5)}
