"""The certificates that `peers.<id>.caFile` names (configuration section 12).

It looks at the disk, so `load` is handed it.
"""

from __future__ import annotations

import os
import stat

LARGEST = 1024 * 1024
"""Bytes of a file. All authorities of a browser take a quarter of it."""


def read_certificates(path: str) -> str:
    """The certificates in the file at `path`, as PEM, and nothing else that it holds, such as a key.

    Raises ValueError that says, behind the name of the file's key, why it cannot be used. Blocks.
    """
    from cryptography.hazmat.primitives.serialization import Encoding
    from cryptography.x509 import load_pem_x509_certificates

    content = _content(path)
    if b"-----BEGIN CERTIFICATE-----" not in content:
        raise ValueError(f"{path} holds no certificate: text that begins with -----BEGIN CERTIFICATE----- is needed")
    try:
        found = load_pem_x509_certificates(content)
    except ValueError as error:
        raise ValueError(f"{path} holds a certificate that cannot be read") from error
    return "".join(certificate.public_bytes(Encoding.PEM).decode() for certificate in found)


def _content(path: str) -> bytes:
    try:
        with open(path, "rb", opener=_open) as file:
            content = file.read(LARGEST + 1) if stat.S_ISREG(os.fstat(file.fileno()).st_mode) else None
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:  # a NUL in the path
        raise ValueError(f"cannot be read: {error}") from error
    if content is None:
        raise ValueError(f"{path} is no file")
    if len(content) > LARGEST:
        raise ValueError(f"{path} is larger than {LARGEST} bytes: it is no list of certificates")
    return content


def _open(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)  # or a named pipe would wait for its writer for ever
