"""The views of the published file, made of what is data already: form editions, contracts, the Chinese vocabulary.

Belongs here: which views there are, their columns with comments, their SELECT as portable text. Does not belong here:
running it (``warehouse.publish``), anything that is computed - a view only turns, names and joins what a table says.

Of every form edition there is a wide view: one row per organ and year whose submission counts, one column per cell.
Where the edition has kinds of applicant, that view has their totals, and a second one has a row per row of the matrix
and a column per kind. Each comes twice: ``view.gb_2021`` with codes, ``view."年度报告2021年格式"`` with the labels as
printed. The tables that people look at have a Chinese twin too, with names beside codes and words for code words.

A figure in a wide view is the printed one or, where the cell is blank and a closed sum implies it, the derived one, as
the totals count it; ``cells_derived`` and ``cells_blank`` say how many of the row's are so. Blank stays NULL, and over
the rows with ``used_as = 'summed'`` a column adds up to ``mart.city_rollup``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

import pandera.pandas as pa

from schemas.chinese import WORDS, meaning_of
from schemas.fields import FIELDS
from schemas.form import APPLICANT_LABELS, CellKey, Form, Table, load_forms
from schemas.render import columns_of, grain_zh, in_both, literal
from schemas.tables import HISTORIES, TABLES

SCHEMA: Final = "view"
_VALUE: Final = "DECIMAL(18,4)"
_FIGURE: Final = "coalesce(c.value, c.derived_value)"
_FIGURE_ZH: Final = "印出的数，空白而由等式推得的取推得的数；空＝没有数，不是零"
_FIGURE_EN: Final = "the figure as printed, or derived where a closed sum implies a blank; NULL = none, never zero"
_INNER: Final = (
    "core.fct_cell core.fct_rule_outcome core.rule_tally mart.slice_organ mart.comparison_base mart.concept_organ"
)
"""tables without a Chinese twin, beside the histories: they are there for the next step, or show the rest of another"""


@dataclass(frozen=True, slots=True)
class ViewColumn:
    """A column of a view: name, SQL type, comment in both languages, and the expression that it is.

    ``label`` is its name in the Chinese twin, ``field`` the field whose code words it shows, '' where there are none.
    """

    name: str
    label: str
    sql_type: str
    zh: str
    en: str
    expression: str
    field: str = ""

    @property
    def comment(self) -> str:
        """Both languages in one line."""
        return in_both(self.label, self.zh, self.en)


@dataclass(frozen=True, slots=True)
class View:
    """A view: name, Chinese title, what a row is in both languages, columns, and what follows its SELECT list.

    ``of`` is the relation that a Chinese one turns, '' of one with codes for names; ``exported_as`` names its Parquet
    file, '' where there is none.
    """

    name: str
    title: str
    zh: str
    en: str
    columns: tuple[ViewColumn, ...]
    source: str
    of: str = ""
    exported_as: str = ""

    @property
    def relation(self) -> str:
        """What stands after FROM."""
        return f"{SCHEMA}.{quote(self.name)}"

    @property
    def select(self) -> str:
        """Its SELECT."""
        listed = ",\n".join(f"    {column.expression} AS {quote(column.name)}" for column in self.columns)
        return f"SELECT\n{listed}\n{self.source}"

    @property
    def comment(self) -> str:
        """Both languages in one line."""
        return in_both(self.title, self.zh, self.en)

    @property
    def statements(self) -> Iterator[str]:
        """What creates it, with every comment."""
        yield f"CREATE VIEW {self.relation} AS {self.select}"
        yield f"COMMENT ON VIEW {self.relation} IS {literal(self.comment)}"
        for column in self.columns:
            yield f"COMMENT ON COLUMN {self.relation}.{quote(column.name)} IS {literal(column.comment)}"


@cache
def views() -> Mapping[str, View]:
    """Every view by what stands after FROM, each after those that it reads."""
    found = [view for form in load_forms().values() for view in _of_form(form)]
    found += [_of_table(TABLES[table]) for table in TABLES if table not in HISTORIES and table not in _INNER.split()]
    named = {view.relation: view for view in found}
    if len(named) != len(found):
        raise ValueError("two views have one name")
    for view in found:
        twice = [name for name, times in Counter(column.name for column in view.columns).items() if times > 1]
        if twice:
            raise ValueError(f"{view.relation}: two columns are called {', '.join(twice)}")
    return named


def quote(name: str) -> str:
    """``name`` as an SQL identifier, in quotes only where it needs them."""
    return name if name.isascii() and name.isidentifier() and name != "at" else '"' + name.replace('"', '""') + '"'


def _of_form(form: Form) -> Iterator[View]:
    """The wide views of an edition, the one with codes before its Chinese twin."""
    matrices = [table for table in form.tables if any(column.applicant_kind for column in table.columns)]
    en = f"{form.form_code}: one row per organ and report year whose submission counts, one column per cell"
    zh = "每个机构和年度一行（现在采用的报表），每格一列"
    if matrices:
        en += "; of the matrix by kind of applicant the totals, the rest of it is in " + ", ".join(
            f"{SCHEMA}.{form.form_code}_{table.code}" for table in matrices
        )
        zh += "；分申请人的表只取总计，其余见“" + "”“".join(_matrix_title(form, table) for table in matrices) + "”"
    yield from _twins(View(form.form_code, form.short_title, zh, en, (*_identity(), *_cells(form)), _wide_source(form)))
    for table in matrices:
        yield from _twins(_matrix(form, table))


def _twins(view: View) -> Iterator[View]:
    yield view
    turned = tuple(
        replace(column, name=column.label, expression=_worded(quote(column.name), column.field))
        for column in view.columns
    )
    yield replace(
        view,
        name=view.title,
        columns=turned,
        source=f"FROM {view.relation}",
        of=view.relation,
        exported_as=view.name,
    )


def _worded(expression: str, field: str) -> str:
    """``expression`` with its code words in Chinese."""
    words = WORDS.get(field)
    if not words:
        return expression
    cases = " ".join(f"WHEN {literal(value)} THEN {literal(word)}" for value, word in words.items())
    return f"CASE {expression} {cases} ELSE {expression} END"


def _field(name: str, expression: str) -> ViewColumn:
    """A column that a field of the vocabulary describes."""
    field = FIELDS[name]
    return ViewColumn(name, field.zh, field.sql_type, meaning_of(name), field.en, expression, field=name)


def _identity() -> tuple[ViewColumn, ...]:
    """Whose row it is, and what its figures are used for."""
    return (
        _field("organ_code", "s.organ_code"),
        _field("name", _then("name")),
        _field("report_year", "s.report_year"),
        _field("basis", "s.basis"),
        _field("used_as", "u.used_as"),
        _field("level", _then("level")),
        _field("district_code", _then("district_code")),
        ViewColumn(
            "district_name",
            "所属区名称",
            "VARCHAR",
            "所属区政府的名称；市本级为空",
            "Name of the district government that the organ belongs to; NULL at the city level",
            _optional("d.name"),
        ),
        _field("is_nil", "s.is_nil"),
        _field("submission_id", "s.submission_id"),
        replace(_field("cells_derived", "f.cells_derived"), zh="这一行中由等式推出数字的格数；零报告为空"),
        replace(_field("cells_blank", "f.cells_blank"), zh="这一行中应当有数却空白的格数；零报告为空"),
    )


def _optional(column: str) -> str:
    """A column that a LEFT JOIN may leave out: by itself DESCRIBE would call it NOT NULL, as it is where it is from."""
    return f"nullif({column}, '')"


def _then(column: str) -> str:
    """What the register says of the organ in the row's year; of a year that is not collected what it says of it now."""
    return f"CASE WHEN y.organ_code IS NULL THEN o.{column} ELSE y.{column} END"


