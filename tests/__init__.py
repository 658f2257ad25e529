"""The tests, one file a module; the fakes that they share are in ``fakes``."""
