"""The first lines of a program: the picture, its noise, its luminance."""

from __future__ import annotations

import importlib.resources
import inspect
import re
from collections.abc import Callable
from pathlib import PurePosixPath, PureWindowsPath

from PIL import Image as PilImage

from cnnviz.convolution.checks import Pair
from cnnviz.images import Image, noise, patterns, samples
from cnnviz.images.source import Noise, Source
from cnnviz.snippets.literals import call, text_literal
from cnnviz.snippets.parts import Part, joined

__all__ = ["load", "size_of"]

# What scikit-image hands out as the file has it; the others need a conversion.
_GREY = frozenset({"camera", "coins", "brick", "text", "clock", "grass", "gravel", "cell"})
_FUNCTIONS = {"cat": "chelsea"}
_TRANSPARENT, _ADOBE_RGB = "horse", "rocket"

_SMALLEST_UPLOAD = (64, 64)

_ROUNDED = '''def rounded(values):
    """To whole levels of {bits} bits, as a picture file holds them."""
    return (np.rint(values.astype(float) * {top}) / {top}).astype(np.float32)'''

_OVER_WHITE = """rgba = np.asarray({file}).astype(np.uint32)
colour, alpha = rgba[..., :3], rgba[..., 3:]
levels = ((colour * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)"""

_OPAQUE = 'levels = np.asarray(file.convert("RGB"))'

_REDUCED = """factor = 2048 / max(levels.shape)
if factor < 1:
    rows, columns = (max(1, round(side * factor)) for side in levels.shape[:2])
    levels = cv2.resize(levels, (columns, rows), interpolation=cv2.INTER_AREA)"""

_TO_SRGB = """# The file has a colour profile of its own; screens expect sRGB.
profile = ImageCms.ImageCmsProfile(io.BytesIO(file.info["icc_profile"]))
srgb = ImageCms.createProfile("sRGB")
levels = np.asarray(ImageCms.profileToProfile({picture}, profile, srgb))"""

_AS_PICTURE = "picture = levels.astype(np.float32) / 255"
_AS_GREY = "picture = levels[..., 0].astype(np.float32) / 255"
_AS_RGB = "picture = np.stack([picture] * 3, axis=-1)  # grey, as red, green and blue"
_LUMINANCE = "picture = picture @ np.array([0.299, 0.587, 0.114], np.float32)  # luminance"
_MAYBE_GREY = """# A grey picture gets the same noise in all channels, or it would turn coloured.
grey = (picture == picture[..., :1]).all()
clean = picture[..., 0] if grey else picture
{noisy}
picture = np.stack([noisy] * 3, axis=-1) if grey else noisy"""


def load(source: Source, chosen: Noise | None, luminance: bool, name: str, image: Image | None) -> Part:
    """Write the lines that make `picture`: float32, (H, W, 3), or (H, W) for luminance.

    Args:
        source: where the picture comes from.
        chosen: noise to add.
        luminance: True for a single channel.
        name: an upload's file name.
        image: an upload as `images.read` read it, if it is at hand: the lines then do only what it needs.
    """
    depth = image.depth if image is not None and source.kind == "upload" else 8
    if source.kind == "pattern":
        parts, grey = [_pattern(source)], True
    elif source.kind == "sample":
        parts, grey = [_sample(source.key)], source.key in _GREY or source.key == _TRANSPARENT
    else:
        parts, grey = [_upload(_file_name(name), image)], False
        if image is not None and image.is_grey and (chosen or luminance):
            parts, grey = [*parts, Part("picture = picture[..., 0]  # grey: all channels are equal")], True
    if chosen is not None:
        known = grey or source.kind != "upload" or image is not None
        parts.append(_noisy(chosen, depth, known))
    if grey != luminance:
        parts.append(Part(_AS_RGB if grey else _LUMINANCE))
    return joined(parts)


def size_of(source: Source, image: Image | None) -> Pair:
    """(rows, columns) of the picture; an upload that is not at hand is taken for 64 x 64, to be careful."""
    if source.kind == "pattern":
        values = dict(source.values)
        return int(values["rows"]), int(values["columns"])
    if source.kind == "sample":
        path = importlib.resources.files("skimage") / "data" / samples.get(source.key).file
        with path.open("rb") as file, PilImage.open(file) as header:
            return header.height, header.width
    return image.size if image is not None else _SMALLEST_UPLOAD