_JOINS: Final = f"""LEFT JOIN core.dim_organ AS o ON o.organ_code = s.organ_code
LEFT JOIN core.dim_organ_year AS y ON y.organ_code = s.organ_code AND y.report_year = s.report_year
LEFT JOIN core.dim_organ AS d ON d.organ_code = {_then("district_code")}
LEFT JOIN mart.rollup_source AS u
    ON u.report_year = s.report_year AND u.form_code = s.form_code AND u.organ_code = s.organ_code"""


def _wide_keys(form: Form) -> tuple[CellKey, ...]:
    """The cells that are columns: every one without an applicant, of the others the totals, of all variants."""
    keys = dict.fromkeys(key for variant in form.variants for key in form.cells(variant))
    places = {code: place for place, code in enumerate(form.indicators)}
    wide = [key for key in keys if key.applicant_kind in ("", "total")]
    return tuple(sorted(wide, key=lambda key: (places[key.indicator_code], key.measure)))


def _column_name(key: CellKey) -> str:
    return key.indicator_code if key.measure == "annual" else f"{key.indicator_code}_{key.measure}"


def _cells(form: Form) -> Iterator[ViewColumn]:
    """One column per cell, labelled as printed; after its parent's label where two rows share one."""
    keys = _wide_keys(form)
    shared = Counter(form.label(key) for key in keys)
    for key in keys:
        indicator = form.indicators[key.indicator_code]
        label = form.label(key)
        if shared[label] > 1 and indicator.parent_code:
            label = f"{form.indicators[indicator.parent_code].label}｜{label}"
        only = f"；只有变体 {indicator.variant} 印这一行" if indicator.variant else ""
        yield ViewColumn(
            _column_name(key),
            label,
            _VALUE,
            f"{WORDS['measure'][key.measure]}，单位：{indicator.unit}，代码 {key.indicator_code}{only}。{_FIGURE_ZH}",
            f"{' '.join(part for part in (key.indicator_code, key.applicant_kind, key.measure) if part)}: {_FIGURE_EN}",
            f"f.{_column_name(key)}",
        )


