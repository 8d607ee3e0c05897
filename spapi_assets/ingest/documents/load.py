"""One document, from the first byte to Parquet in the lake: receive, read, prove the counts, archive, publish.
Asking Amazon for the document, the Glue catalog and the ledger are the caller's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from spapi_assets.datasets.model import Dataset
from spapi_assets.ingest.archive import MANIFEST, folder_of, manifest_of, object_of
from spapi_assets.ingest.documents.charset import CharsetDecision, Doubted, weigh
from spapi_assets.ingest.documents.context import DatasetLoad, DocumentContext, LoadResult
from spapi_assets.ingest.documents.errors import DocumentError, TruncatedDocument, UnreadableDocument
from spapi_assets.ingest.documents.file_document import read_file
from spapi_assets.ingest.documents.findings import Findings
from spapi_assets.ingest.documents.flat_document import read_flat
from spapi_assets.ingest.documents.inflate import MAGIC, Corrupt, Truncated, plain_bytes
from spapi_assets.ingest.documents.json_document import read_json
from spapi_assets.ingest.documents.json_rows import ReadAgain
from spapi_assets.ingest.documents.locale import Contradicted
from spapi_assets.ingest.documents.receive import Received, Receiver
from spapi_assets.ingest.documents.sink import Sink
from spapi_assets.lake.layout import quarantine_object
from spapi_assets.lake.store import Lake, Stage, json_bytes

_REREADS = 50


def load_document(chunks: Iterable[bytes], context: DocumentContext, lake: Lake, *, archive: bool = True) -> LoadResult:
    """Loads the exact body bytes `chunks` of one document (as received: compressed if they came compressed).

    Memory is bounded whatever the size: the body is spooled to local disk and read in blocks while it comes; files are
    written once it has come whole, because each row carries the hash of all bytes. Partitions become visible
    at the end, each atomically, after the archived bytes and before the manifest, so that a crash at any point leaves
    whole partitions and a document that is simply loaded again.

    Raises TruncatedDocument (download again), UnreadableDocument and WrongDocument (nothing is loaded; all but the
    truncated ones are archived with a manifest that says so). `archive=False` is for replay, which reads the archive.
    """
    with lake.stage() as stage, Receiver(chunks, stage.scratch()) as receiver:
        try:
            result = _read(receiver, context, lake, stage)
        except TruncatedDocument:
            receiver.whole()  # a download that broke off explains more than what it did to the bytes
            raise
        except DocumentError as error:
            received = receiver.whole()
            if archive:
                _archive(received, context, lake, stage, "rejected", error=str(error))
            raise
        except Exception as error:
            # A defect of ours must not cost the document: its URL lives for minutes and another costs quota.
            received = receiver.whole()
            if archive:
                _archive(received, context, lake, stage, "received", error=f"{type(error).__name__}: {error}")
            raise
        if archive:
            _archive(receiver.whole(), context, lake, stage, "loaded", result=result)
        else:
            stage.publish()
        _clean_quarantine(result, context, lake)
        return result


def _archive(
    received: Received,
    context: DocumentContext,
    lake: Lake,
    stage: Stage,
    status: str,
    *,
    result: LoadResult | None = None,
    error: str | None = None,
) -> None:
    """The body first, then (of a loaded document) everything that waits in the stage, the manifest last."""
    path = object_of(context, compressed=_is_gzip(received))
    manifest = manifest_of(
        context,
        status=status,
        archived=path,
        sha256=received.sha256,
        compressed_bytes=received.size,
        result=result,
        error=error,
    )
    stage.assign(received.local, path)
    stage.publish(path)
    if status == "loaded":
        stage.publish()
    described = f"{folder_of(context)}/{MANIFEST}"
    stage.file(described).write_bytes(json_bytes(manifest))
    stage.publish(described)


def _is_gzip(received: Received) -> bool:
    with received.local.open("rb") as file:
        return file.read(2) == MAGIC


def _read(receiver: Receiver, context: DocumentContext, lake: Lake, stage: Stage) -> LoadResult:
    compression: dict[str, Any] = {
        "flag": context.compression,
        "content_encoding": context.content_encoding,
        "evidence": "the body's first bytes",
    }
    announced = context.compression == "GZIP" or context.content_encoding == "gzip"
    if announced and receiver.is_empty():
        context.fail(TruncatedDocument, "The body has no byte, although gzip was announced", "Download it again with a new URL.")
    findings = Findings()
    whole, context = {d.name: d for d in context.report.datasets}, _as_read(context)
    for _ in range(_REREADS):
        sinks: dict[str, Sink] = {}
        decisions: dict[str, Any] = {"compression": compression}
        warnings: list[str] = []

        def open_sink(dataset: Dataset, columns: tuple[str, ...], sinks: dict[str, Sink] = sinks) -> Sink:
            sinks[dataset.name] = Sink(whole[dataset.name], context, stage, receiver.sha256, columns)
            return sinks[dataset.name]

        try:
            plain = plain_bytes(receiver.chunks(), compression)
            if context.report.format in ("json", "jsonl"):
                size = read_json(plain, context, open_sink, findings, decisions, warnings)
            elif context.report.format in ("tsv", "csv"):
                size = read_flat(plain, context, open_sink, decisions, warnings, findings)
            elif context.report.format == "xml":
                from spapi_assets.ingest.documents.xml_document import read_xml  # lxml is needed for few reports

                size = read_xml(plain, context, open_sink, findings, decisions, warnings)
            elif context.report.format == "xlsx":
                from spapi_assets.ingest.documents.xlsx_document import read_xlsx  # so is openpyxl

                size = read_xlsx(plain, context, open_sink, decisions, warnings, findings)
            else:
                size = read_file(plain, context, open_sink, decisions, warnings)
            datasets = {name: sink.finish(lake) for name, sink in sinks.items()}
        except ReadAgain:
            _abandon(sinks)
            continue
        except Contradicted as met:
            findings.add(met)
            _abandon(sinks)
            continue
        except Doubted:
            _abandon(sinks)
            decision = CharsetDecision(context.content_type, context.marketplaces)
            findings.charset = weigh(plain_bytes(receiver.chunks(), {}), decision)
            continue
        except Truncated as error:
            _abandon(sinks)
            context.fail(TruncatedDocument, f"The document is cut short: {error}", "Download it again with a new URL.")
        except Corrupt as error:
            _abandon(sinks)
            context.fail(UnreadableDocument, f"The document cannot be decompressed: {error}", "Download it again with a new URL.")
        except BaseException as error:
            if not isinstance(error, Exception):
                receiver.stop()  # the process is to end: do not wait for a slow network
            _abandon(sinks)
            raise
        return _result(receiver.whole(), context, lake, sinks, datasets, decisions, warnings, size)
    raise AssertionError(f"more than {_REREADS} readings found ever more unknown keys")


def _as_read(context: DocumentContext) -> DocumentContext:
    """What readers see: columns that hold request options are not in the document; the sink adds them."""
    if all(c.option is None for d in context.report.datasets for c in d.columns):
        return context
    datasets = tuple(
        d.model_copy(update={"columns": tuple(c for c in d.columns if c.option is None)}) for d in context.report.datasets
    )
    return replace(context, report=context.report.model_copy(update={"datasets": datasets}))


def _abandon(sinks: dict[str, Sink]) -> None:
    for sink in sinks.values():
        sink.abandon()


def _result(
    received: Received,
    context: DocumentContext,
    lake: Lake,
    sinks: dict[str, Sink],
    datasets: dict[str, DatasetLoad],
    decisions: dict[str, Any],
    warnings: list[str],
    size: int,
) -> LoadResult:
    announced = context.compression == "GZIP" or context.content_encoding == "gzip"
    layers = decisions["compression"]["gzip_layers"]
    if announced and not layers:
        warnings.append("GZIP was announced, but the body is plain.")
    for name, load in datasets.items():
        if load.rows_in == 0:
            warnings.append(f"{name}: the document is whole and has no rows.")
        if load.quarantined:
            decisions.setdefault("quarantine", {})[name] = sinks[name].reasons
            warnings.append(f"{name}: {load.quarantined} of {load.rows_in} rows are in the quarantine.")
    decisions["empty"] = all(load.rows_in == 0 for load in datasets.values())
    return LoadResult(
        context.report_id,
        received.sha256,
        received.size,
        size,
        lake.uri(object_of(context, compressed=layers > 0)),
        decisions,
        warnings,
        datasets,
    )


def _clean_quarantine(result: LoadResult, context: DocumentContext, lake: Lake) -> None:
    """A document that is loaded again without rejected rows must not keep its old quarantine."""
    for name, load in result.datasets.items():
        if load.quarantine_uri is None:
            lake.delete(quarantine_object(name, context.account_key, context.report_id))
