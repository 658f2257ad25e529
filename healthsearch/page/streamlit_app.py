"""What ``healthsearch page`` has Streamlit run, where there is no ``app.py``.

In this folder, because Streamlit reads the settings beside its program, and lets Python import from there.
"""

from __future__ import annotations

from healthsearch.interface import pages

pages.draw()