def _counts() -> str:
    """What the cells of a row are, beside their figures."""
    return (
        f"        CAST(sum(CASE WHEN c.value IS NULL AND {_FIGURE} IS NOT NULL THEN 1 ELSE 0 END) AS INTEGER)"
        " AS cells_derived,\n"
        f"        CAST(sum(CASE WHEN {_FIGURE} IS NULL AND c.value_state <> 'not_applicable' THEN 1 ELSE 0 END)"
        " AS INTEGER) AS cells_blank"
    )


def _wide_source(form: Form) -> str:
    keys = _wide_keys(form)
    figures = ",\n".join(
        f"        max(CASE WHEN c.indicator_code = '{key.indicator_code}' AND c.measure = '{key.measure}'"
        f" THEN {_FIGURE} END) AS {_column_name(key)}"
        for key in keys
    )
    # the key of the outer row is in the grouping, so that a question about one organ or year reads no other's cells
    return f"""FROM core.fct_submission AS s
LEFT JOIN (
    SELECT
        c.submission_id,
        c.organ_code,
        c.report_year,
{figures},
{_counts()}
    FROM core.official_cell AS c
    WHERE c.form_code = '{form.form_code}'
        AND c.applicant_kind IN ('', 'total')
        AND c.indicator_code IN ({_codes(keys)})
    GROUP BY c.submission_id, c.organ_code, c.report_year
) AS f ON f.submission_id = s.submission_id AND f.organ_code = s.organ_code AND f.report_year = s.report_year
{_JOINS}
WHERE s.is_official AND s.form_code = '{form.form_code}'"""  # noqa: S608 - codes of ours


def _codes(keys: Iterable[CellKey]) -> str:
    return ", ".join(f"'{code}'" for code in dict.fromkeys(key.indicator_code for key in keys))


def _matrix_title(form: Form, table: Table) -> str:
    return f"{form.short_title}_{table.section.partition('、')[2]}"


def _matrix(form: Form, table: Table) -> View:
    """A row per submission and row of the matrix, a column per kind of applicant."""
    keys = [key for variant in form.variants for _, _, key in form.table_cells(table, variant)]
    kinds: Sequence[str] = list(dict.fromkeys(key.applicant_kind for key in keys))
    rows = (
        _field("position", "i.position"),
        _field("indicator_code", "i.indicator_code"),
        _field("label", "i.label"),
    )
    figures = tuple(
        ViewColumn(
            kind,
            APPLICANT_LABELS[kind],
            _VALUE,
            f"申请人：{APPLICANT_LABELS[kind]}。{_FIGURE_ZH}",
            f"applicant {kind}: {_FIGURE_EN}",
            f"f.{kind}",
        )
        for kind in kinds
    )
    turned = ",\n".join(
        f"        max(CASE WHEN c.applicant_kind = '{kind}' THEN {_FIGURE} END) AS {kind}" for kind in kinds
    )
    source = f"""FROM core.fct_submission AS s
JOIN (
    SELECT
        c.submission_id,
        c.organ_code,
        c.report_year,
        c.indicator_code,
{turned},
{_counts()}
    FROM core.official_cell AS c
    WHERE c.form_code = '{form.form_code}' AND c.indicator_code IN ({_codes(keys)})
    GROUP BY c.submission_id, c.organ_code, c.report_year, c.indicator_code
) AS f ON f.submission_id = s.submission_id AND f.organ_code = s.organ_code AND f.report_year = s.report_year
JOIN core.dim_indicator AS i ON i.form_code = s.form_code AND i.indicator_code = f.indicator_code
{_JOINS}
WHERE s.is_official AND s.form_code = '{form.form_code}'"""  # noqa: S608 - codes of ours
    return View(
        f"{form.form_code}_{table.code}",
        _matrix_title(form, table),
        f"每个机构、年度（现在采用的报表）和“{table.section}”的每一行一行，申请人类别为列；零报告没有行",
        f"{form.form_code}, table {table.code}: one row per organ, report year and row of the matrix, the kinds of"
        " applicant as columns; a nil report has none",
        (*_identity(), *rows, *figures),
        source,
    )


