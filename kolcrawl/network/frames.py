"""Nodes and edges as Arrow tables and pandas frames, and as Parquet files (extra `export`)."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO

from kolcrawl.network.extras import need

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import pandas as pd
    import pyarrow as pa

    from kolcrawl.network.selection import Column, Part, Row

ROWS_PER_GROUP = 10_000  # of Parquet: large enough to compress, some 10 MB at most


def arrow(part: Part) -> tuple[pa.Table, pa.Table]:
    """Return the nodes and the edges as Arrow tables; times are `timestamp[ms, UTC]`."""
    nodes = _table(part.node_columns, part.nodes())
    return nodes, _table(part.edge_columns, part.edges())


def pandas(part: Part) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the nodes (indexed by key) and the edges as pandas frames."""
    need("pandas")
    nodes, edges = arrow(part)
    return nodes.to_pandas().set_index("id"), edges.to_pandas()


def write_parquet(part: Part, nodes: BinaryIO, edges: BinaryIO) -> None:
    """Write two Parquet files, a row group at a time."""
    parquet = need("pyarrow.parquet")
    for file, columns, rows in ((nodes, part.node_columns, part.nodes), (edges, part.edge_columns, part.edges)):
        schema = _schema(columns)
        with parquet.ParquetWriter(file, schema, compression="zstd") as out:
            for batch in _record_batches(schema, rows()):
                out.write_batch(batch)


def _table(columns: Sequence[Column], rows: Iterable[Row]) -> pa.Table:
    schema = _schema(columns)
    return need("pyarrow").Table.from_batches(_record_batches(schema, rows), schema)


def _record_batches(schema: pa.Schema, rows: Iterable[Row]) -> Iterator[pa.RecordBatch]:
    record_batch = need("pyarrow").RecordBatch
    rest = iter(rows)
    while batch := list(islice(rest, ROWS_PER_GROUP)):
        yield record_batch.from_pylist(batch, schema=schema)


def _schema(columns: Sequence[Column]) -> Any:
    pa = need("pyarrow")
    types = {
        "string": pa.string(),
        "integer": pa.int32(),
        "double": pa.float64(),
        "boolean": pa.bool_(),
        "time": pa.timestamp("ms", tz="UTC"),
    }
    return pa.schema([(name, types[kind]) for name, kind in columns])
