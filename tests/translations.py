"""Messages in the source and in the translations; `python -m tests.translations` updates the latter."""

from __future__ import annotations

from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[1]
SOURCES = [("app.py", "python"), ("cnnviz/**.py", "python"), ("pages/**.py", "python")]
KEYWORDS = {"_": None, "N_": None, "ngettext": (1, 2)}


def extract(root: Path = ROOT) -> Catalog:
    """Return every message marked in app.py, cnnviz/ and pages/."""
    catalogue = Catalog()
    found = extract_from_dir(
        root, method_map=SOURCES, keywords=KEYWORDS, comment_tags=("Translators:",), strip_comment_tags=True
    )
    for file, line, message, comments, context in sorted(found, key=lambda entry: (entry[0], entry[1])):
        catalogue.add(message, locations=[(file, line)], auto_comments=comments, context=context)
    return catalogue


def translations(root: Path = ROOT) -> list[Path]:
    """Return the catalogue files, one a language."""
    return sorted((root / "pages" / "locale").glob("*/LC_MESSAGES/cnnviz.po"))


def read(path: Path) -> Catalog:
    """Return the catalogue at `path`, its language taken from the folder."""
    with path.open("rb") as file:
        return read_po(file, locale=path.parts[-3])


def update(path: Path, source: Catalog) -> None:
    """Add what is new in `source` to the file at `path`, and drop what is gone. Nothing is guessed."""
    catalogue = read(path)
    catalogue.update(source, no_fuzzy_matching=True, update_creation_date=False)
    with path.open("wb") as file:
        write_po(file, catalogue, width=110, sort_by_file=True, ignore_obsolete=True, include_lineno=False)


if __name__ == "__main__":
    messages = extract()
    for file in translations():
        update(file, messages)
        missing = sum(1 for message in read(file) if message.id and not message.string)
        print(f"{file.relative_to(ROOT)}: {len(messages)} messages, {missing} to translate")
