"""The charts of the collection page; the only import of Altair. Their colours can be told apart in light and dark."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

import altair as alt

from healthsearch import collection_wording as wording
from healthsearch.judge import Verdict
from healthsearch.passage_map import Label, Point, QuestionPoint
from healthsearch.wording import OPENING, TOP_FOLDER

ACCENT = "#1b8aa0"
VERDICT_COLOURS = {"answered": "#1b8aa0", "related": "#b98a2f", "nothing": "#87959a"}
# Told apart by those who see few colours too (Okabe & Ito), but for yellow, which is not seen on white.
FOLDER_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")
_MOST_BARS = 8
_BAR = 24
_MAP_HEIGHT = 620
# The pixels of a map on which only some titles have room.
_NARROW = 500
# A title stands so many pixels above the middle of its passages.
_ABOVE = -14
# The square pixels that all points share, and that one has at least and at most.
_AREA, _SMALLEST, _LARGEST = 40_000, 14, 90


def bars(field: str, counts: Mapping[Any, int], ink: str) -> alt.LayerChart:
    """How many articles have each value, in the order given, the rarest put together."""
    told = [(wording.value(field, value), count) for value, count in counts.items()]
    if len(told) > _MOST_BARS:
        told[_MOST_BARS - 1 :] = [(wording.OTHERS, sum(count for _, count in told[_MOST_BARS - 1 :]))]
    rows = [{"value": value, "count": count} for value, count in told]
    base = alt.Chart(alt.InlineData(values=rows), height=alt.Step(_BAR)).encode(
        alt.Y("value:N", sort=None, title=None, axis=_names(ink)),
        alt.X("count:Q", title=None, axis=None),
    )
    lengths = base.mark_bar(color=ACCENT, cornerRadiusEnd=2, height=14)
    numbers = base.mark_text(align="left", dx=5, color=ink, fontSize=13).encode(alt.Text("count:Q", format=","))
    return alt.LayerChart(layer=[lengths, numbers])


def passage_map(
    points: Iterable[Point],
    labels: Iterable[Label],
    asked: QuestionPoint | None,
    *,
    by_folder: bool,
    ink: str,
    ground: str,
) -> alt.LayerChart:
    """The map: passages by article or folder, titles, and the last question among what it found."""
    field = "folder" if by_folder else "article"
    scale = alt.Scale(range=list(FOLDER_COLOURS)) if by_folder else alt.Scale(scheme="tableau10")
    legend = alt.Legend(title=None, orient="bottom", labelColor=ink) if by_folder else None
    pointed_at = alt.selection_point(fields=["article"], on="pointerover", clear="pointerout")
    tooltip = [alt.Tooltip(f"{name}:N", title=title) for name, title in wording.POINT_FIELDS.items()]
    rows = [_row(point) for point in points]
    size = max(_SMALLEST, min(_LARGEST, _AREA / max(len(rows), 1)))
    passages = (
        _placed(rows)
        .mark_circle(size=size)
        .encode(
            color=alt.Color(f"{field}:N", scale=scale, legend=legend),
            opacity=alt.condition(pointed_at, alt.value(0.8), alt.value(0.12)),
            tooltip=tooltip,
        )
    )
    there_is_room = alt.condition(f"width > {_NARROW} || datum.narrow", alt.value(1), alt.value(0))
    titles = _placed(map(asdict, labels)).encode(text="title:N", opacity=there_is_room)
    # A title is drawn over its own outline in the colour of the ground, so that points behind it do not spoil it.
    outlines = titles.mark_text(
        fontSize=12, dy=_ABOVE, stroke=ground, strokeWidth=4, strokeJoin="round", strokeOpacity=0.85
    )
    layers = [passages.add_params(pointed_at), outlines, titles.mark_text(fontSize=12, dy=_ABOVE, color=ink)]
    if asked is not None:
        rings = _placed(map(_row, asked.hits)).mark_point(size=150, strokeWidth=2.5, color=ink)
        diamond = _placed([dict(zip(("across", "down"), asked.question, strict=True))])
        layers += [
            rings.encode(tooltip=tooltip),
            diamond.mark_point(shape="diamond", size=240, filled=True, opacity=1, color=ink, stroke=ground),
        ]
    return alt.LayerChart(layer=layers).properties(height=_MAP_HEIGHT)


def steps(found: Mapping[str, Mapping[Verdict, int]], ink: str) -> alt.Chart:
    """For each kind of question how many had which verdict."""
    rows = [
        {"kind": kind, "verdict": wording.VERDICTS[verdict], "count": count, "place": place}
        for kind, counts in found.items()
        for place, (verdict, count) in enumerate(counts.items())
    ]
    names = list(wording.VERDICTS.values())
    drawn: alt.Chart = (
        alt.Chart(alt.InlineData(values=rows), height=alt.Step(46))
        .mark_bar()
        .encode(
            alt.Y("kind:N", sort=None, title=None, axis=_names(ink)),
            alt.X("sum(count):Q", stack="normalize", title=None, axis=alt.Axis(format="%", grid=False, labelColor=ink)),
            alt.Color(
                "verdict:N",
                scale=alt.Scale(domain=names, range=list(VERDICT_COLOURS.values())),
                legend=alt.Legend(title=None, orient="bottom", labelColor=ink),
            ),
            alt.Order("place:Q"),
            tooltip=[alt.Tooltip("verdict:N", title=" "), alt.Tooltip("count:Q", title=wording.NUMBER_OF_QUESTIONS)],
        )
    )
    return drawn


def _names(ink: str) -> alt.Axis:
    return alt.Axis(ticks=False, domain=False, labelColor=ink, labelFontSize=13, labelLimit=170, labelPadding=8)


def _placed(rows: Iterable[Mapping[str, Any]]) -> alt.Chart:
    """Something at every row's place on the map, which leaves room at its edges."""
    return alt.Chart(alt.InlineData(values=list(rows))).encode(
        alt.X("across:Q", axis=None, scale=alt.Scale(domain=[-0.04, 1.04])),
        alt.Y("down:Q", axis=None, scale=alt.Scale(domain=[1.03, -0.03])),
    )


def _row(point: Point) -> dict[str, Any]:
    place = " › ".join(point.headings) or OPENING
    return asdict(point) | {"folder": point.folder or TOP_FOLDER, "place": place, "headings": None}
