"""Why a file is not taken."""

from __future__ import annotations

from services.chassis.refusals import Refusal


class FileMissing(Refusal):
    status = 422
    message = "Send the file as multipart/form-data, in a part named file."


class FileEmpty(Refusal):
    status = 422
    message = "This file is empty."


class FileTooLarge(Refusal):
    """Facts: most_megabytes."""

    status = 413
    message = "This file is too large."


class UnknownFileType(Refusal):
    """Facts: takes."""

    status = 415
    message = "This is not a PDF, PNG or JPEG file, whatever its name says."


class FileDamaged(Refusal):
    status = 422
    message = "This file is damaged or cut off. Save, scan or send it again."


class FileEncrypted(Refusal):
    status = 422
    message = "This PDF is protected by a password. Save it without one."


class ActiveContent(Refusal):
    """Facts: found, names of the PDF standard."""

    status = 422
    message = "This PDF has programs or other files inside. Print it to a new PDF, and send that."


class TooManyPages(Refusal):
    """Facts: most_pages."""

    status = 422
    message = "This PDF has too many pages."


class FileTooComplex(Refusal):
    status = 422
    message = "Unpacked, this file is far too large."


class MoreThanOneFile(Refusal):
    status = 422
    message = "This file holds something else besides. Save or scan it again."
