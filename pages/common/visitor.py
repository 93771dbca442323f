"""Who looks at the page, as far as that matters: whose runs and pictures are whose. Nobody has to say a name.

A browser keeps a random token in Streamlit's cookie against forged requests, as long as it is open; a reload or a
new server does not change it. What is kept here is a digest of it, from which nobody can make the cookie.
"""

from __future__ import annotations

import hashlib

import streamlit as st

__all__ = ["is_at_the_machine", "visitor"]

_COOKIE = "_streamlit_xsrf"
_DIGITS = 20  # of the digest; two visitors of a school will not share that many


def visitor() -> str:
    """A name for this browser that is the same after a reload: hexadecimal digits, never to be shown.

    Where a browser keeps no cookies, its address stands for it, and everyone behind that address is one visitor.
    """
    token = _token(st.context.cookies.get(_COOKIE, ""))
    known = token or str(st.context.ip_address or "this machine").encode()
    return hashlib.sha256(b"cnnviz visitor " + known).hexdigest()[:_DIGITS]


def _token(cookie: str) -> bytes:
    """The token in a cookie "2|mask|token|time", whose token is masked anew in every answer; b"" when there is none."""
    try:
        _version, mask, masked, _time = cookie.strip("\"'").split("|")
        key, hidden = bytes.fromhex(mask), bytes.fromhex(masked)
        return bytes(each ^ key[place % len(key)] for place, each in enumerate(hidden))
    except (ValueError, ZeroDivisionError):
        return b""


def is_at_the_machine() -> bool:
    """Whether the browser runs on the machine that serves the pages: who sits there may end any run.

    Behind a proxy everybody seems to, so its headers are looked for.
    """
    forwarded = ("X-Forwarded-For", "Forwarded", "X-Real-Ip")
    return st.context.ip_address is None and not any(name in st.context.headers for name in forwarded)
