"""Documents made by code: good ones of each kind, and a corpus of bad ones."""

import io
import zipfile

import pypdf
import xlsxwriter
from pypdf.generic import DictionaryObject, NameObject, TextStringObject

WORD_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.'
    'wordprocessingml.document.{main}+xml"/></Types>'
)
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def pdf(words="Lamp broken at the gate", pages=1):
    """A PDF with words on its first page."""
    stream = f"BT /F1 12 Tf 10 100 Td ({words}) Tj ET".encode()
    kids = " ".join(f"{6 + number} 0 R" for number in range(pages))
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {pages} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(stream), stream),
        b"<< >>",
    ]
    page = (
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /Contents 4 0 R "
        b"/Resources << /Font << /F1 3 0 R >> >> >>"
    )
    parts += [page] * pages
    written, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(written))
        written += b"%d 0 obj\n%b\nendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return written + b"xref\n0 %d\n0000000000 65535 f \n%btrailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (
        len(parts) + 1, table, len(parts) + 1, len(written),
    )  # fmt: skip


def _written(writer):
    kept = io.BytesIO()
    writer.write(kept)
    return kept.getvalue()


def pdf_with(change):
    writer = pypdf.PdfWriter()
    writer.add_blank_page(50, 50)
    change(writer)
    return _written(writer)


def _opens_script(writer):
    act = DictionaryObject({NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject("x()")})
    writer._root_object[NameObject("/OpenAction")] = act


def _hidden_launch(writer):
    writer._add_object(
        DictionaryObject({NameObject("/S"): NameObject("/Launch"), NameObject("/F"): TextStringObject("c")})
    )


def packed(**entries):
    """A zip file of these entries; `__` in a name stands for a slash."""
    return packed_of({name.replace("__", "/"): data for name, data in entries.items()})


def packed_of(entries, method=zipfile.ZIP_DEFLATED):
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", method) as file:
        for name, data in entries.items():
            file.writestr(name, data)
    return kept.getvalue()


def document(*lines):
    body = "".join(f"<w:p><w:r><w:t>{line}</w:t></w:r></w:p>" for line in lines)
    return f'<?xml version="1.0"?><w:document xmlns:w="{W}"><w:body>{body}</w:body></w:document>'


def docx(*lines, main="main", **more):
    entries = {
        "[Content_Types].xml": WORD_TYPES.format(main=main),
        "word/document.xml": document(*(lines or ("路灯坏了",))),
    }
    return packed_of({**entries, **{name.replace("__", "/"): data for name, data in more.items()}})


def xlsx(*cells):
    kept = io.BytesIO()
    with xlsxwriter.Workbook(kept) as book:
        sheet = book.add_worksheet()
        for row, cell in enumerate(cells or ("垃圾桶", "满溢")):
            sheet.write(row, 0, cell)
    return kept.getvalue()


def pptx(*slides):
    types = (
        '<Types><Override ContentType="application/vnd.openxmlformats-officedocument.presentationml.'
        'presentation.main+xml"/></Types>'
    )
    one = '<p:sld xmlns:p="p" xmlns:a="a"><a:p><a:r><a:t>{}</a:t></a:r></a:p></p:sld>'
    pages = {f"ppt/slides/slide{number}.xml": one.format(words) for number, words in enumerate(slides or ("方案",), 1)}
    return packed_of({"[Content_Types].xml": types, "ppt/presentation.xml": "<p/>", **pages})


def odt(*lines, kind="text"):
    rows = "".join(f"<text:p>{line}</text:p>" for line in lines or ("公示期满",))
    content = (
        f'<office:document-content xmlns:office="o" xmlns:text="t" xmlns:table="b">{rows}</office:document-content>'
    )
    return packed_of({"mimetype": f"application/vnd.oasis.opendocument.{kind}", "content.xml": content})


def locked_zip():
    data = bytearray(docx())
    for mark in (b"PK\x03\x04", b"PK\x01\x02"):
        place = data.index(mark)
        data[place + (6 if mark == b"PK\x03\x04" else 8)] |= 1
    return bytes(data)


