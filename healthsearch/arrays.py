"""The types of the arrays that modules hand to each other, each declared once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

# Vectors, one a row, (n, dimension); and one alone, (dimension,).
Matrix = npt.NDArray[np.float32]
Vector = npt.NDArray[np.float32]
# The vectors of sentences as they are kept, a byte a dimension, (n, dimension).
SentenceVectors = npt.NDArray[np.int8]
# One score for each of n passages or articles, higher is better.
Scores = npt.NDArray[np.float32]
# The numbers of n passages, articles or sentences.
Rows = npt.NDArray[np.int64]
# The numbers of n index words in the vocabulary, as they are kept.
Numbers = npt.NDArray[np.int32]
# Which of n passages or articles may answer.
Mask = npt.NDArray[np.bool_]
# Which of n texts hold which index words, (n, words).
Held = npt.NDArray[np.bool_]
