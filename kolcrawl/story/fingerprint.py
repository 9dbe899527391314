"""Fingerprint texts: a hash tells the same text, a MinHash signature nearly the same one.

Entry point: `fingerprint_story` fills `content_hash`, `bands` and `signature` of a fetched story; `similarity` compares
two signatures, `bands_of` gives the keys under which likely copies meet. Pure functions: the same text gives the same
fingerprint on every machine, in every process and run. The store decides which story is a copy of which
(`kolcrawl.store.copies.grouping`); nothing is dropped here.

Near copies are found in this way: a text is cut into overlapping shingles; the share of shingles that two texts have in
common (Jaccard similarity) is estimated from the 128 least hash values of each (MinHash, Broder 1997, by the
library rensa); three values together make a band, and texts that are equal in one band of 42 are compared
(locality-sensitive hashing, Leskovec, Rajaraman & Ullman, Mining of Massive Datasets, chapter 3). The numbers below
were chosen by `benchmarks/duplicates.py`; docs/duplicates.md has its figures.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from hashlib import blake2b, sha256
from itertools import pairwise
from operator import add, eq
from typing import TYPE_CHECKING, Final

import numpy as np
from rensa import RMinHash

from kolcrawl.text.normalize import nfkc, simplified
from kolcrawl.text.scripts import SUPPLEMENTARY_HAN, UNSPACED

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from kolcrawl.items import StoryItem

SIGNATURE_PERMUTATIONS: Final = 128
"""Values in a signature, 4 bytes each. The estimate's standard error is at most .044."""
SIGNATURE_BYTES: Final = 4 * SIGNATURE_PERMUTATIONS
BAND_VALUES: Final = 3
"""Values in a band. Of texts with similarity .5, .4 and .3, 42 bands of 3 bring .996, .94 and .68 together, 32 of 4
only .87, .56 and .23; bands of 2 bring unrelated texts together, the more the larger the collection."""
BANDS: Final = SIGNATURE_PERMUTATIONS // BAND_VALUES
"""Each is an entry in the database's index, 0.05 ms to write on the embedded server."""
SIMILAR: Final = 3 / 8
"""Estimated similarity from which two stories are near copies: then 55% of each text is in the other. A fifth of the
words changed one by one leaves .47 to .55; stories that share a third of their sentences have .20."""
SIGNATURE_SEED: Final = 20111
"""Of the hash functions: any number will do, but another one makes all stored signatures useless."""
MIN_SHINGLES: Final = {3: 100, 2: 60}
"""Distinct shingles below which a text is too short to judge, by characters or words in a shingle. Shorter ones are
mostly notices (removed, log in, play the video) that are alike on stories that are not."""
MAX_FINGERPRINTED: Final = 200_000
"""Characters of a text that are looked at, so that a hostile page costs at most some 50 ms."""

_UNSPACED = UNSPACED + SUPPLEMENTARY_HAN
_RUNS = re.compile(f"([{_UNSPACED}]+)|([^\\W_{_UNSPACED}]+)")


def fingerprint_story(item: StoryItem) -> StoryItem:
    """Fill in `content_hash`, `bands` and `signature` of a fetched story, in place; any other outcome stays as it is.

    Returns: the same item.
    """
    if item.outcome == "fetched":
        item.content_hash = content_hash(item.title, item.text)
        item.signature = signature_of(item.text or "")
        item.bands = bands_of(item.signature) if item.signature else None
    return item


def content_hash(title: str | None, text: str | None) -> str | None:
    """Hash title and text: SHA-256, in hex, of their compatibility form without white space; None when both are empty.

    Punctuation, case and digits count: 1.5 is not 15, and a correction is a change.
    """
    parts = ["".join(nfkc(part or "").split()) for part in (title, text)]
    return sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest() if any(parts) else None


def signature_of(text: str) -> bytes | None:
    """Compute the MinHash signature of a text; None when it is too short to judge.

    Returns: 128 unsigned 32-bit numbers, little-endian.
    """
    tokens = shingles(text)
    if tokens is None:
        return None
    sketch = RMinHash(num_perm=SIGNATURE_PERMUTATIONS, seed=SIGNATURE_SEED)
    sketch.update(list(tokens))
    return struct.pack(f"<{SIGNATURE_PERMUTATIONS}I", *sketch.digest())


def bands_of(signature: bytes) -> list[int]:
    """Hash the bands of a signature to signed 64-bit numbers, each with its place in the signature."""
    size = 4 * BAND_VALUES
    return [
        int.from_bytes(
            blake2b(signature[n * size : (n + 1) * size], digest_size=8, person=bytes([n])).digest(),
            "little",
            signed=True,
        )
        for n in range(BANDS)
    ]


def similarity(one: bytes, other: bytes) -> float:
    """Estimate the share of common shingles behind two signatures, 0 to 1.

    Raises:
        ValueError: one of them is not a signature of this scheme.
    """
    if len(one) != SIGNATURE_BYTES or len(other) != SIGNATURE_BYTES:
        raise ValueError(f"a signature has {SIGNATURE_BYTES} bytes, these have {len(one)} and {len(other)}")
    equal: int = sum(map(eq, memoryview(one).cast("I"), memoryview(other).cast("I")))
    return equal / SIGNATURE_PERMUTATIONS


@dataclass(frozen=True, slots=True)
class Likenesses:
    """Comparison of one signature with several, in their order."""

    similarity: npt.NDArray[np.float64]
    """As `similarity` estimates it."""
    bands: npt.NDArray[np.bool_]
    """A row for each of the several: which bands it shares with the one."""

    @property
    def near(self) -> npt.NDArray[np.bool_]:
        """Which of the several are near copies: similar enough, with a band in common."""
        near: npt.NDArray[np.bool_] = (self.similarity >= SIMILAR) & self.bands.any(axis=1)
        return near


def stack(signatures: Sequence[bytes]) -> npt.NDArray[np.uint32]:
    """Stack signatures as the rows of one array, for `likenesses`."""
    return np.frombuffer(b"".join(signatures), dtype="<u4").reshape(len(signatures), SIGNATURE_PERMUTATIONS)


def likenesses(signature: bytes, others: npt.NDArray[np.uint32]) -> Likenesses:
    """Compare a signature with several at once (`stack`)."""
    equal = others == np.frombuffer(signature, dtype="<u4")
    bands = equal[:, : BAND_VALUES * BANDS].reshape(len(others), BANDS, BAND_VALUES).all(axis=2)
    return Likenesses(equal.sum(axis=1) / SIGNATURE_PERMUTATIONS, bands)


def shingles(text: str) -> set[str] | None:
    """Cut a text into overlapping pieces: three characters where most are written without spaces, else two words.

    Case, punctuation, compatibility forms and the difference of traditional and simplified Chinese do not count.

    Returns: the distinct shingles; None when there are too few to judge by.
    """
    text = text[:MAX_FINGERPRINTED]
    if not text.isascii():
        text = simplified(nfkc(text)[:MAX_FINGERPRINTED])  # one character may become eighteen
    tokens: list[str] = []  # single characters of unspaced scripts, words of others
    unspaced = 0
    for run, word in _RUNS.findall(text.casefold()):
        if word:
            tokens.append(word)
        else:
            tokens += run
            unspaced += len(run)
    if unspaced * 2 > len(tokens):
        found = set(map(add, map(add, tokens, tokens[1:]), tokens[2:]))
        least = MIN_SHINGLES[3]
    else:
        found = {f"{a} {b}" for a, b in pairwise(tokens)}
        least = MIN_SHINGLES[2]
    return found if len(found) >= least else None
