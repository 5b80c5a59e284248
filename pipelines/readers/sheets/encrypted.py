"""What Excel encrypts with its own well-known password: a workbook protected against changes, which opens for anybody.

Belongs here: that one password, and the bounds on what a stranger's encryption may cost. No other password is tried.
"""

from __future__ import annotations

import io
import re
from typing import Final

import msoffcrypto

from pipelines.readers.compound import open_compound
from pipelines.readers.reject import RejectedError

_EXCELS_OWN: Final = "VelvetSweatshop"
_INFO: Final = "EncryptionInfo"
_INFO_BYTES: Final = 64 * 1024
_MOST: Final = 1_000_000
"""rounds of hashing, and sizes: Excel takes 100,000 rounds, a hundred times as many would take minutes"""
_NUMBER: Final = re.compile(rb"=\s*[\"'](\d+)[\"']")


def decrypted(data: bytes, answer: str) -> bytes:
    """The file without its encryption. Raises RejectedError (V02, ``answer``) where a password is needed."""
    try:
        with open_compound(data) as compound:
            _check_cost(compound.openstream(_INFO).read() if compound.exists(_INFO) else b"")
        file = msoffcrypto.OfficeFile(io.BytesIO(data))
        if file.format == "ooxml":
            file.load_key(password=_EXCELS_OWN, verify_password=True)
        else:
            file.load_key(password=_EXCELS_OWN)
        out = io.BytesIO()
        file.decrypt(out)
    except Exception as error:
        # whatever an unknown or damaged encryption makes of the library: it stays closed
        raise RejectedError("V02", answer) from error
    return out.getvalue()


def _check_cost(info: bytes) -> None:
    if len(info) > _INFO_BYTES or b"<!" in info or any(int(number) > _MOST for number in _NUMBER.findall(info)):
        raise ValueError("an encryption that no Office program writes")
