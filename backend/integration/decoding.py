"""One record → a checked row, or the reason why not: line, field and words a person can act on."""

import csv
import re
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from backend.core.feed import Outcome, Row, Verdict
from backend.core.i18n import N_, _
from backend.integration.lines import Line

Decoded = Row[Any] | Verdict

# msgspec's messages in the words of whoever has to correct the file; the first that matches speaks.
SENTENCES = (
    (r"unknown field `(?P<found>.{1,60})", N_("没有这个字段。")),
    (r"missing required field", N_("缺少这个字段。")),
    (r"Invalid enum value '?(?P<found>[^']{1,60})", N_("没有“%(found)s”这个代码。")),
    (r"length <= (?P<limit>\d+)", N_("最多 %(limit)s 个字符。")),
    (r"length >= 1\b", N_("不能为空。")),
    (r"matching regex", N_("格式不对，或含有控制字符。")),
    (r"timezone", N_("时间必须带时区，例如 2026-01-05T09:30:00+08:00。")),
    (r"Invalid RFC3339", N_("不是有效的时间，例如 2026-01-05T09:30:00+08:00。")),
    (r"[<>]= (?P<limit>-?[\d.]+)", N_("超出范围，界限是 %(limit)s。")),
    (r"out of range", N_("超出范围。")),
    (r"Expected `(?P<wanted>\w+).*`, got `(?P<found>\w+)`", N_("类型不对，这里要 %(wanted)s。")),
)
PATTERNS = [(re.compile(pattern), text) for pattern, text in SENTENCES]
FIELD = re.compile(r"(?:at `\$\.|required field `|unknown field `)(\w{1,60})")


class _Named(Struct):
    """Enough of a bad row to say which one it was."""

    id: Annotated[str, Meta(max_length=60)] = ""


NAMED = msgspec.json.Decoder(_Named)


class JsonRows:
    """NDJSON: one object a line."""

    quoted = False

    def __init__(self, struct: type[Any]) -> None:
        self.decoder = msgspec.json.Decoder(struct)

    def decode(self, line: Line) -> Decoded | None:
        if line.data is None:
            return too_long(line)
        try:
            return Row(line.number, self.decoder.decode(line.data))
        except msgspec.ValidationError as error:
            return _refused(line.number, _id_of(line.data), error)
        except UnicodeError:
            return _bad(line, N_("不是 UTF-8 编码。"))
        except (msgspec.DecodeError, RecursionError):
            return _bad(line, N_("不是完整的 JSON 对象。"))


class CsvRows:
    """CSV: the first record names the columns, an empty cell means that the field is absent."""

    quoted = True

    def __init__(self, struct: type[Any]) -> None:
        self.struct = struct
        self.columns: list[str] | None = None

    def decode(self, line: Line) -> Decoded | None:
        """None for the record of the column names."""
        if line.data is None:
            return too_long(line)
        try:
            cells = next(csv.reader([line.data.decode()], strict=True))
        except UnicodeError:
            return _bad(line, N_("不是 UTF-8 编码。"))
        except (csv.Error, StopIteration):
            return _bad(line, N_("引号不成对，或不是 CSV。"))
        if self.columns is None:
            self.columns = [cell.strip() for cell in cells]
            return None
        if len(cells) != len(self.columns):
            return _bad(line, N_("列数和表头不一致。"))
        return self._row(line.number, dict(zip(self.columns, cells, strict=True)))

    def _row(self, number: int, cells: dict[str, str]) -> Decoded:
        given = {name: cell.strip() for name, cell in cells.items() if cell.strip()}
        try:
            return Row(number, msgspec.convert(given, self.struct, strict=False))
        except msgspec.ValidationError as error:
            return _refused(number, given.get("id", "")[:60], error)


def too_long(line: Line) -> Verdict:
    return _bad(line, N_("这一行太长，或引号没有闭合。"))


def _bad(line: Line, text: str) -> Verdict:
    return Verdict(line.number, "", Outcome.rejected, "", _(text))


def _refused(number: int, id_: str, error: msgspec.ValidationError) -> Verdict:
    technical = str(error)
    field = FIELD.search(technical)
    return Verdict(number, id_, Outcome.rejected, field[1] if field else "", _words(technical))


def _words(technical: str) -> str:
    for pattern, text in PATTERNS:
        found = pattern.search(technical)
        if found:
            return _(text, **found.groupdict())
    return _("无法识别的值。")


def _id_of(data: bytes) -> str:
    try:
        return NAMED.decode(data).id
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return ""
