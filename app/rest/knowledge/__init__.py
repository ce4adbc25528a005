"""Knowledge sessions as Genesys Knowledge Center Server 8.5 serves them."""
