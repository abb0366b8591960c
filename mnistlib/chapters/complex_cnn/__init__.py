"""The complex CNN, and how depth, width and kinds of layers matter."""
