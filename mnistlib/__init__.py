"""Data, models, training and statistics of a study of handwritten digit recognition.

Importing this package loads neither TensorFlow nor matplotlib.
"""

__version__ = "0.1.0"
