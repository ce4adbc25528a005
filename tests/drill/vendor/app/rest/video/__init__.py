"""Video sessions as Example Video serves them."""
