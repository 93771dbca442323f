"""Networks: how they are built, what they weigh, what their layers do with a picture.

Importing the package does not import torch; its modules do where they need it.
"""
