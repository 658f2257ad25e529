"""Formulae as a line of text: MathML of web pages and journals, and those of Word.

The texts of their elements, one after the other, would say something else: 10 with the exponent 5 is not 105.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from healthsearch.readers.blocks import squeeze
from healthsearch.readers.xml_tree import Element, attribute, children, first, name, text_of

# The elements that hold a formula; those of journals may give it in several forms, or hold plain text.
FORMULAE = {"math", "oMath", "oMathPara", "disp-formula", "inline-formula", "alternatives"}
# The same in TeX, and what only takes room.
_LEFT_OUT = {"annotation", "annotation-xml", "mphantom", "phant", "mspace"}
_WORDS = {"mo", "mi", "mn", "mtext", "ms", "t"}
# A name before its argument; products and sums that are not written.
_APPLIED, _UNSEEN = "\u2061", re.compile("[\u2062-\u2064]")
_RELATION = re.compile(r"[=<>≤≥≈≠∼≅≡∝→⇒∈±]")
_RAISED = str.maketrans("0123456789+-−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻")
_FIGURES = re.compile(r"[+−-]?\d+[+−-]?|[+−-]")
_SINGLE = re.compile(r"\w+(?:\.\w+)?|\([^()]*\)|\S")
_DOCUMENT = re.compile(r"\\begin\{document\}(.*?)(?:\\end\{document\}|$)", re.DOTALL)


def formula(element: Element) -> str:
    """What a formula says, on one line: x², (a+b)/c, √(x), ∑_(i = 1)^n.

    Its own words if a journal gives them, else from its markup, else as TeX; "" if it has none of these.
    """
    for wanted, told in _FORMS.items():
        found = next(element.iter(f"{{*}}{wanted}"), None)
        if found is not None:
            return told(found)
    return ""


def _from_markup(element: Element) -> str:
    return squeeze(_said(element))


def _tex(element: Element) -> str:
    """A formula in TeX, without the document that some publishers put around each."""
    source = text_of(element)
    found = _DOCUMENT.search(source)
    return squeeze((found[1] if found else source).strip().strip("$"))


def _said(element: Element) -> str:
    kind = name(element)
    if kind in _LEFT_OUT:
        return ""
    if assemble := _ASSEMBLED.get(kind):
        return assemble(element)
    if len(element) and kind not in _WORDS:
        return "".join(_said(child) for child in children(element))
    text = _UNSEEN.sub("", text_of(element))
    return f" {text} " if kind == "mo" and _RELATION.fullmatch(text) else text.replace(_APPLIED, " ")


def _by_place(element: Element) -> list[str]:
    """The parts of an element of MathML, which have their meaning by their order; "" for those that it lacks."""
    return [*(_said(child).strip() for child in children(element)), "", "", ""]


def _by_name(element: Element, *names: str) -> list[str]:
    """The parts of an element of Word, which have names; "" for those that it lacks."""
    found = (first(element, wanted) for wanted in names)
    return ["" if part is None else _said(part).strip() for part in found]


def _grouped(text: str) -> str:
    return text if _SINGLE.fullmatch(text) else f"({text})"


def _scripts(base: str, lower: str = "", upper: str = "") -> str:
    """A base with its sub- and superscript: CO2, C_max, 10⁵, e^(-kt)."""
    if lower:
        base += lower if lower.isdigit() and base[-1:].isalpha() else f"_{_grouped(lower)}"
    if upper:
        base += upper.translate(_RAISED) if _FIGURES.fullmatch(upper) else f"^{_grouped(upper)}"
    return base


def _raised_on(base: str, upper: str) -> str:
    return _scripts(base, "", upper)


def _fraction(upper: str, lower: str) -> str:
    return f"{_grouped(upper)}/{_grouped(lower)}"


def _root(base: str, degree: str = "") -> str:
    if degree.isdigit() or not degree:
        return f"{degree.translate(_RAISED)}√({base})"
    return f"({base})^(1/{degree})"


def _accented(base: str, accent: str) -> str:
    """A letter under a bar or a hat stays one letter."""
    return _raised_on(base, accent) if accent[:1].isalnum() else base + accent


def _fenced(element: Element) -> str:
    separator = element.get("separators", ",")[:1]
    inner = f"{separator} ".join(_said(child).strip() for child in children(element))
    return f"{element.get('open', '(')}{inner}{element.get('close', ')')}"


def _delimited(element: Element) -> str:
    """Brackets of Word, whose signs are properties."""
    inner = ", ".join(_said(part).strip() for part in children(element, "e"))
    return _sign(element, "dPr/begChr", "(") + inner + _sign(element, "dPr/endChr", ")")


def _summed(element: Element) -> str:
    """A sum, a product or an integral of Word."""
    lower, upper, inner = _by_name(element, "sub", "sup", "e")
    return f"{_scripts(_sign(element, 'naryPr/chr', '∫'), lower, upper)} {inner}"


def _sign(element: Element, way: str, usual: str) -> str:
    found = first(element, way)
    return usual if found is None else attribute(found, "val")


def _matrix(element: Element) -> str:
    return "; ".join(", ".join(filter(None, _by_place(row))) for row in children(element))


_FORMS: dict[str, Callable[[Element], str]] = {
    "textual-form": text_of,
    "math": _from_markup,
    "oMath": _from_markup,
    "tex-math": _tex,
}
_ASSEMBLED: dict[str, Callable[[Element], str]] = {
    "msup": lambda element: _raised_on(*_by_place(element)[:2]),
    "msub": lambda element: _scripts(*_by_place(element)[:2]),
    "msubsup": lambda element: _scripts(*_by_place(element)[:3]),
    "munder": lambda element: _scripts(*_by_place(element)[:2]),
    "munderover": lambda element: _scripts(*_by_place(element)[:3]),
    "mover": lambda element: _accented(*_by_place(element)[:2]),
    "mfrac": lambda element: _fraction(*_by_place(element)[:2]),
    "msqrt": lambda element: _root("".join(map(_said, children(element))).strip()),
    "mroot": lambda element: _root(*_by_place(element)[:2]),
    "mfenced": _fenced,
    "mtable": _matrix,
    "sSup": lambda element: _raised_on(*_by_name(element, "e", "sup")),
    "sSub": lambda element: _scripts(*_by_name(element, "e", "sub")),
    "sSubSup": lambda element: _scripts(*_by_name(element, "e", "sub", "sup")),
    "limLow": lambda element: _scripts(*_by_name(element, "e", "lim")),
    "limUpp": lambda element: _raised_on(*_by_name(element, "e", "lim")),
    "f": lambda element: _fraction(*_by_name(element, "num", "den")),
    "rad": lambda element: _root(*_by_name(element, "e", "deg")),
    "func": lambda element: " ".join(_by_name(element, "fName", "e")),
    "d": _delimited,
    "nary": _summed,
    "m": _matrix,
}
