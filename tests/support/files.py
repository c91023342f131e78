"""Files of many kinds, made on the spot."""

import hashlib
import io
import zipfile
from collections.abc import Mapping, Sequence

_PADDING = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")


def pdf(pages: Sequence[str], *, password: str | None = None) -> bytes:
    """A PDF whose pages show the lines of these texts; with a password, one that asks for it."""
    cipher = _PdfCipher(password) if password else None
    objects: dict[int, bytes] = {
        1: b"<< /Type /Catalog /Pages 2 0 R >>",
        3: b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    }
    kids = []
    for place, text in enumerate(pages):
        page, content = 4 + 2 * place, 5 + 2 * place
        kids.append(b"%d 0 R" % page)
        objects[page] = (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents %d 0 R"
            b" /Resources << /Font << /F1 3 0 R >> >> >>" % content
        )
        stream = _shown(text)
        stream = cipher.encrypt(content, stream) if cipher else stream
        objects[content] = b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream)
    objects[2] = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (b" ".join(kids), len(kids))
    trailer = b"/Root 1 0 R"
    if cipher:
        number = max(objects) + 1
        objects[number] = cipher.dictionary
        each = cipher.id.hex().encode()
        trailer += b" /Encrypt %d 0 R /ID [<%s> <%s>]" % (number, each, each)
    return _pdf_file(objects, trailer)


def docx(paragraphs: Sequence[str], headings: Sequence[str] = ()) -> bytes:
    """A Word document: paragraphs, of which `headings` are set as headings."""
    body = "".join(
        f"<w:p>{_STYLE if text in headings else ''}<w:r><w:t>{_escaped(text)}</w:t></w:r></w:p>"
        for text in paragraphs
    )
    main = f'<w:document xmlns:w="{_WORD}"><w:body>{body}</w:body></w:document>'
    return archive(
        {
            "[Content_Types].xml": _types("/word/document.xml", "wordprocessingml.document"),
            "_rels/.rels": _relations("word/document.xml"),
            "word/document.xml": f'<?xml version="1.0" encoding="UTF-8"?>{main}',
        }
    )


def archive(files: Mapping[str, str | bytes]) -> bytes:
    """A ZIP file."""
    result = io.BytesIO()
    with zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(name, content)
    return result.getvalue()


def bomb(megabytes: int) -> bytes:
    """A Word document that unpacks to very much more than it is."""
    return archive(
        {
            "[Content_Types].xml": _types("/word/document.xml", "wordprocessingml.document"),
            "_rels/.rels": _relations("word/document.xml"),
            "word/document.xml": b" " * (megabytes << 20),
        }
    )


_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006"
_STYLE = '<w:pPr><w:pStyle w:val="Heading1"/></w:pPr>'


def _types(part: str, kind: str) -> str:
    return (
        f'<?xml version="1.0"?><Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="{part}" ContentType='
        f'"application/vnd.openxmlformats-officedocument.{kind}.main+xml"/></Types>'
    )


def _relations(target: str) -> str:
    return (
        f'<?xml version="1.0"?><Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="r1" Type="{_OFFICE}/relationships/officeDocument" '
        f'Target="{target}"/></Relationships>'
    )


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _shown(text: str) -> bytes:
    lines = b" T* ".join(b"(%s) Tj" % _pdf_text(line) for line in text.split("\n"))
    return b"BT /F1 11 Tf 14 TL 60 730 Td %s ET" % lines


def _pdf_text(line: str) -> bytes:
    raw = line.encode("cp1252")
    return raw.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")


def _pdf_file(objects: Mapping[int, bytes], trailer: bytes) -> bytes:
    result = bytearray(b"%PDF-1.4\n")
    places = {}
    for number in sorted(objects):
        places[number] = len(result)
        result += b"%d 0 obj\n%s\nendobj\n" % (number, objects[number])
    start, size = len(result), max(objects) + 1
    result += b"xref\n0 %d\n0000000000 65535 f \n" % size
    for number in range(1, size):
        result += b"%010d 00000 n \n" % places[number]
    result += b"trailer << /Size %d %s >>\nstartxref\n%d\n%%%%EOF\n" % (size, trailer, start)
    return bytes(result)


