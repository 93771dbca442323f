"""Transfer learning to take away: a program that runs as pasted, and the files that it reads."""

from __future__ import annotations

import streamlit as st

from cnnviz.networks import shipped
from cnnviz.training import own_zips, transfer
from cnnviz.training.own_pictures import Collection
from cnnviz.training.recipe import TORCHVISION
from cnnviz.training.transfer import Network
from pages.common.files import File, download_row
from pages.common.language import _
from pages.common.settings import Settings

__all__ = ["take_away"]


def take_away(settings: Settings, network: Network, freeze: str, collection: Collection) -> None:
    """A drawer with the program; it is written when the drawer is opened, because that needs torch."""
    with st.expander(_("Copy as Python"), icon=":material/code:", key="transfer/program", on_change="rerun") as drawer:
        if not drawer.open:
            return
        whole = collection.missing() is None
        _files(network, collection, whole)
        learn, _test = collection.parts()
        pictures = sum(map(len, learn.values())) if whole else 1
        epochs = settings["transfer_epochs"]
        st.code(transfer.program(network, freeze, pictures, epochs), language="python")


def _files(network: Network, collection: Collection, whole: bool) -> None:
    """What has to lie beside the program."""
    files = []
    if whole:
        files.append(File(_("Pictures (ZIP)"), "pictures.zip", lambda: own_zips.packed(collection, network.shape)))
    if network.start != TORCHVISION:
        name = f"{network.start}.safetensors"
        files.append(File(_("Weights"), name, (shipped.MODELS / name).read_bytes))
    st.caption(_("It reads a folder “pictures” with train/CLASS and test/CLASS, and the weights beside it."))
    download_row(files)
