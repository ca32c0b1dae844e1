"""All alerts, and the file of rules that Prometheus loads."""

from __future__ import annotations

from collections.abc import Mapping

import yaml

from featureguard.publish.alert import Alert, Wishes
from featureguard.publish.budget_alerts import budget_alerts
from featureguard.publish.dataset_alerts import dataset_alerts
from featureguard.publish.gate_alerts import gate_alerts
from featureguard.publish.service_alerts import service_alerts

_HEAD = """\
# Alert rules for featureguard, written by 'featureguard export prometheus-rules'. They name no dataset, so
# they stay true when datasets come and go; write them anew after an upgrade rather than editing them.
# Labels: severity is page, ticket, info, or none for the dead-man's switch.
"""


def alert_groups(wishes: Wishes) -> Mapping[str, tuple[Alert, ...]]:
    """Every alert, by the name of its group."""
    return {
        "featureguard-datasets": dataset_alerts(wishes),
        "featureguard-budgets": budget_alerts(wishes),
        "featureguard-gate": gate_alerts(wishes),
        "featureguard-service": service_alerts(wishes),
    }


def to_rules(wishes: Wishes) -> str:
    """The file of rules, as YAML."""
    groups = [
        {"name": name, "rules": [rule for alert in alerts for rule in alert.to_rules(wishes)]}
        for name, alerts in alert_groups(wishes).items()
    ]
    text = yaml.dump({"groups": groups}, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)
    return _HEAD + text


class _Dumper(yaml.SafeDumper):
    """Writes expressions of several lines as they are."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)
