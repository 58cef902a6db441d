"""./dev run: what it prints can be typed, and does what it says."""

import os
import re
import signal
import socket
import subprocess
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Run(unittest.TestCase):
    def start(self, port: int) -> subprocess.Popen:
        process = subprocess.Popen([ROOT / "dev", "run", "--preset", "dev"], text=True, start_new_session=True,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                   env=os.environ | {"PORT": str(port)})  # fmt: skip
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)
        return process

    def read_until(self, process: subprocess.Popen, ending: str) -> str:
        text = ""
        for line in process.stdout:
            text += line
            if ending in line:
                return text
        self.fail(f"ended before it said {ending!r}:\n{text}")

    def sh(self, line: str) -> str:
        return subprocess.run(line, shell=True, text=True, capture_output=True, check=True, timeout=30).stdout

    def test_its_three_lines_show_a_miss_a_hit_and_its_count(self):
        port = free_port()
        process = self.start(port)
        printed = self.read_until(process, "Ctrl-C stops both.")
        miss_line, hit_line, metrics_line = re.findall(r"^curl .*$", printed, re.MULTILINE)
        answers = [self.sh(line).rstrip().rsplit("\n", 1) for line in (miss_line, hit_line)]
        seconds = [float(answer[1].removesuffix(" s")) for answer in answers]
        self.assertIn('"result"', answers[0][0])
        self.assertEqual(answers[0][0], answers[1][0])
        self.assertGreater(seconds[0], 5 * seconds[1], seconds)
        self.assertRegex(self.sh(metrics_line), r"^larder_cache_requests_total\{.*\} 1\n$")

        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(20), 0)
        self.assertIn("stopped", process.stdout.read())
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), 1)

    def test_a_taken_port_is_said(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            process = self.start(port)
            self.assertEqual(process.wait(300), 1)  # it may have to build first
            printed = process.stdout.read()
        self.assertIn(f"port {port} is taken", printed)
        self.assertIn("PORT=", printed)


if __name__ == "__main__":
    unittest.main()
