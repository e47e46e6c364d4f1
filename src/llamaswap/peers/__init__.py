"""Other servers whose models can be asked for here (lifecycle section 9)."""
