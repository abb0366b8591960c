"""The errors that a person may meet: one clear line each.

Every message says what is required, what was received and what to do. The command line
prints the message alone; the traceback of any other error goes to a log.
"""


class MnistlibError(Exception):
    """Base of all errors that are the caller's or the machine's, not a bug of ours."""


class DataError(MnistlibError):
    """A data set is missing, broken, unknown, or smaller than what was asked for."""


class SpecError(MnistlibError, ValueError):
    """A run was described in a way that cannot be run."""


class ParameterError(MnistlibError, ValueError):
    """A notebook's parameter is unknown, of the wrong type, or out of range."""


class StoreError(MnistlibError):
    """The run store cannot be read or written, or a record in it is broken."""


class RunError(MnistlibError):
    """One or more runs raised an exception."""


class ModelError(MnistlibError):
    """A trained network is missing, changed, or of a form that is not known."""


class StudyError(MnistlibError):
    """The study's plan is wrong, or a notebook or the book failed."""


class PhotoError(MnistlibError, ValueError):
    """A picture cannot be read, or shows no digit that can be found."""


class ServeError(MnistlibError):
    """The service cannot start, or something that it needs is not installed."""
