"""A plugin that lets nbval run a cell as Jupyter and papermill do: with a history.

IPython looks into its history for the semicolon that hides a cell's last value. nbval runs
cells without one, and so would see each figure twice that a semicolon shows once.
"""

from nbval.kernel import RunningKernel


def _execute(self, cell_input: str, allow_stdin: bool | None = None) -> str:
    allow = self.kc.allow_stdin if allow_stdin is None else allow_stdin
    return self.kc.execute(
        cell_input, allow_stdin=allow, store_history=True, stop_on_error=False
    )


RunningKernel.execute_cell_input = _execute
