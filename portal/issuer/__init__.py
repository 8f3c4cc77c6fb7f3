"""Those who vouch for users and give tokens: what all of them have in common."""
