"""A report of what a network made of a picture: one HTML file without scripts, pictures included."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from pages.common.percent import percent_sign

__all__ = ["Bar", "Figure", "Report", "written"]

_STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 62rem; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.15rem; margin: 1.6rem 0 0.4rem; }
figure { margin: 0 0 1rem; } figcaption { font-size: 0.9rem; opacity: 0.8; }
img { max-width: 100%; image-rendering: pixelated; display: block; }
.seen { display: flex; flex-wrap: wrap; gap: 1.5rem; } .seen img { height: 224px; }
table { border-collapse: collapse; }
td, th { text-align: left; padding: 0.15rem 0.9rem 0.15rem 0; vertical-align: top; }
td.share { width: 16rem; } td.share div { background: #0072b2; height: 0.8rem; }
code { overflow-wrap: anywhere; }
@media print { h2, figure { break-inside: avoid; } }
"""

_PAGE = """<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<h1>{title}</h1>
{body}
</body>
</html>
"""


@dataclass(frozen=True)
class Figure:
    """A picture: bytes of a PNG, what it shows for those who do not see it, and what is said below."""

    png: bytes
    alt: str
    caption: str = ""


@dataclass(frozen=True)
class Bar:
    """A class and its probability, 0–1."""

    name: str
    share: float


@dataclass(frozen=True)
class Report:
    """Everything that is in it; all texts translated, and plain: they are escaped here.

    Attributes:
        language: of the texts, "en".
        title: heading.
        seen: the picture and what else lies over it, side by side.
        answer: heading and the likeliest classes.
        strips: heading, and figures of steps.
        facts: heading, and pairs of name and value.
        address: heading, and the link that shows the same again.
    """

    language: str
    title: str
    seen: Sequence[Figure]
    answer: tuple[str, Sequence[Bar]]
    strips: tuple[str, Sequence[Figure]]
    facts: tuple[str, Sequence[tuple[str, str]]]
    address: tuple[str, str]


def written(report: Report) -> bytes:
    """The file, UTF-8."""
    body = [
        f'<div class="seen">{"".join(map(_figure, report.seen))}</div>',
        _heading(report.answer[0]),
        f"<table>{''.join(_bar(each, report.language) for each in report.answer[1])}</table>",
        _heading(report.strips[0]),
        *map(_figure, report.strips[1]),
        _heading(report.facts[0]),
        f"<table>{''.join(_fact(*each) for each in report.facts[1])}</table>",
        _heading(report.address[0]),
        f"<p><code>{escape(report.address[1])}</code></p>",
    ]
    page = _PAGE.format(
        language=escape(report.language), title=escape(report.title), style=_STYLE, body="\n".join(body)
    )
    return page.encode()


def _heading(text: str) -> str:
    return f"<h2>{escape(text)}</h2>"


def _figure(figure: Figure) -> str:
    source = f"data:image/png;base64,{base64.b64encode(figure.png).decode()}"
    caption = f"<figcaption>{escape(figure.caption)}</figcaption>" if figure.caption else ""
    return f'<figure><img src="{source}" alt="{escape(figure.alt)}">{caption}</figure>'


def _bar(bar: Bar, language: str) -> str:
    width = f'<div style="width: {100 * min(max(bar.share, 0.0), 1.0):.1f}%"></div>'
    share = f"{100 * bar.share:.1f}{percent_sign(language)}"
    return f'<tr><td>{escape(bar.name)}</td><td>{share}</td><td class="share">{width}</td></tr>'


def _fact(name: str, value: str) -> str:
    return f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>"
