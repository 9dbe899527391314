"""Texts of others that our commands show, marked for the catalogue: argparse's, Scrapy's, those of the system."""

from __future__ import annotations

import argparse
import os
import socket
import ssl
from typing import Final

from kolcrawl.locale.messages import Message, mark, tr

BORROWED: Final = (
    # argparse, of Python 3.11 to 3.14; `translate_argparse` has it ask us
    mark("usage: "), mark("options"), mark("positional arguments"), mark("show this help message and exit"),
    mark("%(prog)s: error: %(message)s\n"), mark("unrecognized arguments: %s"), mark("expected one argument"),
    mark("invalid choice: %(value)r (choose from %(choices)s)"), mark("invalid %(type)s value: %(value)r"),
    mark("argument %(argument_name)s: %(message)s"), mark("ambiguous option: %(option)s could match %(matches)s"),
    # Scrapy
    mark("Global Options"), mark("log file. if omitted stderr will be used"), mark("disable logging completely"),
    mark("log level (default: INFO)"), mark("log level (default: WARNING)"), mark("log level (default: DEBUG)"),
    mark("write python cProfile stats to FILE"), mark("write process ID to FILE"),
    mark("set/override setting (may be repeated)"), mark("enable pdb on failure (uses ipdb if installed)"),
    mark("set spider argument (may be repeated)"),
    mark(
        "append scraped items to the end of FILE (use - for stdout), to define format set a colon at the end of the"
        " output URI (i.e. -o FILE:FORMAT)"
    ),
    mark(
        "dump scraped items into FILE, overwriting any existing file, to define format set a colon at the end of the"
        " output URI (i.e. -O FILE:FORMAT)"
    ),
    # the operating system
    mark("No such file or directory"), mark("Permission denied"), mark("Operation not permitted"),
    mark("No space left on device"), mark("Disk quota exceeded"), mark("Read-only file system"), mark("File exists"),
    mark("Is a directory"), mark("Not a directory"), mark("Directory not empty"), mark("File name too long"),
    mark("Input/output error"), mark("Invalid argument"), mark("Too many open files"), mark("Connection refused"),
    mark("Connection reset by peer"), mark("Connection timed out"), mark("No route to host"),
    mark("Network is unreachable"), mark("Name or service not known"), mark("Address already in use"),
    mark("Temporary failure in name resolution"), mark("timed out"),
    # PyMongo
    mark("Username and password must be escaped according to RFC 3986, use urllib.parse.quote_plus"),
)  # fmt: skip


def os_reason(error: OSError) -> Message:
    """Return why the operating system refused something, to be shown in the language of the terminal."""
    if error.errno and not isinstance(error, socket.gaierror | ssl.SSLError):  # whose numbers are not the system's
        return Message(os.strerror(error.errno))  # Python's libraries put words of their own in place of the system's
    return Message(error.strerror or str(error))


def translate_argparse() -> None:
    """Have argparse give its own texts in the language that is shown.

    It takes them from gettext's common domain, which the whole process shares and the environment alone steers.
    """
    vars(argparse)["_"] = tr
