"""What Airflow's provider manager is told. Every start reads it, so that nothing is imported here."""

_ABOUT = "Waits for fresh features, and lets models train, promote and serve only on those."
_NAME = "featureguard"


def get_provider_info() -> dict[str, object]:
    """The provider, as Airflow's schema `provider_info.schema.json` has it."""
    package = "airflow_featureguard"

    def parts(module: str) -> list[dict[str, object]]:
        return [{"integration-name": _NAME, "python-modules": [f"{package}.{module}"]}]

    return {
        "package-name": "featureguard",
        "name": _NAME,
        "description": _ABOUT,
        "versions": ["0.1.0"],
        "integrations": [{"integration-name": _NAME, "tags": ["software"]}],
        "operators": parts("operators"),
        "sensors": parts("sensors"),
        "hooks": parts("hooks"),
        "triggers": parts("triggers"),
        "notifications": [f"{package}.notifications.FeatureGuardNotifier"],
        "extra-links": [f"{package}.links.DecisionLink"],
        "task-decorators": [
            {"name": "featureguard", "class-name": f"{package}.decorators.featureguard_task"}
        ],
        "connection-types": [
            {
                "connection-type": "featureguard",
                "hook-class-name": f"{package}.hooks.FeatureGuardHook",
                "hook-name": _NAME,
                "ui-field-behaviour": {
                    "hidden-fields": ["schema", "login", "port", "extra"],
                    "relabeling": {"host": "API address", "password": "API token"},
                    "placeholders": {
                        "host": "https://freshness.example.org",
                        "password": "featureguard token create airflow --scope gate",
                    },
                },
                "conn-fields": {
                    "project": {
                        "label": "Project",
                        "description": "Instead of an API: path of featureguard.yaml, which names the store",
                        "schema": {"type": ["string", "null"], "default": None},
                    },
                    "environment": {
                        "label": "Environment",
                        "description": "Which of the project's environments applies",
                        "schema": {"type": ["string", "null"], "default": None},
                    },
                    "timeout_seconds": {
                        "label": "Timeout",
                        "description": "Seconds that one question to the API may take",
                        "schema": {"type": ["number", "null"], "default": 5, "exclusiveMinimum": 0},
                    },
                    "insecure": {
                        "label": "Insecure",
                        "description": "Send the token unencrypted: only in a network that is trusted",
                        "schema": {"type": ["boolean", "null"], "default": False},
                    },
                },
            }
        ],
        "config": {
            "featureguard": {
                "description": "How featureguard's plugin behaves.",
                "options": {
                    "page": {
                        "description": "Show the status page in Airflow.",
                        "version_added": "0.1.0",
                        "type": "boolean",
                        "example": None,
                        "default": "True",
                    },
                    "page_conn_id": {
                        "description": "The connection whose API or project the page shows.",
                        "version_added": "0.1.0",
                        "type": "string",
                        "example": None,
                        "default": "featureguard_default",
                    },
                    "refuse_slips": {
                        "description": "Refuse DAGs in which tasks may run though a gate refused.",
                        "version_added": "0.1.0",
                        "type": "boolean",
                        "example": None,
                        "default": "False",
                    },
                    "listener": {
                        "description": "Tell featureguard of asset events, as readings of its clocks.",
                        "version_added": "0.1.0",
                        "type": "boolean",
                        "example": None,
                        "default": "False",
                    },
                    "listener_conn_id": {
                        "description": "The connection that the listener tells.",
                        "version_added": "0.1.0",
                        "type": "string",
                        "example": None,
                        "default": "featureguard_default",
                    },
                },
            }
        },
    }
