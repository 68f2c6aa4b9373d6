"""Before a price's way begins: the first-run wizard, which turns five pages of answers into a SetupChoice."""
