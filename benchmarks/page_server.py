"""Serves a folder of pages as the live web, in a process of its own, fast enough not to be what is measured.

    python benchmarks/page_server.py --site FOLDER [--port 0]

A forward proxy on loopback. The folder holds `index.jsonl`, one JSON object a line with `url`, `file` (gzipped HTML)
and `charset`; pages go out gzipped, as most of the web sends them. HTTPS goes through CONNECT and ends here with a
certificate made at the start, so the client must not verify it. What is not in the folder is a 404. Prints the port.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gzip
import json
import ssl
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

ETAG = '"1"'
UNCHANGED = f"HTTP/1.1 304 Not Modified\r\nETag: {ETAG}\r\n\r\n".encode()
MISSING = b"HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nContent-Length: 7\r\n\r\nmissing"


def read_answers(folder: Path, *, etags: bool = False) -> dict[str, bytes]:
    """Return whole answers by URL without its scheme."""
    answers = {}
    for line in (folder / "index.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        body = (folder / row["file"]).read_bytes()
        if not body.startswith(b"\x1f\x8b"):
            body = gzip.compress(body, 6)
        head = (
            f"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset={row.get('charset') or 'utf-8'}\r\n"
            f"Content-Encoding: gzip\r\nContent-Length: {len(body)}\r\n"
        )
        head += f"ETag: {ETAG}\r\n\r\n" if etags else "\r\n"
        answers[row["url"].partition("://")[2]] = head.encode() + body
    return answers


def make_certificate() -> ssl.SSLContext:
    """Make a TLS context with a certificate that nobody should believe."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "benchmark")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile(suffix=".pem") as file:
        file.write(pem + certificate.public_bytes(serialization.Encoding.PEM))
        file.flush()
        context.load_cert_chain(file.name)
    return context


class PageServer:
    """Answers one client at a time per connection, without an end to the connections."""

    def __init__(self, answers: dict[str, bytes], tls: ssl.SSLContext, first: Path | None = None) -> None:
        self.answers, self.tls, self.first = answers, tls, first
        self.asked = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, ssl.SSLError, ValueError):
            host = ""
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                method, target, _ = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 2)
                if method == "CONNECT":
                    host = target.rpartition(":")[0]
                    writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                    await writer.drain()
                    await writer.start_tls(self.tls)
                    continue
                if self.first and not self.asked:
                    self.first.touch()
                self.asked += 1
                address = target.partition("://")[2] if "://" in target else host + target
                confirms = address in self.answers and f"if-none-match: {ETAG}".encode() in head.lower()
                writer.write(UNCHANGED if confirms else self.answers.get(address, MISSING))
                await writer.drain()
        writer.close()


async def run(folder: Path, port: int, first: Path | None, *, etags: bool) -> None:
    """Serve until killed."""
    server = PageServer(read_answers(folder, etags=etags), make_certificate(), first)
    listening = await asyncio.start_server(server.serve, "127.0.0.1", port)
    print(listening.sockets[0].getsockname()[1], flush=True)
    await listening.serve_forever()


def main() -> None:
    """Read the arguments."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--site", type=Path, required=True, help="folder with index.jsonl and pages")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--first", type=Path, help="touch this file when the first page is asked for")
    parser.add_argument("--etags", action="store_true", help="answer 304 to who has a page already")
    given = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(run(given.site, given.port, given.first, etags=given.etags))


if __name__ == "__main__":
    sys.exit(main())
