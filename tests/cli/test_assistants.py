"""`parlez assistants`"""

import json

from tests.cli.conftest import Served
from tests.support import files
from tests.support.command import Command

REPORT = ["A tax is money that a state takes.", "The lighthouse of Brest was lit in 1902."]


def test_an_assistant_from_its_making_to_its_end(served: Served) -> None:
    run = served.command.run_here
    report, empty = (
        served.command.folder / "Le rapport d’été.pdf",
        served.command.folder / "empty.txt",
    )
    report.write_bytes(files.pdf(REPORT))
    empty.write_bytes(b"")
    made = run("assistants", "create", "guide", str(report), "--instructions", "Be brief.")
    assert made.stdout == "guide (1) answers from 1 file.\n", made.stderr
    asked = run("assistants", "ask", "guide", "When was the lighthouse of Brest lit?")
    assert asked.returncode == 0
    assert asked.stdout.startswith("You said: ")
    assert asked.stdout.endswith(f"- Le rapport d’été.pdf, page 2: “{REPORT[1]}”\n")
    asked = run("assistants", "ask", "1", "When was the lighthouse of Brest lit?", "--json")
    turn = json.loads(asked.stdout)
    assert (turn["state"], turn["citations"][0]["page"]) == ("completed", 2)

    more = run("assistants", "change", "guide", str(empty), "--company", "ACME", "--json")
    assert more.returncode == 1
    assert more.stderr.startswith("empty.txt cannot be read: ")
    assert json.loads(more.stdout)["company_name"] == "ACME"
    shown = run("assistants", "show", "guide").stdout
    assert "guide (1), an assistant of ACME\n\nBe brief.\n" in shown
    assert "failed: " in shown
    listed = run("assistants", "list").stdout
    assert "2 (1 failed)" in listed
    [row] = json.loads(run("assistants", "list", "--json").stdout)
    assert row == json.loads(run("assistants", "show", "guide", "--json").stdout)

    renamed = run("assistants", "change", "guide", "--new-name", "lamp", "--replace-files")
    assert renamed.stdout == "lamp (1) answers from no files.\n"
    again = run("assistants", "create", "lamp")
    assert (again.returncode, "of that name" in again.stderr) == (1, True)
    blank = run("assistants", "create", " ")
    assert blank.stderr == "Error: name: may not be empty\n"
    assert run("assistants", "ask", "guide", "Hi").stderr.startswith("Error: There is no assistant")
    assert run("assistants", "delete", "lamp").returncode == 0
    assert "create NAME" in run("assistants", "list").stderr


def test_it_needs_no_server(command: Command) -> None:
    report = command.folder / "report.md"
    report.write_text("# Lighthouse\n\nThe lighthouse of Brest was lit in 1902.\n")
    made = command.run_here("assistants", "create", "guide", str(report))
    assert made.returncode == 0, made.stderr
    asked = command.run_here("assistants", "ask", "guide", "Who painted the Sistine chapel?")
    assert asked.stdout == "I could not find that in the documents.\n"
