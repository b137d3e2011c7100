import json
import logging
import threading

import structlog

from services.chassis import logs

CANARY = "canary Jane Doe"


def lines(capsys):
    out = capsys.readouterr()
    assert out.err == ""
    return [json.loads(line) for line in out.out.splitlines()]


def fail():
    raise ValueError(CANARY)


def test_a_line_is_one_json_object_with_its_service_and_time(capsys):
    logs.configure("booking-worker")
    structlog.get_logger().info("started", count=3)
    [line] = lines(capsys)
    assert (line["event"], line["service"], line["count"], line["level"]) == (
        "started", "booking-worker", 3, "info",
    )  # fmt: skip
    assert line["timestamp"].endswith("Z")


def test_every_thread_names_its_service(capsys):
    logs.configure("booking-worker")
    thread = threading.Thread(target=lambda: structlog.get_logger().info("started"))
    thread.start()
    thread.join()
    assert lines(capsys)[0]["service"] == "booking-worker"


def test_an_exception_is_named_and_located_but_not_quoted(capsys):
    logs.configure("booking-worker")
    try:
        fail()
    except ValueError as error:
        structlog.get_logger().error("act_failed", exc_info=error)
        structlog.get_logger().error("act_failed", exc_info=True)
    for line in lines(capsys):
        assert line["error"] == "ValueError"
        assert line["where"][-1].startswith("test_logs.py:")
        assert CANARY not in json.dumps(line)


def test_a_library_s_record_keeps_its_template_and_loses_what_it_quotes(capsys):
    logs.configure("booking-worker")
    logging.getLogger("library").warning("could not parse %s", CANARY)
    [line] = lines(capsys)
    assert (line["event"], line["logger"]) == ("could not parse %s", "library")
    assert line["service"] == "booking-worker"
    assert CANARY not in json.dumps(line)


def test_a_library_s_text_that_may_already_be_filled_in_is_left_out(capsys):
    logs.configure("booking-worker")
    logging.getLogger("library").warning(f"could not parse {CANARY}")
    [line] = lines(capsys)
    assert line["event"] == "library"
    assert line["where"][0].startswith("test_logs.py:")
    assert CANARY not in json.dumps(line)


def test_a_library_s_exception_is_not_quoted_either(capsys):
    logs.configure("booking-worker")
    try:
        fail()
    except ValueError:
        logging.getLogger("library").exception("it went wrong: %s", CANARY)
    [line] = lines(capsys)
    assert line["error"] == "ValueError"
    assert CANARY not in json.dumps(line)


def test_what_libraries_say_below_a_warning_is_left_out(capsys):
    logs.configure("booking-worker")
    logging.getLogger("library").info("chatter")
    assert lines(capsys) == []
