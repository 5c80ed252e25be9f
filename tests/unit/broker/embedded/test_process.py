"""The broker as a process: how it starts, how it refuses to, how it ends, what it finds again."""

import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from kafka import KafkaProducer
from kafka.errors import KafkaError

from protomesh.broker import Damaged, Message, Partition, Record, Tail, TopicSpec
from protomesh.broker.embedded import BrokerThread, Options
from protomesh.broker.embedded.__main__ import main
from protomesh.broker.kafka_python import KafkaPython
from protomesh.errors import ConfigError
from tests.conformance.broker.backend import PATIENCE, TUNING, EmbeddedProcess, connect, until
from tests.conformance.broker.clients import new_topic, read, send_all


def test_it_stops_cleanly_and_finds_everything_again(tmp_path: Path) -> None:
    with closing(EmbeddedProcess(tmp_path, "--fsync", "--partitions", "3")) as process:
        process.start()
        broker = connect(process)
        topic = new_topic(broker, partitions=2)
        with closing(broker.producer()) as producer:
            send_all(producer, [Message(topic, str(n).encode(), b"v") for n in range(50)])
        assert process.stop() == 0
        assert "Traceback" not in process.errors()
        process.start()
        with closing(broker.reader(Tail((topic,), beginning=True))) as reader:
            assert len(read(reader, 50)) == 50


def test_a_torn_tail_is_cut_and_named(tmp_path: Path) -> None:
    with closing(EmbeddedProcess(tmp_path)) as process:
        process.start()
        broker = connect(process)
        topic = new_topic(broker)
        with closing(broker.producer()) as producer:
            for n in range(5):
                send_all(producer, [Message(topic, b"k", str(n).encode())])
        process.kill()
        (file,) = (tmp_path / "logs" / f"{topic}-0").glob("*.log")
        file.write_bytes(file.read_bytes()[:-7])
        with (tmp_path / "journal.jsonl").open("ab") as journal:
            journal.write(b'{"t":"topic","na')
        process.start()
        assert "torn tail" in process.errors()
        with closing(broker.reader(Tail((topic,), beginning=True))) as reader:
            assert [record.value for record in read(reader, 4)] == [b"0", b"1", b"2", b"3"]
        with closing(broker.producer()) as producer:
            send_all(producer, [Message(topic, b"k", b"again")])


def test_a_damaged_record_is_reported_and_passed(tmp_path: Path) -> None:
    with closing(EmbeddedProcess(tmp_path)) as process:
        process.start()
        broker = connect(process)
        topic = new_topic(broker)
        with closing(broker.producer()) as producer:
            for n in range(3):
                send_all(producer, [Message(topic, b"k", str(n).encode())])
        (file,) = (tmp_path / "logs" / f"{topic}-0").glob("*.log")
        data = bytearray(file.read_bytes())
        data[len(data) // 2 + 20] ^= (
            1  # inside the second of three equal batches, behind the running broker's back
        )
        file.write_bytes(data)
        found: list[Record] = []
        damaged: list[Damaged] = []

        def through() -> bool:
            try:
                found.extend(reader.poll(0.2))
            except Damaged as error:
                damaged.append(error)
            return len(found) == 2

        with closing(broker.reader(Tail((topic,), beginning=True))) as reader:
            until(through, "the records on both sides")
        assert [record.offset for record in found] == [0, 2]
        assert [(error.partition, error.offset) for error in damaged] == [(Partition(topic, 0), 1)]


def test_a_directory_has_one_broker(tmp_path: Path) -> None:
    with BrokerThread(Options(data=tmp_path)):
        second = subprocess.run(
            [sys.executable, "-m", "protomesh.broker.embedded", "--data", str(tmp_path)],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert second.returncode == 2
        assert f"{tmp_path}: used by another broker, process" in second.stderr
        with pytest.raises(ConfigError, match="used by another broker"), BrokerThread(Options(data=tmp_path)):
            pass


@pytest.mark.parametrize("host", ["10.0.0.1", "192.168.1.7", "broker.example", "::"])
def test_only_loopback_is_served(tmp_path: Path, host: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--data", str(tmp_path), "--host", host]) == 2
    assert "is not a loopback address" in capsys.readouterr().err


def test_a_taken_port_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with BrokerThread(Options(data=tmp_path / "one")) as address:
        port = address.rpartition(":")[2]
        assert main(["--data", str(tmp_path / "two"), "--port", port]) == 2
    assert "cannot start" in capsys.readouterr().err


def test_a_damaged_journal_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "journal.jsonl").write_text('{"t":"cluster","id":"c"}\nnonsense\n{"t":"producer","last":1}\n')
    assert main(["--data", str(tmp_path)]) == 2
    assert "line 2 is damaged" in capsys.readouterr().err


def test_topics_come_by_themselves_only_when_asked_to(tmp_path: Path) -> None:
    with BrokerThread(Options(data=tmp_path, auto_create=True, partitions=3)) as address:
        settings = TUNING.producer(address) | {"allow_auto_create_topics": True}
        with closing(KafkaProducer(**settings)) as producer:
            assert len(producer.partitions_for("by-itself")) == 3


def test_transactions_are_refused_and_do_not_hang(tmp_path: Path) -> None:
    with BrokerThread(Options(data=tmp_path)) as address:
        settings = TUNING.producer(address) | {"transactional_id": "t1"}
        with closing(KafkaProducer(**settings)) as producer, pytest.raises(KafkaError, match="53"):
            producer.init_transactions()


def test_retention_runs(tmp_path: Path) -> None:
    with BrokerThread(Options(data=tmp_path, retention_every=0.1)) as address:
        broker = KafkaPython(address, TUNING)
        with closing(broker.admin()) as admin, closing(broker.producer()) as producer:
            admin.create([TopicSpec("short", config={"retention.ms": "1"})])
            send_all(producer, [Message("short", b"k", b"v")])
            with closing(broker.reader(Tail(("short",)))) as reader:
                at = Partition("short", 0)
                until(lambda: reader.start_of([at]) == {at: 1}, "the record is too old")
