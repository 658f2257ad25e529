"""Write ten of our articles as web pages, each as another kind of site has them: python tests/clutter/make_pages.py

What surrounds an article is listed beside it, line by line, in ``clutter.json``: none of it may be indexed.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from html import escape
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from healthsearch.readers.front_matter import parse  # noqa: E402 - the project need not be installed

HERE = Path(__file__).parent
COOKIES = "We and our 212 partners use cookies to store and access information on your device."
CHOICES = ["Accept all cookies", "Reject optional cookies", "Manage your preferences"]
MENU = ["Home", "Conditions A to Z", "Treatments", "Find a clinic", "Healthy living", "For professionals"]
RELATED = [
    "Seven stretches for the morning",
    "What your pillow says about you",
    "Is coffee bad for the bones?",
    "Our nurses answer your questions",
]
SHARE = ["Share on Facebook", "Post to X", "Send by e-mail", "Print this page"]
NEWSLETTER = "Get our weekly newsletter with tips that doctors trust."
ADVERT = "Advertisement: SpineEase insoles, now 40% off until Sunday."
SPONSOR = "Sponsored by the makers of FlexiGel. Click here to see prices."
FOOTER = ["Privacy policy", "Terms of use", "Accessibility statement", "Contact us"]
COPYRIGHT = "© 2026 Example Health Media. All rights reserved."
COMMENTS = [
    "Lydia K. wrote: this is exactly what happened to my brother in Leeds!",
    "Tom wrote: has anybody tried the blue pills from the market?",
    "Reply to Tom: please do not buy those, mate.",
]
LOG_IN = "Log in or register to save articles to your reading list."

Page = Callable[[str, str], str]


def links(texts: list[str], item: str = "li") -> str:
    return "".join(f'<{item}><a href="/{index}">{escape(text)}</a></{item}>' for index, text in enumerate(texts))


def after_paragraph(body: str, number: int, what: str) -> str:
    """The body with something put after its n-th paragraph."""
    parts = body.split("</p>\n")
    return "</p>\n".join([*parts[:number], what + parts[number], *parts[number + 1 :]])


def semantic(title: str, body: str) -> str:
    body = after_paragraph(body, 3, f'<aside class="pullout"><p>{ADVERT}</p></aside>\n')
    return f"""<body>
<div id="cookie-banner" role="dialog"><p>{COOKIES}</p>{links(CHOICES, "button")}</div>
<header><a href="/">Example Health</a><nav aria-label="Main"><ul>{links(MENU)}</ul></nav></header>
<main><article><h1>{title}</h1>
{body}
</article><aside><h2>Related articles</h2><ul>{links(RELATED)}</ul></aside></main>
<footer><ul>{links(FOOTER)}</ul><p>{COPYRIGHT}</p></footer></body>"""


def div_soup(title: str, body: str) -> str:
    body = after_paragraph(body, 5, f'<div class="ad-slot ad-slot--inline"><span>{ADVERT}</span></div>\n')
    return f"""<body class="has-sidebar">
<div class="topbar"><div class="topbar-menu"><ul>{links(MENU)}</ul></div><div class="login-hint">{LOG_IN}</div></div>
<div class="page-wrapper"><div class="breadcrumbs"><a href="/">Home</a> &gt; <a href="/b">Conditions A to Z</a></div>
<div class="content-column"><div class="headline"><h1>{title}</h1></div>
<div class="share-buttons"><ul>{links(SHARE)}</ul></div>
<div class="story">{body}</div>
<div class="related-links"><h3>You may also like</h3><ul>{links(RELATED)}</ul></div></div>
<div class="sidebar"><div class="widget"><h4>Newsletter</h4><p>{NEWSLETTER}</p></div></div></div>
<div class="site-footer"><ul>{links(FOOTER)}</ul><div>{COPYRIGHT}</div></div>
<div class="cookie-consent"><p>{COOKIES}</p><ul>{links(CHOICES)}</ul></div></body>"""


def of_tables(title: str, body: str) -> str:
    menu = "".join(f'<tr><td><a href="/{text}">{text}</a></td></tr>' for text in MENU)
    return f"""<body><table width="100%"><tr><td colspan="2"><img src="logo.gif" alt=""></td></tr>
