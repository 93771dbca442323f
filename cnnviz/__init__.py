"""cnnviz: the computations behind the pages, usable from a notebook.

Importing the package is cheap: it loads no streamlit and no torch, and opens no connection.
"""
