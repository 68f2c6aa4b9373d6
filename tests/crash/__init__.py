"""Proof that the product survives kill -9 and power cuts; docs/decisions/crash-proof.md tells what is modelled."""
