"""Row conditions: which rows an expectation asks about.

GX 1.x writes a tree; earlier ones a text, of pandas' `query` or of GX's own dialect (`col("fare") > 0`),
both of which are expressions of Python's grammar. Missing values count as they do in pandas: they are unlike
every value, so `!=` and `not in` take them in, and every other comparison leaves them out.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from functools import reduce
from operator import and_, or_
from typing import Any, NoReturn, TypeGuard

import polars as pl

from featureguard.suites.compilers.rows import among
from featureguard.suites.values import Column, MissingColumnError, UnansweredError, WrongTypeError, compared

_LONGEST = 10_000
_DEEPEST = 50
_PARSERS = (None, "pandas", "great_expectations", "great_expectations__experimental__")
_OPERATORS: Mapping[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.In: "IN",
    ast.NotIn: "NOT_IN",
}
_NULLS: Mapping[str, bool] = {
    **dict.fromkeys(("isnull", "isna", "isNull", "is_null"), True),
    **dict.fromkeys(("notnull", "notna", "notNull", "isNotNull", "is_not_null"), False),
}
_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
# Quoted texts are passed over, so that a backtick in one stays what it is.
_BACKTICKS = re.compile(r"""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|`([^`]+)`""")


def condition(
    written: object, parser: object, schema: Mapping[str, pl.DataType]
) -> tuple[pl.Expr, frozenset[str]]:
    """The rows that a condition asks for, and the columns that it names.

    Args:
        written: A tree of GX 1.x, or a text.
        parser: The `condition_parser` of a text.
        schema: The types of the columns.

    Raises:
        UnansweredError: If it cannot be read, or compares what cannot be compared.
    """
    reader = _Reader(schema)
    if isinstance(written, Mapping) and written.get("type") == "pass_through":
        written = written.get("pass_through_filter")
    if isinstance(written, Mapping):
        return reader.tree(written), frozenset(reader.names)
    if not isinstance(written, str) or len(written) > _LONGEST:
        raise UnansweredError(f"The row condition {written!r:.100} is none.")
    if parser not in _PARSERS:
        raise UnansweredError(f"Row conditions of the parser {parser!r:.100} are not read.")
    return reader.text(written), frozenset(reader.names)


class _Reader:
    """Reads one condition, and notes the columns that it names."""

    def __init__(self, schema: Mapping[str, pl.DataType]) -> None:
        self._schema = schema
        self.names: set[str] = set()

    def tree(self, node: Mapping[str, Any], depth: int = 0) -> pl.Expr:
        kind = node.get("type")
        if kind == "comparison":
            return self._compared(
                self._column(node.get("column")), node.get("operator"), node.get("parameter")
            )
        if kind == "nullity" and isinstance(node.get("is_null"), bool):
            return self._nullity(self._column(node.get("column")), is_null=node["is_null"])
        parts = node.get("conditions")
        if kind not in ("and", "or") or not isinstance(parts, list) or not parts or depth > _DEEPEST:
            raise UnansweredError(f"The row condition has a part that is not known: {kind!r:.100}.")
        if not all(isinstance(part, Mapping) for part in parts):
            raise UnansweredError(f"The row condition has a part of '{kind}' that is no object.")
        return reduce(and_ if kind == "and" else or_, [self.tree(part, depth + 1) for part in parts])

    def text(self, written: str) -> pl.Expr:
        quoted = _BACKTICKS.sub(lambda found: found[1] or f"col({found[2]!r})", written)
        try:
            parsed = ast.parse(quoted.strip(), mode="eval")
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise UnansweredError(f"The row condition {written!r:.200} cannot be read.") from None
        return self._node(parsed.body, written)

    def _node(self, node: ast.expr, written: str) -> pl.Expr:
        if isinstance(node, ast.BoolOp):
            join = and_ if isinstance(node.op, ast.And) else or_
            return reduce(join, [self._node(part, written) for part in node.values])
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitAnd | ast.BitOr):
            # Without parentheses Python binds '&' before '>'; then a side is no condition, and is refused.
            left, right = self._node(node.left, written), self._node(node.right, written)
            return left & right if isinstance(node.op, ast.BitAnd) else left | right
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.Invert):
            return ~self._node(node.operand, written)
        if (asked := _null_call(node)) is not None:
            return self._nullity(self._named(asked.value, written), is_null=_NULLS[asked.attr])
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            return self._comparison(node.left, node.ops[0], node.comparators[0], written)
        return _unread(written, ast.unparse(node))

    def _comparison(self, left: ast.expr, op: ast.cmpop, right: ast.expr, written: str) -> pl.Expr:
        operator = _OPERATORS.get(type(op))
        if operator is None:
            _unread(written, ast.unparse(left))
        if not _is_column(left) and _is_column(right):
            left, right, operator = right, left, _TURNED.get(operator, operator)
        return self._compared(self._named(left, written), operator, _constant(right, written))

    def _named(self, node: ast.expr, written: str) -> Column:
        if isinstance(node, ast.Name):
            return self._column({"name": node.id})
        if _is_call(node, "col"):
            return self._column({"name": _constant(node.args[0], written)})
        return _unread(written, ast.unparse(node))

    def _column(self, given: object) -> Column:
        name = given.get("name") if isinstance(given, Mapping) else given
        if not isinstance(name, str):
            raise UnansweredError(f"The row condition names {name!r:.100}, which is no column.")
        if name not in self._schema:
            raise MissingColumnError(f"The row condition names '{name:.200}', which the data does not have.")
        if self._schema[name] == pl.Unknown:
            raise WrongTypeError(f"'{name}' is of a type that polars does not read.")
        self.names.add(name)
        return Column(name, self._schema[name])

    def _compared(self, column: Column, operator: object, value: object) -> pl.Expr:
        if operator in ("IN", "NOT_IN"):
            if not isinstance(value, list):
                raise UnansweredError(
                    f"The row condition asks whether '{column.name}' is in what is no list."
                )
            inside = among(column, value).fill_null(value=False)
            return inside if operator == "IN" else ~inside
        values, other = compared(column, value)
        if operator == "!=":
            return (values != other).fill_null(value=True)
        found = {"==": values == other, "<": values < other, "<=": values <= other}
        found |= {">": values > other, ">=": values >= other}
        if operator not in found:
            raise UnansweredError(f"The row condition has an operator that is not known: {operator!r:.100}.")
        return found[str(operator)].fill_null(value=False)

    def _nullity(self, column: Column, *, is_null: bool) -> pl.Expr:
        return column.missing if is_null else ~column.missing


def _null_call(node: ast.expr) -> ast.Attribute | None:
    """The method of a call like `fare.isnull()`."""
    if not isinstance(node, ast.Call) or node.args or node.keywords:
        return None
    return node.func if isinstance(node.func, ast.Attribute) and node.func.attr in _NULLS else None


def _is_call(node: ast.expr, name: str) -> TypeGuard[ast.Call]:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == name
        and len(node.args) == 1
        and not node.keywords
    )


def _is_column(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) or _is_call(node, "col")


def _constant(node: ast.expr, written: str) -> Any:
    if _is_call(node, "date"):
        return _constant(node.args[0], written)
    try:
        found = ast.literal_eval(node)
    except (ValueError, TypeError, MemoryError, RecursionError):
        return _unread(written, ast.unparse(node))
    return list(found) if isinstance(found, tuple | set) else found


def _unread(written: str, part: str) -> NoReturn:
    raise UnansweredError(f"The row condition {written!r:.200} has a part that is not read: {part:.100}.")
