"""What can be wrong with a whole document, as sentences that name the account, the report and the document.
A single bad line is never an error here: it goes to the quarantine and the rest loads."""

from __future__ import annotations


class DocumentError(Exception):
    """A document cannot be loaded. Nothing of it is visible in the lake's `raw` folders."""

    def __init__(self, what: str, *, account: str, report: str, report_id: str, document_id: str, advice: str) -> None:
        self.what, self.account, self.report = what, account, report
        self.report_id, self.document_id, self.advice = report_id, document_id, advice
        super().__init__(
            f"{what} (account {account}, report {report} {report_id}, document {document_id}). Nothing of it was loaded. {advice}"
        )


class TruncatedDocument(DocumentError):
    """The body ended early. Download it again with a new URL from getReportDocument."""


class UnreadableDocument(DocumentError):
    """The bytes are complete but are not what the registry says the report's format is."""


class WrongDocument(DocumentError):
    """A readable document that does not answer what was asked: an error text delivered as DONE, or other dates or options."""


class RowsLost(DocumentError):
    """rows_in != rows_out + quarantined: a defect of this program, never of the document."""
