"""Who is made from whom, and what a gate protects."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from featureguard.api.described.words import Answer, Page, Read, Tier
from featureguard.lineage import Kind
from featureguard.serving.fleet import State


class Node(Answer):
    """Something that is made, or made from.

    Attributes:
        name: Its name.
        kind: What it is; `external` is an upstream that no contract describes.
        state: How fresh it is; `None` for what is no dataset of the catalog.
    """

    name: str
    kind: Kind
    state: State | None


class Edge(Answer):
    """A way that data goes.

    Attributes:
        upstream: What something is made from.
        downstream: What is made from it.
    """

    upstream: str
    downstream: str


class Graph(Read):
    """Who is made from whom.

    Attributes:
        nodes: All there are.
        edges: The ways between them.
    """

    nodes: list[Node]
    edges: list[Edge]


class Hit(Answer):
    """Something that stands on a broken dataset.

    Attributes:
        name: Its name.
        distance: Steps of the shortest way from the broken one.
        path: That way, both included.
    """

    name: str
    distance: Annotated[int, Field(ge=1)]
    path: list[str]


class Downstream(Read):
    """What a dataset takes down when it breaks, nearest first.

    Attributes:
        dataset: Its name.
        datasets: Datasets that are made from it.
        subjects: Subjects that require it, directly or through those.
    """

    dataset: str
    datasets: list[Hit]
    subjects: list[Hit]


class Subject(Answer):
    """Something that a gate protects: a model, a feature service, a job.

    Attributes:
        subject: Its name.
        owner: Who is responsible.
        tier: How much depends on it: 0 customer-critical … 3.
        runbook: Link to what to do.
        policy: Name of the policy that decides about it.
        actions: What its policy lets one ask.
        repairs: Those of them that mend data, and are never held back.
        aliases: What hosts call it.
        requires: What it stands on directly.
        stands_on: Every dataset upstream.
    """

    subject: str
    owner: str
    tier: Tier
    runbook: str | None
    policy: str
    actions: list[str]
    repairs: list[str]
    aliases: dict[str, str]
    requires: list[str]
    stands_on: list[str]


class SubjectRead(Subject, Read):
    """One subject.

    Attributes:
        states: How fresh each dataset upstream is.
    """

    states: dict[str, State]


class Subjects(Page):
    """Everything that a gate protects, by name.

    Attributes:
        items: Each of them.
    """

    items: list[Subject]