_ORGAN_NAME: Final = "LEFT JOIN core.dim_organ AS {alias} ON {alias}.organ_code = t.{column}"
_NAMED: Final[Mapping[str, tuple[str, str, str]]] = {
    "organ_code": ("机构名称", "机构最后使用的名称", "name of the organ as last in force"),
    "district_code": ("所属区名称", "所属区政府的名称", "name of the district government"),
    "successor_code": ("承接机构名称", "承接机构最后使用的名称", "name of the successor as last in force"),
}
"""code of an organ -> the column that stands beside it: label, Chinese and English comment"""


def _of_table(contract: pa.DataFrameSchema) -> View:
    """The Chinese twin of a table."""
    columns: list[ViewColumn] = []
    joins: list[str] = []
    names = set(contract.columns)
    for column in columns_of(contract):
        quoted = f"t.{quote(column.name)}"
        columns.append(
            ViewColumn(
                column.zh,
                column.zh,
                column.sql_type,
                column.meaning,
                column.en,
                _worded(quoted, column.field),
                field=column.field,
            )
        )
        if column.name in _NAMED and not (column.name == "organ_code" and "name" in names):
            label, zh, en = _NAMED[column.name]
            alias = column.name.removesuffix("_code")
            joins.append(_ORGAN_NAME.format(alias=alias, column=column.name))
            columns.append(_text(label, zh, en, _optional(f"{alias}.name")))
        elif column.name == "indicator_code" and "label" not in names:
            joins.append(_LATEST_LABEL)
            shown = _optional("latest.label")
            if "form_code" in names:
                joins.append(
                    "LEFT JOIN core.dim_indicator AS i"
                    " ON i.form_code = t.form_code AND i.indicator_code = t.indicator_code"
                )
                shown = "coalesce(i.label, latest.label)"
            columns.append(_text("指标名称", "表上印的指标名称", "label of the indicator as the form prints it", shown))
        elif column.name == "form_code" and "short_title" not in names:
            joins.append("LEFT JOIN core.dim_form AS form ON form.form_code = t.form_code")
            columns.append(
                _text("表样简称", "表样版本的简称", "short title of the edition", _optional("form.short_title"))
            )
        elif column.name == "slice_code":
            joins.append(_ORGAN_NAME.format(alias="slice", column="slice_code"))
            columns.append(_text("分组名称", "分组的名称", "name of the slice", _SLICE_NAME))
    return View(
        name=str(contract.title).replace("：", "_"),
        title=str(contract.title),
        zh=grain_zh(contract),
        en=f"{contract.name} with Chinese names. {contract.description}",
        columns=tuple(columns),
        source="\n".join([f"FROM {contract.name} AS t", *joins]),
        of=str(contract.name),
    )


def _text(label: str, zh: str, en: str, expression: str) -> ViewColumn:
    return ViewColumn(label, label, "VARCHAR", zh, en, expression)


_LATEST_LABEL: Final = """LEFT JOIN (
    SELECT l.indicator_code, max(l.label) AS label
    FROM core.dim_indicator AS l
    JOIN (
        SELECT m.indicator_code, max(m.form_code) AS form_code FROM core.dim_indicator AS m GROUP BY m.indicator_code
    ) AS k ON k.indicator_code = l.indicator_code AND k.form_code = l.form_code
    GROUP BY l.indicator_code
) AS latest ON latest.indicator_code = t.indicator_code"""
_SLICE_NAME: Final = (
    "CASE t.slice_kind WHEN 'city' THEN '全市'"
    f" WHEN 'level' THEN {_worded('t.slice_code', 'level')}"
    f" WHEN 'organ_kind' THEN {_worded('t.slice_code', 'organ_kind')}"
    " ELSE slice.name END"
)
