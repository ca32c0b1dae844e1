"""How our expectations read in Data Docs: what is expected, what was seen, and why it is not enough."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from great_expectations.core import ExpectationValidationResult
from great_expectations.expectations.expectation import render_suite_parameter_string
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
from great_expectations.render.components import (
    AtomicDiagnosticRendererType,
    LegacyDiagnosticRendererType,
    LegacyRendererType,
    RenderedAtomicContent,
    RenderedStringTemplateContent,
    renderedAtomicValueSchema,
)
from great_expectations.render.renderer.renderer import renderer
from great_expectations.render.renderer_configuration import RendererConfiguration, RendererValueType
from pydantic import TypeAdapter, ValidationError

from featureguard.checks import words
from featureguard.scalars import Ratio

_MARKS = {
    "pass": ("fa-check-circle", "text-success", "✅"),
    "unknown": ("fa-question-circle", "text-warning", "❓"),
    "fail": ("fa-times", "text-danger", "❌"),
}

_UNITS = {"freshness": "{} old", "population": "{} fresh", "nulls": "{} without a value"}


@dataclass(frozen=True, slots=True)
class Sentence:
    """What is expected, in words.

    Attributes:
        template: Text in which `$name` stands for a value.
        params: These values as people read them, by name.
        about_column: Whether it is about the column `$column`, which is named first where a page does not.
    """

    template: str
    params: Mapping[str, str]
    about_column: bool = True

    def whole(self, *, with_column: bool) -> str:
        """The template, with the column before it."""
        return f"$column {self.template}" if self.about_column and with_column else self.template


def shown(value: object) -> str:
    """An argument as people read it; a parameter by its name."""
    if isinstance(value, Mapping):
        return str(value.get("$PARAMETER", value))
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def shown_ratio(value: object) -> str:
    """A ratio as percent, however it was written."""
    try:
        return words.percent(TypeAdapter(Ratio).validate_python(value))
    except ValidationError:
        return shown(value)


class Shown:
    """Renderers, built on the words that a subclass has for its arguments."""

    success_keys: ClassVar[tuple[str, ...]]

    @classmethod
    def sentence(cls, arguments: Mapping[str, Any]) -> Sentence:
        """What is expected, in words."""
        raise NotImplementedError

    @classmethod
    def _prescriptive_template(
        cls, renderer_configuration: RendererConfiguration[Any]
    ) -> RendererConfiguration[Any]:
        arguments = {**dict.fromkeys(cls.success_keys), **renderer_configuration.kwargs}
        found = cls.sentence(arguments)
        for name, value in found.params.items():
            renderer_configuration.add_param(name, RendererValueType.STRING, value=value)
        named = renderer_configuration.include_column_name
        renderer_configuration.template_str = found.whole(with_column=bool(named))
        return renderer_configuration

    @classmethod
    @renderer(renderer_type=LegacyRendererType.PRESCRIPTIVE)
    @render_suite_parameter_string
    def _prescriptive_renderer(
        cls,
        configuration: ExpectationConfiguration | None = None,
        result: ExpectationValidationResult | None = None,
        runtime_configuration: dict[str, Any] | None = None,
        **_: object,
    ) -> list[RenderedStringTemplateContent]:
        runtime = runtime_configuration or {}
        told = configuration or (result.expectation_config if result else None)
        arguments = {**dict.fromkeys(cls.success_keys), **(told.kwargs if told else {})}
        found = cls.sentence(arguments)
        content = {
            "template": found.whole(with_column=runtime.get("include_column_name") is not False),
            "params": dict(found.params),
            "styling": runtime.get("styling"),
        }
        return [RenderedStringTemplateContent(content_block_type="string_template", string_template=content)]

    @classmethod
    @renderer(renderer_type=LegacyDiagnosticRendererType.STATUS_ICON)
    def _diagnostic_status_icon_renderer(
        cls,
        configuration: ExpectationConfiguration | None = None,
        result: ExpectationValidationResult | None = None,
        runtime_configuration: dict[str, Any] | None = None,
    ) -> RenderedStringTemplateContent:
        icon, colour, markdown = _MARKS[_status(result)]
        content = {
            "template": "$icon",
            "params": {"icon": "", "markdown_status_icon": markdown},
            "styling": {"params": {"icon": {"classes": ["fas", icon, colour], "tag": "i"}}},
        }
        hidden = {"parent": {"classes": ["hide-succeeded-validation-target-child"]}}
        return RenderedStringTemplateContent(
            content_block_type="string_template",
            string_template=content,
            styling=hidden if _status(result) == "pass" else None,
        )

    @classmethod
    @renderer(renderer_type=LegacyDiagnosticRendererType.UNEXPECTED_STATEMENT)
    def _diagnostic_unexpected_statement_renderer(
        cls,
        configuration: ExpectationConfiguration | None = None,
        result: ExpectationValidationResult | None = None,
        runtime_configuration: dict[str, Any] | None = None,
    ) -> list[Any]:
        details = _details(result)
        if result is None or not details:  # It raised, and GX shows how.
            return list(super()._diagnostic_unexpected_statement_renderer(result=result))  # type: ignore[misc]
        colour = "text-danger" if details["status"] == "fail" else "text-dark"
        lines = [(f"{details['code']}: {details['reason']}", "strong", [colour])] if details["code"] else []
        lines += [(note, "span", ["text-muted"]) for note in details["notes"]]
        return [
            RenderedStringTemplateContent(
                content_block_type="string_template",
                string_template={
                    "template": "\n\n$said",
                    "params": {"said": said},
                    "tag": tag,
                    "styling": {"classes": classes, "params": {"said": {"tag": "span"}}},
                },
            )
            for said, tag, classes in lines
        ]

    @classmethod
    @renderer(renderer_type=LegacyDiagnosticRendererType.OBSERVED_VALUE)
    def _diagnostic_observed_value_renderer(
        cls,
        configuration: ExpectationConfiguration | None = None,
        result: ExpectationValidationResult | None = None,
        runtime_configuration: dict[str, Any] | None = None,
    ) -> str:
        return _observed(result)

    @classmethod
    @renderer(renderer_type=AtomicDiagnosticRendererType.OBSERVED_VALUE)
    def _atomic_diagnostic_observed_value(
        cls,
        configuration: ExpectationConfiguration | None = None,
        result: ExpectationValidationResult | None = None,
        runtime_configuration: dict[str, Any] | None = None,
    ) -> RenderedAtomicContent:
        rendered: RendererConfiguration[Any] = RendererConfiguration(
            configuration=configuration, result=result, runtime_configuration=runtime_configuration
        )
        rendered.add_param("observed_value", RendererValueType.STRING, value=_observed(result))
        return _atomic("$observed_value", rendered)


def _atomic(template: str, rendered: RendererConfiguration[Any]) -> RenderedAtomicContent:
    value = renderedAtomicValueSchema.load(
        {
            "template": template,
            "params": rendered.params.dict(),
            "schema": {"type": "com.superconductive.rendered.string"},
        }
    )
    return RenderedAtomicContent(
        name=AtomicDiagnosticRendererType.OBSERVED_VALUE, value=value, value_type="StringValueType"
    )


def _details(result: ExpectationValidationResult | None) -> Mapping[str, Any]:
    found = (result.result or {}).get("details") if result else None
    return found if isinstance(found, Mapping) else {}


def _status(result: ExpectationValidationResult | None) -> str:
    """Pass, fail or unknown; what raised has no details."""
    details = _details(result)
    if details:
        return str(details["status"])
    if result is not None and result.success:
        return "pass"
    return "unknown" if result is None or _raised(result) else "fail"


def _raised(result: ExpectationValidationResult) -> bool:
    info = result.exception_info or {}
    told = [info, *(one for one in info.values() if isinstance(one, Mapping))]
    return any(one.get("raised_exception") for one in told)


def _observed(result: ExpectationValidationResult | None) -> str:
    """The observed value as people read it, in the unit of its check."""
    value = (result.result or {}).get("observed_value") if result else None
    check = str(_details(result).get("check"))
    said = words.measured(check, value)
    return _UNITS.get(check, "{}").format(said) if said else "--"
