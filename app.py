"""The entry of the page: which pages there are, and how they look. ``healthsearch/interface/`` draws them.

What takes seconds to import is imported when the page already shows something.
"""

from __future__ import annotations

import streamlit as st

from healthsearch import wording
from healthsearch.interface.browser import PAGE

page = st.navigation(
    [
        st.Page("healthsearch/interface/reader.py", title=wording.TITLE, default=True),
        st.Page("healthsearch/interface/keeper.py", title=wording.OF_COLLECTION, url_path="collection"),
    ],
    position="hidden",
)
st.set_page_config(page_icon=str(PAGE / "icon.svg"), layout="centered")
st.html(PAGE / "page.css")
page.run()
