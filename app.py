"""The entry of the page: which pages there are, and how they look. ``healthsearch/interface/`` draws them.

What takes seconds to import is imported when the page already shows something.
"""

from __future__ import annotations

import streamlit as st
from streamlit import net_util

from healthsearch import wording
from healthsearch.interface.browser import PAGE

# When a page of another site knocks, Streamlit would ask other machines for the address of this one, to compare.
net_util._external_ip = "localhost"
if st.get_option("server.address") == "localhost":
    net_util._internal_ip = "localhost"

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
