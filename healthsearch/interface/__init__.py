"""The page: draws what the package finds. With ``app.py`` the only import of Streamlit; nothing is computed here."""
