"""PowerShell's grammar, for machines without PowerShell."""

import tree_sitter_powershell
from tree_sitter import Language, Parser

PARSER = Parser(Language(tree_sitter_powershell.language()))


def well_formed(script: str) -> bool:
    """Tell whether PowerShell could read it."""
    return not PARSER.parse(script.encode()).root_node.has_error
