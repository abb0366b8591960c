"""One network with every current aid: batch norm, dropout, augmentation, a schedule."""
