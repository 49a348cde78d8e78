"""The file of an export as an answer, for pages and programs alike."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.http import content_disposition_header
from django.utils.timezone import localtime

from huying.desk.actions import file_of
from huying.desk.models import CaseExport
from huying.desk.rules import ExportFormat

CONTENT_TYPES = {
    ExportFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ExportFormat.CSV: "text/csv; charset=utf-8",
    ExportFormat.PDF: "application/pdf",
}


def sent_file(found: CaseExport) -> HttpResponse:
    """The file of an export that `fetch` gave."""
    name = f"huying-{localtime(found.asked_at):%Y%m%d}-{found.rows}.{found.format}"
    response = HttpResponse(file_of(found).read_bytes(), content_type=CONTENT_TYPES[ExportFormat(found.format)])
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    return response