class _PdfCipher:
    """The oldest of PDF's encryptions, which every reader knows: RC4 with 40 bits."""

    def __init__(self, password: str):
        padded = (password.encode() + _PADDING)[:32]
        self.id = b"0123456789abcdef"
        owner = _rc4(hashlib.md5(padded).digest()[:5], padded)
        rights = (-44).to_bytes(4, "little", signed=True)
        self._key = hashlib.md5(padded + owner + rights + self.id).digest()[:5]
        user = _rc4(self._key, _PADDING)
        self.dictionary = b"<< /Filter /Standard /V 1 /R 2 /P -44 /O <%s> /U <%s> >>" % (
            owner.hex().encode(),
            user.hex().encode(),
        )

    def encrypt(self, number: int, data: bytes) -> bytes:
        return _rc4(
            hashlib.md5(self._key + number.to_bytes(3, "little") + b"\0\0").digest()[:10], data
        )


def _rc4(key: bytes, data: bytes) -> bytes:
    state = list(range(256))
    j = 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    i = j = 0
    result = bytearray()
    for byte in data:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        result.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(result)


def xlsx(rows: Sequence[Sequence[str]]) -> bytes:
    """An Excel file with one sheet."""
    cells = "".join(
        "<row>"
        + "".join(f'<c t="inlineStr"><is><t>{_escaped(cell)}</t></is></c>' for cell in row)
        + "</row>"
        for row in rows
    )
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    book = (
        f'<workbook xmlns="{space}" xmlns:r="{_OFFICE}/relationships">'
        '<sheets><sheet name="Sheet1" sheetId="1" r:id="r1"/></sheets></workbook>'
    )
    return archive(
        {
            "[Content_Types].xml": _types("/xl/workbook.xml", "spreadsheetml.sheet"),
            "_rels/.rels": _relations("xl/workbook.xml"),
            "xl/workbook.xml": book,
            "xl/_rels/workbook.xml.rels": _related("worksheet", ["worksheets/sheet1.xml"]),
            "xl/worksheets/sheet1.xml": (
                f'<worksheet xmlns="{space}"><sheetData>{cells}</sheetData></worksheet>'
            ),
        }
    )


def pptx(slides: Sequence[str]) -> bytes:
    """A PowerPoint file with a line of text on each slide."""
    spaces = f'xmlns:p="{_SLIDES}" xmlns:a="{_DRAWING}" xmlns:r="{_OFFICE}/relationships"'
    ids = "".join(f'<p:sldId id="{256 + n}" r:id="r{n + 1}"/>' for n in range(len(slides)))
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": _types("/ppt/presentation.xml", "presentationml.presentation"),
        "_rels/.rels": _relations("ppt/presentation.xml"),
        "ppt/presentation.xml": (
            f"<p:presentation {spaces}><p:sldIdLst>{ids}</p:sldIdLst></p:presentation>"
        ),
        "ppt/_rels/presentation.xml.rels": _related(
            "slide", [f"slides/slide{n + 1}.xml" for n in range(len(slides))]
        ),
    }
    for n, text in enumerate(slides):
        parts[f"ppt/slides/slide{n + 1}.xml"] = (
            f"<p:sld {spaces}><p:cSld><p:spTree><p:sp><p:txBody><a:p><a:r><a:t>{_escaped(text)}"
            "</a:t></a:r></a:p></p:txBody></p:sp></p:spTree></p:cSld></p:sld>"
        )
    return archive(parts)


def epub(body: str) -> bytes:
    """A book of one chapter."""
    container = (
        '<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">'
        '<rootfiles><rootfile full-path="c.opf" media-type="application/oebps-package+xml"/>'
        "</rootfiles></container>"
    )
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="i">'
        '<metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>T</dc:title></metadata>'
        '<manifest><item id="c" href="c.xhtml" media-type="application/xhtml+xml"/></manifest>'
        '<spine><itemref idref="c"/></spine></package>'
    )
    page = f'<html xmlns="http://www.w3.org/1999/xhtml"><body>{body}</body></html>'
    return archive(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": container,
            "c.opf": package,
            "c.xhtml": page,
        }
    )


_SLIDES = "http://schemas.openxmlformats.org/presentationml/2006/main"
_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"


def _related(kind: str, targets: Sequence[str]) -> str:
    each = "".join(
        f'<Relationship Id="r{n}" Type="{_OFFICE}/relationships/{kind}" Target="{target}"/>'
        for n, target in enumerate(targets, 1)
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{each}</Relationships>'
