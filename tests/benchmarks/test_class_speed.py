"""A class opens one lesson of Feature maps at the same moment, each on a machine of their own.

The clients are WebSockets that ask for the page and read until its run is over, as a browser does: what browsers do
with the answer is not the server's work. `make bench` prints the numbers; as a plain test, three clients prove that it
can be measured.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.browser.app import serve

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_benchmark.fixture import BenchmarkFixture

LESSON = "model=random%3Aresnet18&picture={picture}&step=conv2_x.0.conv1"
CLASS = 30
WITHIN = 120.0  # seconds
BIGGEST = 64 * 2**20  # bytes of a message


async def opened(address: str, query: str) -> tuple[float, float]:
    """Seconds until the maps were there, and until the whole page was."""
    start = time.perf_counter()
    maps = 0.0
    url = f"{address.replace('http', 'ws', 1)}/_stcore/stream"
    async with websockets.connect(url, subprotocols=["streamlit"], max_size=BIGGEST) as socket:  # type: ignore[list-item]  # a name of their own
        asked = BackMsg()
        asked.rerun_script.query_string = query
        asked.rerun_script.page_name = "maps"
        await socket.send(asked.SerializeToString())
        async for data in socket:
            message = ForwardMsg.FromString(data)
            kind = message.WhichOneof("type")
            if kind == "delta" and message.delta.new_element.WhichOneof("type") == "bidi_component" and not maps:
                maps = time.perf_counter() - start
            if kind == "script_finished":
                break
    return maps, time.perf_counter() - start


def together(address: str, count: int, picture: str) -> list[tuple[float, float]]:
    """Several clients at once; in a thread, since Playwright has a loop of its own in this one."""
    query = LESSON.format(picture=picture)

    async def ask() -> list[tuple[float, float]]:
        return await asyncio.wait_for(asyncio.gather(*(opened(address, query) for _ in range(count))), WITHIN)

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(ask())).result()


@pytest.mark.benchmark
@pytest.mark.xdist_group("browser")
def test_a_class_opens_a_lesson(root: Path, tmp_path: Path, benchmark: BenchmarkFixture) -> None:
    """One client alone, and a class at once, each with a picture that no one has asked for before."""
    count = 3 if benchmark.disabled else CLASS
    with serve(root, tmp_path / "app.txt") as address:
        together(address, 1, "coffee")  # imports PyTorch, builds the network
        ((alone, whole),) = together(address, 1, "rocket")
        found = together(address, count, "astronaut")
    maps, pages = ([each[place] for each in found] for place in (0, 1))
    assert min(alone, *maps) > 0, "a client got no maps"
    benchmark.extra_info.update(
        {
            "alone: maps, page, s": (round(alone, 2), round(whole, 2)),
            f"{count} at once: maps, median and last, s": (round(statistics.median(maps), 2), round(max(maps), 2)),
            f"{count} at once: page, median and last, s": (round(statistics.median(pages), 2), round(max(pages), 2)),
        }
    )
    print(f"\n{dict(benchmark.extra_info)}")
    benchmark.pedantic(lambda: None, rounds=1)
