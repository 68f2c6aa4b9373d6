"""CryptoBot Desktop: paper-trade crypto on real prices, and never spend real money."""

__version__ = "0.1.0"
