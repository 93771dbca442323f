"""Convolution seen from all sides: kernels, the filtering engine, chains of filters, matching.

The modules are imported one by one (`from cnnviz.convolution import kernels, filtering`), so that a page
pays only for what it uses; none of them loads torch, SciPy or scikit-image when it is imported.
"""
