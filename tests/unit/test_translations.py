"""Every message has a translation that is up to date and takes the same values."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from cnnviz.networks import shipped
from pages.common.language import LANGUAGES, LOCALE, SOURCE
from tests import translations

if TYPE_CHECKING:
    from pathlib import Path

    from babel.messages import Catalog, Message

FIELD = re.compile(r"\{(\w*)[^{}]*\}")


@pytest.fixture(scope="module", params=[language for language in LANGUAGES if language != SOURCE])
def translation(request: pytest.FixtureRequest) -> Catalog:
    """One translation, as its file stands."""
    return translations.read(LOCALE / request.param / "LC_MESSAGES" / "cnnviz.po")


@pytest.fixture(scope="module")
def source() -> Catalog:
    """The messages that the source marks today."""
    return translations.extract()


def forms(text: object) -> list[str]:
    """Return the one or two forms of a message or a translation."""
    return [text] if isinstance(text, str) else list(text)


def messages(catalogue: Catalog) -> list[Message]:
    """Return the messages of `catalogue` without its header."""
    return [message for message in catalogue if message.id]


def test_the_source_marks_messages(source: Catalog) -> None:
    """The other tests compare something: both the backend's and the errors' messages are found."""
    files = {file for message in messages(source) for file, _ in message.locations}
    assert any(file.startswith("cnnviz/") for file in files)
    assert source.get("{name} is {value}, but must be {legal}.")


def test_classes_of_our_networks_are_marked(source: Catalog) -> None:
    """What they are called stands in the models' cards; names that are numbers need no translation."""
    names = {name for each in shipped.names() for name in shipped.read_card(each)["classes"] if not name.isdigit()}
    assert {"cat", "airplane"} <= names
    assert not [name for name in names if not source.get(name)]


def test_percent_signs_stay_with_their_numbers(translation: Catalog) -> None:
    """In Spanish a space stands between them, at which no line breaks."""
    torn = re.compile(r"[\d}*] %")
    assert not [message.id for message in messages(translation) if any(map(torn.search, forms(message.string)))]


def test_no_message_hides_in_an_f_string(root: Path) -> None:
    """Messages are not found there: it is an expression's text to the extractor."""
    hidden = re.compile(r"""f"[^"\n]*\{_\('|f'[^'\n]*\{_\(\"""")
    files = [path for folder in ("pages", "cnnviz") for path in (root / folder).rglob("*.py")]
    assert not [path.name for path in files if hidden.search(path.read_text("utf-8"))]


def test_nothing_is_missing(source: Catalog, translation: Catalog) -> None:
    """Each message of the source has every one of its forms translated."""
    missing = [
        message.id
        for message in messages(source)
        if not (known := translation.get(message.id, message.context)) or not all(forms(known.string))
    ]
    assert missing == []


def test_nothing_is_left_over_or_uncertain(source: Catalog, translation: Catalog) -> None:
    """No entry is obsolete, unknown to the source, or marked as a guess."""
    unknown = [m.id for m in messages(translation) if source.get(m.id, m.context) is None]
    fuzzy = [m.id for m in messages(translation) if m.fuzzy]
    assert (unknown, fuzzy, list(translation.obsolete)) == ([], [], [])


def test_translations_take_the_same_values(translation: Catalog) -> None:
    """`{name}` is in the translation exactly when it is in the source; a singular may leave one out."""
    for message in (message for message in messages(translation) if all(forms(message.string))):
        plural = set(FIELD.findall(forms(message.id)[-1]))
        *others, last = [set(FIELD.findall(form)) for form in forms(message.string)]
        assert last == plural, message.id
        assert all(other <= plural for other in others), message.id


def test_percentages_are_written_in_one_way(source: Catalog, translation: Catalog) -> None:
    """English writes 94.8%, Spanish 94.8 %, both with a point; `{share:.1%}` would know no space: see `percent`."""
    english = [form for message in messages(source) for form in forms(message.id)]
    assert [each for each in english if re.search(r"[\d}][ \u00a0]%|%}", each)] == []
    assert translation.locale is not None
    spaced = not translation.locale.percent_formats[None].suffix[0].startswith("%")
    wrong = re.compile(r"[\d}]%|%}|\d,\d{1,2}\b(?!\))" if spaced else r"[\d}][ \u00a0]%")
    translated = [form for message in messages(translation) for form in forms(message.string)]
    assert [each for each in translated if wrong.search(each)] == []


def test_the_header_is_filled_in(translation: Catalog) -> None:
    """Nothing of Babel's model header, such as FULL NAME or EMAIL@ADDRESS, is left."""
    header = "\n".join(value for _, value in translation.mime_headers)
    assert not re.search(r"FULL NAME|EMAIL|LL@li|PROJECT|ORGANIZATION", header)
