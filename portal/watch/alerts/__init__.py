"""Alerts: what is wrong is noticed, written down once, and told until it is heard."""
