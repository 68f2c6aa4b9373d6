"""The order ticket's parts: kinds of orders, what a venue offers, checks of what is typed, and the form."""
