"""A form field drawn by Python alone, for the pages that hold many of them.

The same HTML as crispy's, which a test holds it to; crispy spends half a millisecond on a field, this a fifth of it
(docs/performance.md). Forms of a few fields keep to `components/field.html`.
"""

from dataclasses import dataclass

from django import forms, template
from django.forms.boundfield import BoundField
from django.forms.utils import ErrorList, flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

_NOTHING = mark_safe("")
_REQUIRED = mark_safe('<span class="asteriskField">*</span>')


@dataclass(frozen=True, slots=True)
class _Parts:
    """What of a bound field costs something to ask for, asked once."""

    field: BoundField
    id: str
    errors: ErrorList

    def classes(self, css: str) -> str:
        return f"{css} is-invalid" if self.errors else css


@register.simple_tag
def form_field(field: BoundField) -> SafeString:
    """Label, widget, help and errors of one field, tied together for screen readers. `{% form_field form.name %}`"""
    widget = field.field.widget
    if field.is_hidden:
        return field.as_widget()
    parts = _Parts(field, field.auto_id, field.errors)
    if isinstance(widget, forms.CheckboxInput):
        return _checkbox(parts)
    if isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple):
        return _choices(parts)
    if isinstance(widget, forms.FileInput):
        invalid = mark_safe(' class="is-invalid"') if parts.errors else _NOTHING
        drawn = format_html("<div{}>{}</div>", invalid, _with_notes(parts, "form-control"))
    else:
        css = "form-select" if isinstance(widget, forms.Select) else "form-control"
        drawn = _with_notes(parts, f"{type(widget).__name__.lower()} {css}")
    return format_html(
        '<div id="div_{}" class="mb-3"><label for="{}" class="{}">{}</label>{}</div>',
        parts.id,
        field.id_for_label,
        *_label(field, "form-label"),
        drawn,
    )


def _label(field: BoundField, css: str) -> tuple[str, str]:
    """Its class and its text."""
    if not field.field.required:
        return css, str(field.label)
    return f"{css} requiredField", format_html("{}{}", field.label, _REQUIRED)


def _widget(parts: _Parts, css: str) -> SafeString:
    """The widget as Django's templates would draw it; their engine alone costs more than the rest of the field."""
    field, widget = parts.field, parts.field.field.widget
    attrs = field.build_widget_attrs({"class": parts.classes(css)}, widget)
    if parts.id and "id" not in widget.attrs:
        attrs["id"] = parts.id
    drawn = widget.get_context(field.html_name, field.value(), attrs)["widget"]
    name, flat = drawn["name"], flatatt(drawn["attrs"])
    if isinstance(widget, forms.Textarea):
        return format_html('<textarea name="{}"{}>\n{}</textarea>', name, flat, drawn["value"] or "")
    if isinstance(widget, forms.Select):
        options = format_html_join(
            "",
            '<option value="{}"{}>{}</option>',
            (
                (option["value"], flatatt(option["attrs"]), option["label"])
                for _, group, _ in drawn["optgroups"]
                for option in group
            ),
        )
        return format_html('<select name="{}"{}>{}</select>', name, flat, options)
    value = "" if drawn["value"] is None else format_html(' value="{}"', drawn["value"])
    return format_html('<input type="{}" name="{}"{}{}>', drawn["type"], name, value, flat)


def _with_notes(parts: _Parts, css: str) -> SafeString:
    return format_html("{}{}{}", _widget(parts, css), _errors(parts), _help(parts))


def _checkbox(parts: _Parts) -> SafeString:
    css, text = _label(parts.field, "form-check-label")
    return format_html(
        '<div class="mb-3"><div id="div_{}" class="form-check">{}<label for="{}" class="{}">{}</label>{}{}</div></div>',
        parts.id,
        _widget(parts, "checkboxinput form-check-input"),
        parts.field.id_for_label,
        css,
        text,
        _errors(parts),
        _help(parts),
    )


def _choices(parts: _Parts) -> SafeString:
    css, text = _label(parts.field, "form-label")
    described_by = parts.field.aria_describedby
    options = [choice.data for choice in parts.field.subwidgets]
    last = len(options) - 1
    drawn = format_html_join(
        "",
        '<div class="form-check"><input type="{}" class="{}" name="{}" value="{}"{}>'
        '<label for="{}" class="form-check-label">{}</label>{}</div>',
        (
            (
                option["type"],
                parts.classes("form-check-input"),
                option["name"],
                option["value"],
                flatatt(option["attrs"]),
                option["attrs"]["id"],
                option["label"],
                _errors(parts) if number == last else _NOTHING,
            )
            for number, option in enumerate(options)
        ),
    )
    return format_html(
        '<div id="div_{}" class="mb-3"><fieldset{}><legend class="{} fs-6">{}</legend><div>{}{}</div></fieldset></div>',
        parts.id,
        format_html(' aria-describedby="{}"', described_by) if described_by else _NOTHING,
        css,
        text,
        drawn,
        _help(parts),
    )


def _errors(parts: _Parts) -> SafeString:
    """Behind the widget, where Bootstrap looks for it."""
    if not parts.errors:
        return _NOTHING
    lines = format_html_join(
        "",
        '<p id="error_{}_{}"><strong>{}</strong></p>',
        ((number, parts.id, sentence) for number, sentence in enumerate(parts.errors, start=1)),
    )
    return format_html('<div id="{}_error" class="invalid-feedback">{}</div>', parts.id, lines)


def _help(parts: _Parts) -> SafeString:
    text = parts.field.help_text
    return format_html('<div id="{}_helptext" class="form-text">{}</div>', parts.id, text) if text else _NOTHING
