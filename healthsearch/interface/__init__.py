"""The page: draws what the package finds. Nothing is computed here."""
