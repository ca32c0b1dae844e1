"""Alert rules and dashboards for other tools, as text: pure functions of the catalog."""
