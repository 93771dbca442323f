"""The gallery of augmentations: what it says, and where it leads."""

from __future__ import annotations

import base64
import io
import re

import numpy as np
import torch
from PIL import Image as PilImage
from streamlit.testing.v1 import AppTest

from cnnviz.training import augment

torch.set_num_threads(1)


def page() -> None:
    """A page with the tab, and the settings that it hands its choice to."""
    from pages.common.augmentation_tab import AUGMENTATION_SETTINGS, augmentation_tab
    from pages.common.frame import guarded, notices
    from pages.common.settings import Settings, choice
    from pages.common.training_settings import TRAIN_SETTINGS

    @guarded
    def main() -> None:
        tab = choice("tab", "augmentation", ("train", "augmentation"))
        settings = Settings("training", (tab, *TRAIN_SETTINGS, *AUGMENTATION_SETTINGS))
        notices(settings)
        settings.publish()
        augmentation_tab(settings)

    main()


def opened(**query: str) -> AppTest:
    """The page, with settings as they stand in an address."""
    app = AppTest.from_function(page, default_timeout=60)
    for name, value in {"lang": "en", **query}.items():
        app.query_params[name] = value
    return app.run()


def rows(app: AppTest) -> list[str]:
    """The rows of the gallery."""
    found = [each.proto.body for each in app.get("html")]
    return [each for each in found if each.startswith('<div class="augmentation">')]


def test_every_change_has_a_row_and_the_last_is_as_training_sees_it() -> None:
    """Six rows of an original and six draws; the strengths are those of the back end."""
    app = opened(augmentation_names="flip-colour")
    assert not app.exception
    assert [each.count("<img") for each in rows(app)] == [7] * 6
    assert f"±{augment.DEGREES:g}°" in rows(app)[2]
    assert f"± {100 * augment.JITTER:.0f}%" in rows(app)[3]
    assert "moved by up to 16 of 128 pixels" in rows(app)[1]
    assert "flip + colour, 32 × 32" in rows(app)[5]


def test_drawing_again_changes_the_draws_alone() -> None:
    """The original stays; the same seed gives the same pictures."""
    app = opened()
    before = rows(app)
    app.button("training/augmentation again").click().run()
    after = rows(app)
    assert app.query_params["augmentation_seed"] == "1"
    assert all(one != other for one, other in zip(before, after, strict=True))
    assert [each.split("<img")[1] for each in before] == [each.split("<img")[1] for each in after]
    assert rows(opened()) == before


def test_a_mirrored_two_is_warned_of() -> None:
    """Not without the flip, not for an 8, not for a cat."""
    assert "this is no 2 any more" in opened(augmentation_picture="digit-2").warning[0].value
    assert not opened(augmentation_picture="digit-2", augmentation_names="crop").warning
    assert not opened(augmentation_picture="digit-8").warning
    assert not opened().warning


def test_the_chosen_changes_go_to_training() -> None:
    """The address has them as settings of the tab where networks learn."""
    app = opened(augmentation_names="crop-erasing")
    app.button("training/augmentation go").click().run()
    assert app.query_params["train_augmentation"] == "crop-erasing"
    assert app.query_params["tab"] == "train"


def test_strange_addresses_are_refused() -> None:
    """With a notice, and the defaults."""
    app = opened(augmentation_picture="../etc", augmentation_names="flip-<b>", augmentation_seed="1e9")
    assert "augmentation_picture" in app.warning[0].value
    assert "augmentation_names" in app.warning[0].value
    assert "augmentation_seed" in app.warning[0].value
    assert len(rows(app)) == 6


def test_a_picture_of_ones_own_is_changed() -> None:
    """Until there is one the cat stands in; then the original is the upload's middle, reduced by averaging."""
    app = opened(augmentation_picture="upload")
    assert rows(app) == rows(opened())
    levels = np.zeros((64, 96, 3), np.uint8)
    levels[:, 16:48] = (255, 0, 0)  # the left half of the middle square
    levels[:, 48:80] = (0, 0, 255)
    file = io.BytesIO()
    PilImage.fromarray(levels).save(file, "PNG")
    app.get("file_uploader")[0].upload("own.png", file.getvalue(), "image/png").run()
    assert not app.exception
    first = re.search(r"base64,([^\"]+)", rows(app)[5])
    assert first
    shown = np.asarray(PilImage.open(io.BytesIO(base64.b64decode(first[1]))).convert("RGB"))
    half = shown.shape[1] // 2
    assert (shown[:, :half] == (255, 0, 0)).all()
    assert (shown[:, half:] == (0, 0, 255)).all()
