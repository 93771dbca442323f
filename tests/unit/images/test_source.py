"""Pictures and noise as texts in a URL: every one comes back, and hostile texts end in a clear error."""

from __future__ import annotations

import dataclasses
import math
import random
from urllib.parse import quote, urlencode

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cnnviz.errors import ParameterError
from cnnviz.images import noise, patterns, samples, source
from cnnviz.images.source import Noise, Source
from cnnviz.parameters import Parameter


def legal(parameter: Parameter) -> st.SearchStrategy[float]:
    """Any legal number, not only those on a slider's steps."""
    if parameter.integer:
        count = int((parameter.maximum - parameter.minimum) // parameter.step)
        return st.integers(0, count).map(lambda n: int(parameter.minimum + n * parameter.step))
    return st.floats(parameter.minimum, parameter.maximum)


def assert_safe(text: str) -> None:
    """The text stands in a URL as it is."""
    assert quote(text, safe="-_.~") == text
    assert urlencode({"picture": text}) == f"picture={text}"


def assert_round_trip(chosen: Source) -> None:
    """The text means exactly the same picture, and is written in one way only."""
    text = source.write(chosen)
    assert_safe(text)
    again = source.read(text)
    assert again == chosen
    assert source.write(again) == text


@pytest.mark.parametrize("key", samples.names())
def test_samples(key: str) -> None:
    """A sample is its key, and loads what the registry loads."""
    chosen = Source(key)
    assert (chosen.kind, chosen.values, source.parameters(key)) == ("sample", (), ())
    assert source.write(chosen) == key
    assert_round_trip(chosen)
    assert chosen.load() == samples.load(key)


@pytest.mark.parametrize("key", patterns.names())
def test_patterns_at_their_defaults(key: str) -> None:
    """A pattern without numbers is its key; the record carries them all, size first."""
    chosen = Source(key)
    assert chosen.kind == "pattern"
    assert source.write(chosen) == key
    names = [name for name, _ in chosen.values]
    assert names == ["rows", "columns", *(each.name for each in patterns.get(key).parameters)]
    assert_round_trip(chosen)
    assert chosen.load() == patterns.make(key)


@pytest.mark.parametrize("key", patterns.names())
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_patterns_come_back(key: str, data: st.DataObject) -> None:
    """With any legal size and numbers, to the last digit."""
    values = {each.name: data.draw(legal(each)) for each in source.parameters(key)}
    some = data.draw(st.sets(st.sampled_from(sorted(values))))
    chosen = Source(key, tuple((name, values[name]) for name in some))
    assert dict(chosen.values) | {name: values[name] for name in some} == dict(chosen.values)
    assert_round_trip(chosen)


def test_a_pattern_is_made_with_its_numbers() -> None:
    """What the text says is what is drawn: size, and the number of squares."""
    picture = source.read("checkerboard~rows-12~columns-20~cell-4").load()
    assert picture.size == (12, 20)
    want = (np.indices((12, 20)) // 4).sum(axis=0) % 2
    np.testing.assert_array_equal(picture.pixels[:, :, 1], want)
    assert not picture.is_photo


def test_uploads_are_named_only() -> None:
    """A link cannot carry the visitor's own picture: the word comes back, loading it is refused."""
    chosen = Source(source.UPLOAD)
    assert (chosen.kind, chosen.values) == ("upload", ())
    assert source.write(chosen) == "upload"
    assert_round_trip(chosen)
    with pytest.raises(ParameterError):
        chosen.load()


EXAMPLES = {
    "coffee": Source("coffee"),
    "zone_plate~rows-512~frequency-0.25": Source("zone_plate", (("frequency", 0.25), ("rows", 512))),
    "step_edge~angle--45": Source("step_edge", (("angle", -45.0),)),
    "grating~frequency-0.12345678901": Source("grating", (("frequency", 0.12345678901),)),
    "grating~angle-1e-05": Source("grating", (("angle", 1e-5),)),
}


@pytest.mark.parametrize(("text", "chosen"), EXAMPLES.items())
def test_links_that_were_given_away_keep_their_meaning(text: str, chosen: Source) -> None:
    """The format does not change: these texts are written and read like this."""
    assert source.write(chosen) == text
    assert source.read(text) == chosen


def test_sources_are_values() -> None:
    """Equal and hashable whatever was left out, and nobody changes them."""
    spelled = Source("checkerboard", (("cell", 16), ("columns", 256), ("rows", 256.0)))
    assert spelled == Source("checkerboard")
    assert hash(spelled) == hash(Source("checkerboard"))
    with pytest.raises(dataclasses.FrozenInstanceError):
        spelled.key = "coffee"


BAD = {
    "nothing": "",
    "unknown": "tea",
    "another case": "Coffee",
    "a path": "../../etc/passwd",
    "sample with a number": "coffee~rows-10",
    "upload with a number": "upload~rows-10",
    "unknown number": "zone_plate~phase-1",
    "a number called like Python's argument": "zone_plate~key-1",
    "no value": "zone_plate~rows",
    "empty part": "zone_plate~",
    "half a pixel": "zone_plate~rows-10.5",
    "no rows": "impulse~rows-0",
    "too many rows": "impulse~rows-2049",
    "negative": "impulse~rows--5",
    "not a number": "grating~frequency-nan",
    "infinite": "grating~frequency-1e999",
    "many digits": f"impulse~rows-{'9' * 5000}",
    "long": "zone_plate" + "~rows-10" * 1000,
    "illegal only at its end": f"impulse~rows-1.{'0' * 1000}x",
    "letters": "impulse~rows-ten",
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
def test_bad_texts_are_refused(text: str) -> None:
    """Nothing is guessed: what is not legal raises."""
    with pytest.raises(ParameterError):
        source.read(text)


KINDS_OF_NOISE = [(key, noise.get(key).parameter) for key in noise.names()]


@pytest.mark.parametrize(("key", "parameter"), KINDS_OF_NOISE)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_noise_comes_back(key: str, parameter: Parameter, data: st.DataObject) -> None:
    """Kind, amount and seed, to the last digit."""
    chosen = Noise(key, data.draw(legal(parameter)), data.draw(legal(noise.SEED)))
    text = source.write_noise(chosen)
    assert_safe(text)
    assert source.read_noise(text) == chosen
    assert source.write_noise(source.read_noise(text)) == text


def test_no_noise() -> None:
    """It has a word of its own, so that it can be said in a link."""
    assert source.write_noise(None) == "none"
    assert source.read_noise("none") is None


@pytest.mark.parametrize(
    ("text", "chosen"),
    [
        ("gaussian~0.1~7", Noise("gaussian", 0.1, 7)),
        ("salt_and_pepper~1~0", Noise("salt_and_pepper", 1.0)),
        ("gaussian~1e-05~2147483647", Noise("gaussian", 1e-5, 2**31 - 1)),
    ],
)
def test_noise_in_links_keeps_its_meaning(text: str, chosen: Noise) -> None:
    """The format does not change."""
    assert source.write_noise(chosen) == text
    assert source.read_noise(text) == chosen


@pytest.mark.parametrize(("key", "parameter"), KINDS_OF_NOISE)
def test_noise_is_added_by_its_numbers(key: str, parameter: Parameter) -> None:
    """The record's noise is `noise.add` of the same numbers; another seed gives other noise."""
    picture = patterns.make("zone_plate", 20, 31)
    chosen = Noise(key, parameter.default, 5)
    assert chosen.add(picture) == noise.add(picture, key, parameter.default, 5)
    assert chosen.add(picture) != dataclasses.replace(chosen, seed=6).add(picture)
    assert chosen.add(picture) != picture


BAD_NOISE = {
    "nothing": "",
    "unknown": "pink~0.1~0",
    "no seed": "gaussian~0.1",
    "more": "gaussian~0.1~0~0",
    "too strong": "gaussian~0.6~0",
    "negative": "gaussian~-0.1~0",
    "not a number": "gaussian~nan~0",
    "infinite": "gaussian~1e999~0",
    "half a seed": "gaussian~0.1~1.5",
    "negative seed": "gaussian~0.1~-1",
    "seed too large": "gaussian~0.1~2147483648",
    "huge seed": "gaussian~0.1~1e300",
    "infinite seed": "gaussian~0.1~inf",
    "letters": "gaussian~much~0",
    "long": "gaussian~0.1~" + "0" * 5000 + "x",
}


@pytest.mark.parametrize("text", BAD_NOISE.values(), ids=BAD_NOISE)
def test_bad_noise_is_refused(text: str) -> None:
    """Nothing is guessed, nothing is rounded."""
    with pytest.raises(ParameterError):
        source.read_noise(text)


def read_or_refuse(text: str) -> None:
    """A text is refused with the project's error, or means something that can be written again."""
    try:
        chosen = source.read(text)
    except ParameterError:
        pass
    else:
        assert source.read(source.write(chosen)) == chosen
        assert all(math.isfinite(value) for _, value in chosen.values)
    try:
        disturbance = source.read_noise(text)
    except ParameterError:
        pass
    else:
        assert source.read_noise(source.write_noise(disturbance)) == disturbance


@settings(max_examples=200, deadline=None)
@given(text=st.text() | st.text(alphabet="~-_.0123456789e+١²zonepltrwscumagi", max_size=40))
@example(text="impulse~rows-١")
@example(text="gaussian~٠~١")
@example(text="impulse~rows-1_0")
@example(text="{name}~{0}-{value!r}")
def test_any_text_is_read_or_refused(text: str) -> None:
    """Letters of all scripts, braces and control characters never break the readers."""
    read_or_refuse(text)


@settings(max_examples=200, deadline=None)
@given(text=st.sampled_from([*EXAMPLES, "gaussian~0.1~7", "salt_and_pepper~0.25~12"]), seed=st.integers(0, 2**32))
def test_damaged_links_are_read_or_refused(text: str, seed: int) -> None:
    """Up to four characters cut out, replaced or inserted in a text that was right."""
    chance = random.Random(seed)  # noqa: S311 - not for secrets
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(text))
        new = chance.choice(["", *"~-_.09e+ ١²/\x00"])
        text = text[:place] + new + text[place + chance.randint(0, 1) :]
    read_or_refuse(text)
