from typing import Any, NoReturn
from uuid import uuid4

from django.db import models


class AuditQuerySet(models.QuerySet["AuditEvent"]):
    def update(self, **kwargs: Any) -> NoReturn:
        raise TypeError("An audit row is never changed.")

    def delete(self) -> NoReturn:
        raise TypeError("An audit row is never deleted.")

    def about(self, obj: models.Model) -> "AuditQuerySet":
        object_type, object_id = identity(obj)
        return self.filter(object_type=object_type, object_id=object_id)


class AuditEvent(models.Model):
    """Who did what, when, on what, and why. Rows are only ever added, by `core.audit.record`; each carries the hash of
    the one before, so that a row changed or taken out behind our back shows. The actor is named by id and text, because
    this layer knows no other app and because a person keeps the name that was true at the time; `unit_id` is the key of
    the unit in whose area the row is read, without a foreign key for the same reason."""

    class Result(models.TextChoices):
        DONE = "done", "Đã thực hiện"
        DENIED = "denied", "Bị từ chối"

    seq = models.BigIntegerField(unique=True)
    at = models.DateTimeField()
    actor_id = models.CharField(max_length=40, blank=True)
    actor_name = models.CharField(max_length=200)
    actor_role = models.CharField(max_length=300, blank=True)
    action = models.CharField(max_length=60)
    object_type = models.CharField(max_length=80)
    object_id = models.CharField(max_length=60)
    object_name = models.CharField(max_length=300)
    unit_id = models.BigIntegerField(null=True, blank=True)
    before = models.JSONField(default=dict, blank=True)
    after = models.JSONField(default=dict, blank=True)
    reason = models.TextField(blank=True)
    result = models.CharField(max_length=10, choices=Result, default=Result.DONE)
    request_id = models.CharField(max_length=32, blank=True)  # the same stands in the log of the server
    address = models.CharField(max_length=45, blank=True)
    previous_hash = models.CharField(max_length=64, unique=True)
    hash = models.CharField(max_length=64, unique=True)

    objects = AuditQuerySet.as_manager()

    class Meta:
        ordering = ["seq"]
        indexes = [
            models.Index(fields=["object_type", "object_id", "seq"], name="core_auditevent_object"),
            models.Index(fields=["actor_id", "at"], name="core_auditevent_actor"),
            models.Index(fields=["unit_id", "seq"], name="core_auditevent_unit"),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(seq__gte=1), name="core_auditevent_seq_from_one"),
            models.CheckConstraint(
                condition=models.Q(result__in=["done", "denied"]), name="core_auditevent_result_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.seq}. {self.action} {self.object_name}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("An audit row is never changed.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("An audit row is never deleted.")


def identity(obj: models.Model) -> tuple[str, str]:
    """How the audit names a row: the model's label, and its public uuid where it has one."""
    return obj._meta.label, str(getattr(obj, "uuid", obj.pk))


class JobQuerySet(models.QuerySet["Job"]):
    def visible_to(self, user: Any) -> "JobQuerySet":
        """A job is its owner's alone."""
        return self.filter(owner_id=str(user.pk))


class Job(models.Model):
    """Work that takes longer than a page may: who asked, how far it is, what came of it. The row is the truth; what
    lies in the queue only tells a worker to look here. `arguments` holds ids, never names (SECURITY.md L-01)."""

    class State(models.TextChoices):
        WAITING = "waiting", "đang chờ"
        RUNNING = "running", "đang chạy"
        DONE = "done", "đã xong"
        FAILED = "failed", "không xong"

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=60)
    key = models.CharField(max_length=200)  # what is asked for; while it is under way, asking again gives the same job
    arguments = models.JSONField(default=dict, blank=True)
    title = models.CharField(max_length=300)
    owner_id = models.CharField(max_length=40)
    owner_name = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)  # also says which attempt may write: a stale one may not
    runner = models.CharField(max_length=120, blank=True)
    alive_until = models.DateTimeField(null=True, blank=True)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    message = models.TextField(blank=True)
    file_path = models.CharField(max_length=200, blank=True)
    file_name = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [models.Index(fields=["state", "created_at"], name="core_job_state")]
        constraints = [
            models.UniqueConstraint(
                fields=["owner_id", "kind", "key"],
                condition=models.Q(state__in=["waiting", "running"]),
                name="core_job_one_at_a_time_for_each_key",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["waiting", "running", "done", "failed"]), name="core_job_state_is_known"
            ),
            models.CheckConstraint(
                condition=models.Q(finished_at__isnull=True) ^ models.Q(state__in=["done", "failed"]),
                name="core_job_finished_when_it_ended",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="running") | models.Q(alive_until__isnull=False),
                name="core_job_running_has_a_limit",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_over(self) -> bool:
        return self.state in (Job.State.DONE, Job.State.FAILED)


class FormToken(models.Model):
    """A form that was sent, by the number it was drawn with, and the page of what it made (`core.once`)."""

    user_id = models.CharField(max_length=40)
    token = models.UUIDField()
    result = models.CharField(max_length=400, blank=True)
    sent_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user_id", "token"], name="core_formtoken_sent_once"),
        ]

    def __str__(self) -> str:
        return f"{self.token} → {self.result}"