def lying_zip(says=100):
    """Says in its list that the entry is of another size than it is."""
    data = bytearray(packed_of({"word/document.xml": b"0" * 500_000, "[Content_Types].xml": WORD_TYPES}))
    place = data.index(b"PK\x01\x02")
    data[place + 24 : place + 28] = says.to_bytes(4, "little")
    return bytes(data)


def good_ones():
    """Name, bytes, kind."""
    yield "a.pdf", pdf(), "pdf"
    yield "b.docx", docx(), "docx"
    yield "c.xlsx", xlsx(), "xlsx"
    yield "d.pptx", pptx(), "pptx"
    yield "e.odt", odt(), "odt"
    yield "f.ods", odt(kind="spreadsheet"), "ods"
    yield "g.txt", "居民意见汇总\n第一条".encode(), "txt"
    yield "h.csv", "姓名,事项\n李示例,路灯\n".encode("gb18030"), "csv"


def bad_corpus():
    """Name, bytes, and a part of the sentence that refuses it."""
    relation = '<Relationships><Relationship Type="http://x/attachedTemplate" TargetMode="External" Target="http://e/t"/></Relationships>'
    yield "nothing", b"", "是空的"
    yield "spaces", b" \n\n ", "是空的"
    yield "a program", b"MZ\x90\x00" + bytes(200), "不是能收的文件"
    yield "a web page", b"<html><script>alert(1)</script></html>", "不是能收的文件"
    yield "a drawing", b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "不是能收的文件"
    yield "a script", b"#!/bin/sh\nrm -rf /\n", "不是能收的文件"
    yield "rich text", rb"{\rtf1 hello}", "不是能收的文件"
    yield "an old document", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "旧格式"
    yield "a locked new one", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le") * 9, "密码"
    yield "a plain zip", packed(a__txt="x"), "不是能收的文件"
    yield "a locked zip", locked_zip(), "密码"
    yield "a document with macros", docx(**{"word/vbaProject.bin": b"x"}), "宏或程序"
    yield "a macro document by type", docx(main="main.macroEnabled"), "宏或程序"
    yield "a program inside", docx(word__media__a=b"MZ\x90\x00"), "嵌着别的文件"
    yield "a zip inside", docx(word__embeddings__b=packed(a=b"x")), "嵌着别的文件"
    yield "a template elsewhere", docx(**{"word/_rels/settings.xml.rels": relation}), "别处"
    yield "a way out", docx(**{"../../evil": b"x"}), "打不开"
    yield "a zip bomb", lying_zip(130_000_000), "太大"
    yield "a zip that lies", lying_zip(), "打不开"
    yield "too many entries", packed_of({f"a/{number}": b"" for number in range(3100)}, zipfile.ZIP_STORED), "太复杂"
    yield "an XML bomb", docx(**{"word/document.xml": BILLION}), "打不开"
    yield "a deep document", docx("<w:x>" * 300 + "</w:x>" * 300), "太复杂"
    yield "half a document", docx()[:-40], "打不开"
    yield "a PDF's head alone", b"%PDF-1.7\n", "打不开"
    yield "half a PDF", pdf()[:150], "打不开"
    yield "a PDF of noise", b"%PDF-1.4\n" + bytes(range(256)) * 20, "打不开"
    yield "a PDF with a script", pdf_with(_opens_script), "宏或程序"
    yield "a PDF that starts something", pdf_with(_hidden_launch), "宏或程序"
    yield "a PDF with a file inside", pdf_with(lambda one: one.add_attachment("a.txt", b"x")), "嵌着别的文件"
    yield "a locked PDF", pdf_with(lambda one: one.encrypt("secret")), "密码"
    yield "a PDF of too many pages", pdf(pages=501), "页数太多"
    yield "a gzip", b"\x1f\x8b\x08\x00" + bytes(90), "不是能收的文件"


BILLION = """<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;&b;&b;">]><a>&c;</a>"""
