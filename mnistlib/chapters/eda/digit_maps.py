"""Many pixels in few numbers: principal components, and a map of neighbours."""

import numpy as np


def principal_components(images: np.ndarray, rows: np.ndarray, n_components: int = 50):
    """Return the images' principal components: shares of variance, and some coordinates.

    Args:
        images: uint8 (n, 28, 28); the components are those of all of them.
        rows: of the images whose coordinates are returned.
        n_components: coordinates for each, at most 784.

    Returns:
        shares, float (min(n, 784),), of the variance along each component, largest first;
        coordinates, float32 (len(rows), n_components).
    """
    from sklearn.decomposition import PCA

    x = images.reshape(len(images), -1).astype(np.float32) / 255
    found = PCA(svd_solver="covariance_eigh").fit(x)
    coordinates = found.transform(x[rows])[:, :n_components]
    return found.explained_variance_ratio_, coordinates


def components_for(shares: np.ndarray, share: float) -> int:
    """Return how many components together hold at least this share of the variance."""
    return int(np.searchsorted(np.cumsum(shares), share - 1e-6)) + 1


def neighbour_map(coordinates: np.ndarray, seed: int) -> np.ndarray:
    """Return a map (n, 2) in which neighbours stay neighbours, by t-SNE.

    Distances across the map, and the sizes of its islands, mean nothing.

    Args:
        coordinates: of n points, at least 31; principal components spare time.
        seed: of the descent.

    Source: van der Maaten and Hinton, "Visualizing data using t-SNE", JMLR 9 (2008).
    """
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    # One thread: beside other processes the threads would wait for each other.
    with threadpool_limits(1):
        return TSNE(init="pca", random_state=seed).fit_transform(coordinates)
