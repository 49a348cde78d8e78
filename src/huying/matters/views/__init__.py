"""Pages of the catalogue, and of the sets of limits that hold for a season or a storm."""
