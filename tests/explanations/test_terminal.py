"""An explanation at a terminal fits into it, and leaves nothing of its page out."""

import pytest

from portal import explanations
from portal.explanations import EVERY, Explanation, Told, graph, network, terminal

ROWS = [pytest.param(row, id=name) for name, row in EVERY.items()]
COMMAND = "Add-RecipientPermission -Identity 'a@b.example' -Trustee 'c@d.example'"


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> int:
    """Sit at a terminal of so many columns."""
    monkeypatch.setenv("COLUMNS", "50")
    return 50


def bare(line: str) -> str:
    return line.replace(terminal.BOLD, "").replace(terminal.PLAIN, "")


def test_it_tells_what_happened_what_to_do_who_does_it_and_where() -> None:
    told = explanations.tell(graph.NO_SEND_AS.sentence, "no-send-as", COMMAND)

    head, *below = terminal.explained(told)

    assert head.startswith(f"{terminal.BOLD}No Send As right.{terminal.PLAIN} The ")
    labels = (line[: terminal.LABEL].strip() for line in below)
    assert [*filter(None, labels)] == [
        *("What to do", "Command", "Who must act", "Where", "And the mail?")
    ]
    assert below[0].startswith("What to do    1. Please give it the Send As permission")
    assert "Where         Exchange admin center" in below


def test_what_passes_says_that_nobody_must_act() -> None:
    told = explanations.tell(network.UNANSWERED.sentence, network.UNANSWERED.name)

    assert terminal.remedy(told) == [
        "Who must act  nobody",
        "And the mail? It goes again by itself.",
    ]


@pytest.mark.parametrize("row", ROWS)
def test_it_fits_into_a_narrow_terminal(row: Explanation, narrow: int) -> None:
    told = explanations.tell(row.sentence, row.name)

    lines = terminal.explained(told, "  ", "Reason        ")

    assert all(len(bare(line)) <= narrow for line in lines if "Command" not in line)


def test_a_command_is_in_one_line_to_be_copied(narrow: int) -> None:
    told = explanations.tell(graph.NO_SEND_AS.sentence, "no-send-as", COMMAND)

    assert f"  Command       {COMMAND}" in terminal.remedy(told, "  ")


def test_a_sentence_that_nobody_explains_stays_alone() -> None:
    assert terminal.explained(Told(why="Something new.")) == ["Something new."]


def test_what_happened_does_not_say_its_title_twice() -> None:
    told = Told(name="a", title="The account is away", why="The account is away now.")

    assert terminal.what(told) == told.why
