"""Bot sessions as Kore.ai XO serves them."""
