"""The names that torchvision's weights have in our networks: a module for each family, with `from_torchvision`."""
