"""What Feast knows: two feature views of New York's airports, hour by hour, and the service of one model.

`feast apply` runs every Python file of this folder, so nothing else lies here. The tags are all that
featureguard needs to know beyond Feast's own words: how old the data may get, and how much it matters.
"""

from datetime import timedelta

from feast import Entity, FeatureService, FeatureView, Field, FileSource, ValueType
from feast.types import Float64, Int64

airport = Entity(name="airport", join_keys=["airport"], value_type=ValueType.STRING)

# The last flight of a day leaves before midnight, the first one after five.
departures = FeatureView(
    name="departures",
    entities=[airport],
    ttl=timedelta(hours=12),
    source=FileSource(name="departures", path="data/departures.parquet", timestamp_field="event_timestamp"),
    schema=[
        Field(name="flights", dtype=Int64),
        Field(name="cancelled_share", dtype=Float64),
        Field(name="late_share", dtype=Float64),
        Field(name="mean_delay", dtype=Float64),
    ],
    tags={"max_age": "8h", "at_least": "100%", "tier": "0"},
    owner="ops-features@example.org",
    description="How the flights of the last hour left.",
)

weather = FeatureView(
    name="weather",
    entities=[airport],
    ttl=timedelta(hours=6),
    source=FileSource(name="weather", path="data/weather.parquet", timestamp_field="event_timestamp"),
    schema=[
        Field(name="temp", dtype=Float64),
        Field(name="wind_speed", dtype=Float64),
        Field(name="precip", dtype=Float64),
        Field(name="visib", dtype=Float64),
    ],
    tags={"max_age": "3h", "at_least": "100%", "tier": "0"},
    owner="ops-features@example.org",
    description="The weather at the airport.",
)

departure_delay_v1 = FeatureService(
    name="departure_delay_v1",
    features=[departures, weather],
    tags={"tier": "0", "runbook": "https://runbooks.example.org/departure-delay"},
    owner="ml@example.org",
    description="What the model of departure delays is trained on, and served with.",
)
