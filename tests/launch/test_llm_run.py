"""`loci run` with an endpoint that is no help at all: the offline planner takes every step, and the task gets done."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from loci.launch.cli import main
from loci.memory import Memory


class Babbler(BaseHTTPRequestHandler):
    """Answers malformed, refusing, commanding and empty replies in turn."""

    asked: list[dict[str, object]]
    replies = (
        "no idea",
        '{"verb": "dance"}',
        '{"verb": "toggle", "target": "o1"}',
        "",
        '{"verb": "pick", "target": "o999"}',
    )

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked.append(request)
        text = self.replies[len(self.asked) % len(self.replies)]
        message = {"role": "assistant", "content": text}
        body = json.dumps(
            {
                "id": "c",
                "object": "chat.completion",
                "created": 0,
                "model": "m",
                "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
            }
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""


@pytest.mark.slow
def test_a_useless_endpoint_does_not_stop_a_task(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing that the model says is carried out beyond what the robot may do; every reply is on record."""
    monkeypatch.setenv("LOCI_LLM_API_KEY", "secret-key")
    asked: list[dict[str, object]] = []
    handler = type("Handler", (Babbler,), {"asked": asked})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        status = main(
            [
                *("run", "--task", "put the apple on the counter", "--memory", str(tmp_path / "m.db"), "--seed", "7"),
                *("--llm-base-url", f"http://127.0.0.1:{server.server_port}/v1", "--llm-model", "m", "--json"),
            ]
        )
        server.shutdown()
    captured = capsys.readouterr()
    assert status == 0, captured.err
    assert asked
    assert "secret-key" not in captured.out + captured.err + (tmp_path / "m.db").read_bytes().decode("latin-1")
    with Memory.open(tmp_path / "m.db", read_only=True) as memory:
        verbs = {a.verb for e in memory.episodes() for a in e.actions}
    assert "toggle" not in verbs
