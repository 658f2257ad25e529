"""What ``streamlit run app.py`` runs; ``healthsearch/interface/`` draws the pages."""

from __future__ import annotations

from healthsearch.interface import pages

pages.draw()
