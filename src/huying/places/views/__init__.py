"""Pages of places: the tree, changes of areas, grids and their duties."""
