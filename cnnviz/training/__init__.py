"""Training: data sets in memory, a loop to be read, runs that survive a power cut, and a command line.

`python -m cnnviz.training --help` tells the rest.
"""
