from __future__ import annotations

from cachestats.logs.documents import Document, document_lines
from cachestats.schema import LogFormat


def test_lines_of_a_document_keep_their_order_where_all_stand_on_one_line() -> None:
    texts = [f"#{n} [1/2] RUN step {n}" for n in range(1, 400)]
    lines = document_lines([(0, Document(LogFormat.TTY, [(7, text) for text in texts]))], 1)
    assert lines["text"].to_list() == texts
    assert set(lines["line"]) == {7}
