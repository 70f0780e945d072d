"""A form field drawn by Python alone, for the pages that hold many of them.

The same HTML as crispy's, which a test holds it to; crispy spends half a millisecond on a field, this a fifth of it
(docs/performance.md). Forms of a few fields keep to `components/field.html`.
"""

from django import forms, template
from django.forms.boundfield import BoundField
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

_NOTHING = mark_safe("")
_REQUIRED = mark_safe('<span class="asteriskField">*</span>')


@register.simple_tag
def form_field(field: BoundField) -> SafeString:
    """Label, widget, help and errors of one field, tied together for screen readers. `{% form_field form.name %}`"""
    widget = field.field.widget
    if field.is_hidden:
        return field.as_widget()
    if isinstance(widget, forms.CheckboxInput):
        return _checkbox(field)
    if isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple):
        return _choices(field)
    label = format_html('<label for="{}" class="{}">{}</label>', field.id_for_label, *_label(field, "form-label"))
    if isinstance(widget, forms.FileInput):
        drawn = format_html("<div{}>{}</div>", _invalid_class(field), _with_notes(field, "form-control", kind=""))
    else:
        css = "form-select" if isinstance(widget, forms.Select) else "form-control"
        drawn = _with_notes(field, css, kind=type(widget).__name__.lower())
    return format_html('<div id="div_{}" class="mb-3">{}{}</div>', field.auto_id, label, drawn)


def _label(field: BoundField, css: str) -> tuple[str, SafeString]:
    required = bool(field.field.required)
    text = format_html("{}{}", field.label, _REQUIRED if required else _NOTHING)
    return (f"{css} requiredField" if required else css), text


def _invalid_class(field: BoundField) -> SafeString:
    return mark_safe(' class="is-invalid"') if field.errors else _NOTHING


def _widget(field: BoundField, css: str, kind: str) -> SafeString:
    """The widget as Django's templates would draw it; their engine alone costs more than the rest of the field."""
    classes = f"{kind} {css}".strip()
    widget = field.field.widget
    attrs = field.build_widget_attrs({"class": f"{classes} is-invalid" if field.errors else classes}, widget)
    if field.auto_id and "id" not in widget.attrs:
        attrs["id"] = field.auto_id
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


def _with_notes(field: BoundField, css: str, kind: str) -> SafeString:
    return format_html("{}{}{}", _widget(field, css, kind), _errors(field), _help(field))


def _checkbox(field: BoundField) -> SafeString:
    css, text = _label(field, "form-check-label")
    return format_html(
        '<div class="mb-3"><div id="div_{}" class="form-check">{}<label for="{}" class="{}">{}</label>{}{}</div></div>',
        field.auto_id,
        _widget(field, "form-check-input", "checkboxinput"),
        field.id_for_label,
        css,
        text,
        _errors(field),
        _help(field),
    )


def _choices(field: BoundField) -> SafeString:
    css, text = _label(field, "form-label")
    described_by = field.aria_describedby
    options = [choice.data for choice in field.subwidgets]
    last = len(options) - 1
    drawn = format_html_join(
        "",
        '<div class="form-check"><input type="{}" class="form-check-input{}" name="{}" value="{}"{}>'
        '<label for="{}" class="form-check-label">{}</label>{}</div>',
        (
            (
                option["type"],
                " is-invalid" if field.errors else "",
                option["name"],
                option["value"],
                flatatt(option["attrs"]),
                option["attrs"]["id"],
                option["label"],
                _errors(field) if number == last else "",
            )
            for number, option in enumerate(options)
        ),
    )
    return format_html(
        '<div id="div_{}" class="mb-3"><fieldset{}><legend class="{} fs-6">{}</legend><div>{}{}</div></fieldset></div>',
        field.auto_id,
        format_html(' aria-describedby="{}"', described_by) if described_by else "",
        css,
        text,
        drawn,
        _help(field),
    )


def _errors(field: BoundField) -> SafeString:
    """Behind the widget, where Bootstrap looks for it."""
    if not field.errors:
        return _NOTHING
    lines = format_html_join(
        "",
        '<p id="error_{}_{}"><strong>{}</strong></p>',
        ((number, field.auto_id, sentence) for number, sentence in enumerate(field.errors, start=1)),
    )
    return format_html('<div id="{}_error" class="invalid-feedback">{}</div>', field.auto_id, lines)


def _help(field: BoundField) -> SafeString:
    if not field.help_text:
        return _NOTHING
    return format_html('<div id="{}_helptext" class="form-text">{}</div>', field.auto_id, field.help_text)