def _pattern(source: Source) -> Part:
    function = patterns.get(source.key).build
    arguments = [f"{name}={value!r}" for name, value in source.values]
    comment = "# From 0 (black) to 1 (white), rounded to 8 bits as a file would be."
    lines = [comment, call(source.key, *arguments, target="pattern"), "picture = rounded(pattern)"]
    return Part("\n".join(lines), (_source_of(function), _rounding(8)))


def _sample(key: str) -> Part:
    file = f'file = Image.open(files("skimage") / "data" / "{samples.get(key).file}")'
    if key == _TRANSPARENT:
        comment, over_white = "# Transparent parts are laid over white.", _OVER_WHITE.format(file="file")
        return Part("\n".join([comment, file, over_white, _AS_GREY]))
    if key == _ADOBE_RGB:
        return Part("\n".join([file, _TO_SRGB.format(picture="file"), _AS_PICTURE]))
    function = f"skimage.data.{_FUNCTIONS.get(key, key)}()"
    colours = "" if key in _GREY else "RGB, "
    return Part(f"# {colours}from 0 (black) to 1 (white).\npicture = {function}.astype(np.float32) / 255")


def _upload(name: str, image: Image | None) -> Part:
    if image is not None and image.depth == 16:
        return _deep_upload(name, image)
    reduced = image is None or image.original_size != image.size
    notes = () if image is None else image.notes
    opaque = image is not None and all(note.data for note in notes)
    done = ["upright", "" if opaque else "over white", "at most 2048 pixels a side" if reduced else ""]
    lines = [f"# Read as the page does: {', '.join(filter(None, done))}."]
    if image is None:
        lines.append("# (The page also follows colour profiles and keeps 16 bits per channel.)")
    if name.lower().endswith((".heic", ".heif", ".hif")):
        lines.append("register_heif_opener()")
    lines.append(f"file = ImageOps.exif_transpose(Image.open({text_literal(name)}))")
    lines.append(_OPAQUE if opaque else _OVER_WHITE.format(file='file.convert("RGBA")'))
    if reduced:
        lines.append(_REDUCED)
    if any("profile" in note.data for note in notes):
        lines.append(_TO_SRGB.format(picture="Image.fromarray(levels)"))
    return Part("\n".join([*lines, _AS_PICTURE]))


def _deep_upload(name: str, image: Image) -> Part:
    """Pillow would cut 16 bits per channel to 8."""
    lines = [
        "# 16 bits per channel, which OpenCV reads, in the order blue, green, red.",
        f"levels = cv2.imread({text_literal(name)}, cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH)",
        *([_REDUCED] if image.original_size != image.size else []),
        "picture = levels[..., ::-1].astype(np.float32) / 65535",
    ]
    return Part("\n".join(lines))


def _noisy(chosen: Noise, depth: int, known: bool) -> Part:
    kind = noise.get(chosen.kind)
    values = (f"{kind.parameter.name}={chosen.amount!r}", f"seed={chosen.seed}")
    functions = (_source_of(kind.apply), _rounding(depth))
    before, after = ("picture", "picture") if known else ("clean", "noisy")
    line = f"{after} = rounded({chosen.kind}({before}, {', '.join(values)}))"
    return Part(line if known else _MAYBE_GREY.format(noisy=line), functions)


def _rounding(depth: int) -> str:
    return _ROUNDED.format(bits=depth, top=2**depth - 1)


def _source_of(function: Callable[..., object]) -> str:
    """The source text of a function; of its docstring what comes before the arguments."""
    source = inspect.getsource(function).rstrip()
    short = re.sub(r'\n\n    Args:.*?"""', '\n    """', source, count=1, flags=re.DOTALL)
    return re.sub(r'("""[^\n]*)\n    """', r'\1"""', short, count=1)  # a single line closes itself


def _file_name(name: str) -> str:
    return PureWindowsPath(PurePosixPath(name).name).name or "picture.png"
