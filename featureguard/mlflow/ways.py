"""Every method that a registry's store of MLflow has, and what it can do to a place."""

from __future__ import annotations

READS = frozenset(
    {
        "get_latest_versions",
        "get_model_version",
        "get_model_version_by_alias",
        "get_model_version_download_uri",
        "get_prompt",
        "get_prompt_version",
        "get_prompt_version_by_alias",
        "get_registered_model",
        "get_webhook",
        "list_webhooks",
        "list_webhooks_by_event",
        "search_model_versions",
        "search_prompt_versions",
        "search_prompts",
        "search_registered_models",
    }
)
"""They change nothing."""

HARMLESS = frozenset(
    {
        "create_webhook",
        "delete_model_version",
        "delete_prompt",
        "delete_prompt_alias",
        "delete_prompt_version",
        "delete_registered_model",
        "delete_registered_model_alias",
        "delete_webhook",
        "link_prompt_version_to_model",
        "link_prompt_version_to_run",
        "link_prompts_to_trace",
        "test_webhook",
        "update_model_version",
        "update_registered_model",
        "update_webhook",
    }
)
"""They give no version a place: what is taken away serves nobody."""

BUILT_ON = frozenset(
    {
        "copy_model_version",
        "create_prompt",
        "create_prompt_version",
        "delete_prompt_tag",
        "delete_prompt_version_tag",
        "set_prompt_alias",
        "set_prompt_tag",
        "set_prompt_version_tag",
    }
)
"""They are made of guarded ones."""

GUARDED = frozenset(
    {
        "create_model_version",
        "create_registered_model",
        "delete_model_version_tag",
        "delete_registered_model_tag",
        "rename_registered_model",
        "set_model_version_tag",
        "set_registered_model_alias",
        "set_registered_model_tag",
        "transition_model_version_stage",
    }
)
"""The guard stands in front of them."""

KNOWN = READS | HARMLESS | BUILT_ON | GUARDED
"""Those that somebody has thought about; any other is refused."""
