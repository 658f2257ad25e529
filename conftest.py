"""Which modules pytest looks into for examples: one that cannot be imported without an optional package is left out."""

from importlib.util import find_spec

collect_ignore = [] if find_spec("pymilvus") else ["healthsearch/milvus.py"]
