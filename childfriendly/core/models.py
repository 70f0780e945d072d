from typing import Any, NoReturn

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
        indexes = [models.Index(fields=["object_type", "object_id", "seq"], name="core_auditevent_object")]
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
