"""Linear CKA (Kornblith et al., ICML 2019) by its definition, in numpy and float64.

    linear_cka.py X Y OUTPUT   codes (N,L) and codes (N,M) of the same images, each as tensor `codes`
        -> value, HSIC(X,Y) / sqrt(HSIC(X,X) HSIC(Y,Y)), and gradient, its slopes in X by central differences
"""

import sys

import numpy as np

import reference

STEP = 1e-6


def hsic(k, l):
    """tr(K H L H), H = I - 11^T / n. The usual (n - 1)^2 below goes in the ratio."""
    n = len(k)
    h = np.eye(n) - np.ones((n, n)) / n
    return np.trace(k @ h @ l @ h)


def cka(x, y):
    k, l = x @ x.T, y @ y.T
    return hsic(k, l) / np.sqrt(hsic(k, k) * hsic(l, l))


def gradient(x, y):
    slopes = np.zeros(x.size)
    for i in range(x.size):
        ends = []
        for sign in (1, -1):
            moved = x.copy()
            moved.flat[i] += sign * STEP
            ends.append(cka(moved, y))
        slopes[i] = (ends[0] - ends[1]) / (2 * STEP)
    return slopes.reshape(x.shape)


def main():
    x, y = (reference.load(path)['codes'] for path in sys.argv[1:3])
    reference.save(sys.argv[3], {'value': np.array([cka(x, y)]), 'gradient': gradient(x, y)})


if __name__ == '__main__':
    main()
