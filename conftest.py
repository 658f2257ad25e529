"""Which modules pytest looks into for examples: one that cannot be imported without an optional package is left out."""

from importlib.util import find_spec

_NEED_PYMILVUS = ("server", "schema", "store", "maker")
collect_ignore = [] if find_spec("pymilvus") else [f"healthsearch/milvus_{name}.py" for name in _NEED_PYMILVUS]