<tr><td width="150" valign="top"><table>{menu}</table></td>
<td valign="top"><font size="5"><h1>{title}</h1></font>
{body}
</td></tr><tr><td colspan="2"><center>{" | ".join(f'<a href="/{text}">{text}</a>' for text in FOOTER)}</center>
<center><small>{COPYRIGHT}</small></center></td></tr></table></body>"""


def blog(title: str, body: str) -> str:
    comments = "".join(f'<li class="comment"><div class="comment-body"><p>{text}</p></div></li>' for text in COMMENTS)
    return f"""<body class="single post">
<div id="masthead" class="site-header"><div class="main-navigation"><ul class="menu">{links(MENU)}</ul></div></div>
<div id="content" class="site-content"><div id="primary"><main id="main"><article class="post type-post">
<header class="entry-header"><h1 class="entry-title">{title}</h1></header>
<div class="entry-content">{body}
<div class="sharedaddy"><h3>Share this:</h3><ul>{links(SHARE)}</ul></div>
<div id="jp-relatedposts" class="jp-relatedposts"><h3>More from us</h3><ul>{links(RELATED)}</ul></div></div>
<footer class="entry-footer"><span>Posted in</span> <a href="/c">Conditions A to Z</a></footer></article>
<div id="comments" class="comments-area"><h2>Three thoughts on this</h2><ol class="comment-list">{comments}</ol></div>
</main></div><div id="secondary" class="widget-area"><section class="widget"><p>{NEWSLETTER}</p></section></div></div>
<footer id="colophon"><p>{COPYRIGHT}</p></footer></body>"""


def encyclopedia(title: str, body: str) -> str:
    return f"""<body><a class="skip-link" href="#main">Skip to the content</a>
<div role="banner"><form role="search"><input name="q"><button>Search the site</button></form></div>
<div role="navigation"><ul>{links(MENU)}</ul></div>
<div role="main" id="main"><h1>{title}</h1><div id="toc-section"><h2>On this page</h2><ul>{links(RELATED)}</ul></div>
{body}
<div class="page-feedback"><h2>Was this page helpful?</h2><button>Yes, thank you</button></div></div>
<div role="complementary"><p>{NEWSLETTER}</p></div>
<div role="contentinfo"><ul>{links(FOOTER)}</ul><p>{COPYRIGHT}</p></div></body>"""


def in_the_middle(title: str, body: str) -> str:
    read_on = f'<div class="read-more-box"><p>Read more:</p><ul>{links(RELATED)}</ul></div>\n'
    body = after_paragraph(body, 2, f'<div class="promo"><p>{SPONSOR}</p></div>\n')
    body = after_paragraph(body, 6, read_on)
    body = after_paragraph(
        body, 9, f'<form class="newsletter-signup"><p>{NEWSLETTER}</p><input><button>Sign up</button></form>'
    )
    return f"""<body><nav><ul>{links(MENU)}</ul></nav><main><h1>{title}</h1><section class="article-body">
{body}</section></main><footer><p>{COPYRIGHT}</p></footer></body>"""


def machine_made(title: str, body: str) -> str:
    """Class names say nothing here, as in pages that a program styles; only links tell a menu."""
    return f"""<body><div id="root"><div class="css-1q2w">
<div class="css-9aa"><ul class="css-7b">{links(MENU)}</ul></div>
<div class="css-44c"><div class="css-e1"><h1 class="css-t0">{title}</h1>
<div class="css-x5">{body}</div></div>
<div class="css-rr"><ul class="css-7b">{links(RELATED)}</ul></div></div>
<div class="css-ff"><ul class="css-7b">{links(FOOTER)}</ul></div></div></div></body>"""


def saved_twice(title: str, body: str) -> str:
    """With scripts, styles, templates and hidden blocks, as a browser saves it."""
    return f"""<body><script>var menu = "{MENU[0]}";</script><noscript><p>{LOG_IN}</p></noscript>
