"""What a request costs: the gateway, its floor and its peers over one canned engine."""
