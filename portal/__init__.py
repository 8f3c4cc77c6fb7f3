"""Mail Portal: an application's mail, sent from a Microsoft 365 workspace."""