<template><p>{SPONSOR}</p></template><div style="display: none"><p>{ADVERT}</p></div>
<div hidden><p>{NEWSLETTER}</p></div><div aria-hidden="true"><p>{COMMENTS[0]}</p></div>
<svg><title>{SHARE[0]}</title></svg><dialog open><p>{COOKIES}</p></dialog>
<article><h1>{title}</h1>{body}<style>p {{ margin: 0 }}</style></article>
<iframe src="https://ads.example"><p>{SPONSOR}</p></iframe></body>"""


def magazine(title: str, body: str) -> str:
    cards = "".join(f'<article class="card"><h3><a href="/{text}">{text}</a></h3></article>' for text in RELATED)
    body = after_paragraph(body, 4, f'<div id="google_ads_1" class="adsbygoogle"><p>{ADVERT}</p></div>\n')
    return f"""<body><header class="masthead"><nav><ul>{links(MENU)}</ul></nav></header>
<div class="layout"><article class="longread"><header><h1>{title}</h1></header>
<div class="paywall-notice"><p>{LOG_IN}</p></div>{body}
<div class="social-share"><ul>{links(SHARE)}</ul></div></article>
<section class="recommended"><h2>Recommended for you</h2>{cards}</section></div>
<section class="comments"><h2>Comments</h2>{"".join(f"<p>{text}</p>" for text in COMMENTS)}</section>
<footer><nav><ul>{links(FOOTER)}</ul></nav><p>{COPYRIGHT}</p></footer>
<div class="gdpr-overlay"><p>{COOKIES}</p><button>{CHOICES[0]}</button></div></body>"""


def old_and_broken(title: str, body: str) -> str:
    """Tags in capitals and never closed, a menu of bare links, attributes without quotation marks."""
    body = body.replace("</p>", "").replace("<p>", "<P>").replace("</li>", "")
    menu, foot = (" | ".join(f"<A HREF=/x>{text}</A>" for text in texts) for texts in (MENU, FOOTER))
    return f"""<BODY BGCOLOR=white><DIV CLASS=nav>{menu}</DIV><HR><H1>{title}</H1>
{body}
<HR><DIV ID=footer>{foot}<BR>{COPYRIGHT}</DIV>"""


PAGES: dict[str, Page] = {
    "acute-low-back-pain": semantic,
    "back-scans": div_soup,
    "gout": of_tables,
    "sciatica": blog,
    "paracetamol": encyclopedia,
    "massage-for-a-herniated-disc": in_the_middle,
    "insomnia": machine_made,
    "stroke": saved_twice,
    "opioid-painkillers": magazine,
    "eczema": old_and_broken,
}
_EVERYTHING = [
    *(COOKIES, *CHOICES, *MENU, *RELATED, *SHARE, NEWSLETTER, ADVERT, SPONSOR, *FOOTER, COPYRIGHT, *COMMENTS, LOG_IN),
    *("Example Health", "Related articles", "You may also like", "Newsletter", "Share this:", "More from us"),
    *("Posted in", "Three thoughts on this", "Skip to the content", "Search the site", "On this page", "Sign up"),
    *("Was this page helpful?", "Yes, thank you", "Read more:", "Recommended for you", "Comments"),
]


def main() -> None:
    """Write every page and what surrounds its article."""
    clutter = {}
    for name, page in PAGES.items():
        details, source = parse((ROOT / "corpus" / f"{name}.md").read_text(encoding="utf-8"), name)
        title = escape(details.fields["title"])
        body = MarkdownIt("commonmark").enable("table").render(source)
        body = re.sub(r"^\s*<h1>.*?</h1>\s*", "", body)
        head = f'<head><meta charset="utf-8"><title>{title} | Example Health</title></head>'
        html = f'<!DOCTYPE html>\n<html lang="en">{head}\n{page(title, body)}\n</html>\n'
        (HERE / f"{name}.html").write_text(html, encoding="utf-8")
        clutter[name] = [line for line in _EVERYTHING if escape(line) in html or line in html]
    text = json.dumps(clutter, ensure_ascii=False, indent=1)
    (HERE / "clutter.json").write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
