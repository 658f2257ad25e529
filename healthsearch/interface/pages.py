"""Which pages there are, where they lead to, and what all of them share.

What takes seconds to import is imported when a page already shows something.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from streamlit import net_util

from healthsearch import wording
from healthsearch.interface.browser import PAGE

SEARCH = Path(__file__).with_name("search_page.py")
COLLECTION = Path(__file__).with_name("collection_page.py")

# When a page of another site knocks, Streamlit would ask other machines for the address of this one, to compare.
net_util._external_ip = "localhost"
if st.get_option("server.address") == "localhost":
    net_util._internal_ip = "localhost"


def draw() -> None:
    """Draw the page that the address names."""
    page = st.navigation(
        [
            st.Page(SEARCH, title=wording.TITLE, default=True),
            st.Page(COLLECTION, title=wording.OF_COLLECTION, url_path="collection"),
        ],
        position="hidden",
    )
    st.set_page_config(page_icon=str(PAGE / "icon.svg"), layout="centered")
    st.html(PAGE / "page.css")
    page.run()
