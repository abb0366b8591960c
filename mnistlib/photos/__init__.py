"""From a photograph to digits as MNIST has them."""
