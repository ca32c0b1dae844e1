"""Arrow types as text: what pyarrow means, contracts can spell."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featureguard.arrow_types import ArrowType, describe_type, parse_type, read_type, type_name

LEAVES = st.sampled_from(
    [
        pa.null(),
        pa.bool_(),
        pa.int8(),
        pa.uint64(),
        pa.float16(),
        pa.float64(),
        pa.string(),
        pa.large_string(),
        pa.string_view(),
        pa.binary(),
        pa.binary(7),
        pa.date32(),
        pa.date64(),
        pa.time32("ms"),
        pa.time64("ns"),
        pa.duration("us"),
        pa.timestamp("us"),
        pa.timestamp("ns", "Europe/Berlin"),
        pa.timestamp("s", "+05:30"),
        pa.decimal32(9, 2),
        pa.decimal128(38, -3),
        pa.decimal256(76, 10),
        pa.month_day_nano_interval(),
        pa.uuid(),
    ]
)

KEYS = st.sampled_from([pa.string(), pa.int64(), pa.binary(2)])


def nested(inner: st.SearchStrategy[pa.DataType]) -> st.SearchStrategy[pa.DataType]:
    fields = st.lists(
        st.tuples(st.text(max_size=6), inner, st.booleans()), max_size=3, unique_by=lambda f: f[0]
    )
    return st.one_of(
        inner.map(pa.list_),
        inner.map(pa.large_list),
        st.tuples(inner, st.integers(0, 9)).map(lambda pair: pa.list_(*pair)),
        st.tuples(KEYS, inner).map(lambda pair: pa.map_(*pair)),
        fields.map(
            lambda found: pa.struct(
                [pa.field(n, kind, empty or kind == pa.null()) for n, kind, empty in found]
            )
        ),
    )


TYPES = st.recursive(LEAVES, nested, max_leaves=6)


@given(TYPES)
def test_every_type_is_read_back_from_its_text(data_type: pa.DataType) -> None:
    assert parse_type(type_name(data_type)) == describe_type(data_type)


@given(TYPES)
def test_the_spelling_is_canonical(data_type: pa.DataType) -> None:
    text = type_name(data_type)
    assert str(parse_type(text)) == text


@given(st.text(alphabet='<>[](),: "\\abdefilnorstu_=0123456789', max_size=40))
def test_any_text_is_a_type_or_a_value_error(text: str) -> None:
    try:
        found = parse_type(text)
    except ValueError:
        assert read_type(text) == ArrowType(text)
    else:
        assert parse_type(str(found)) == found


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("double", "float64"),
        ("  utf8 ", "string"),
        ("date32[day]", "date32"),
        ("list<item: double>", "list<float64>"),
        ("struct<a:int8,b :string not null>", "struct<a: int8, b: string not null>"),
        ('struct<"a b": int8>', 'struct<"a b": int8>'),
        ("map<string,int64>", "map<string, int64>"),
        ("timestamp[us,tz=UTC]", "timestamp[us, tz=UTC]"),
        ("decimal128(18,2)", "decimal128(18, 2)"),
    ],
)
def test_usual_spellings_mean_one_type(written: str, meant: str) -> None:
    assert str(parse_type(written)) == meant


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("flaot64", "'flaot64' is no Arrow type. Did you mean 'float64'?"),
        ("timestamp", "'timestamp' is no Arrow type. Write e.g. timestamp[us, tz=UTC]."),
        ("timestamp[us, UTC]", "'timestamp[us, UTC]' is no Arrow type. Write e.g. timestamp[us, tz=UTC]."),
        ("timestamp[us, tz=]", "'timestamp[us, tz=]' is no Arrow type. Write e.g. timestamp[us, tz=UTC]."),
        ("time32[ns]", "'time32[ns]' is no Arrow type. Write e.g. time32[ms]."),
        ("decimal128(39, 2)", "'decimal128(39, 2)' is no Arrow type. Write e.g. decimal128(18, 2)."),
        ("list<int8", "'list<int8' is no Arrow type: it ends where ',' should stand."),
        ("struct<int8>", "'struct<int8>' is no Arrow type: the fields of a struct are written 'name: type'."),
        (
            'struct<"\\q": int8>',
            '\'struct<"\\\\q": int8>\' is no Arrow type: the name "\\q" is not quoted as JSON does.',
        ),
        ("int8;", "'int8;' is no Arrow type: unexpected ';'."),
        ("", "'' is no Arrow type: it ends where a type should stand."),
    ],
)
def test_what_is_no_type_is_refused_with_a_hint(text: str, message: str) -> None:
    with pytest.raises(ValueError, match="is no Arrow type") as refused:
        parse_type(text)
    assert str(refused.value) == message


def test_a_wide_struct_in_data_is_still_a_type() -> None:
    wide = pa.struct([(f"a_rather_long_name_of_a_feature_{i}", pa.float64()) for i in range(1_000)])
    assert parse_type(type_name(wide)) == describe_type(wide)


def test_nesting_beyond_any_file_is_refused() -> None:
    assert parse_type("list<" * 100 + "int8" + ">" * 100).name == "list"
    with pytest.raises(ValueError, match="nested deeper than 100"):
        parse_type("list<" * 10_000 + "int8" + ">" * 10_000)


def test_encodings_and_extensions_count_as_what_they_hold() -> None:
    assert type_name(pa.dictionary(pa.int8(), pa.string())) == "string"
    assert type_name(pa.json_()) == "string"
    assert type_name(pa.fixed_shape_tensor(pa.float32(), [2, 2])) == "fixed_size_list<float32>[4]"


def test_a_type_that_no_contract_can_spell_equals_only_itself() -> None:
    unusual = pa.run_end_encoded(pa.int32(), pa.string())
    assert read_type(type_name(unusual)) == describe_type(unusual) != read_type("string")
