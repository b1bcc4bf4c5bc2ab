"""`aftercare backup` while clients work, and `aftercare restore` into another cluster or a new database of the same one."""
# SPDX-License-Identifier: Apache-2.0
import json
import subprocess

import pytest

from clients import Load
from database import PrivateServer
from effects import read_rows
from event_reader import RESYNC, Refused, client_of, last_position, wait_appended
from history import History
from stage import BUILD, Server, count, wait_until
from world import make_product, make_unit

STAGE = {"events": 1, "AFTERCARE_EVENTS_SWITCH_INTERVAL": "100ms"}
DAEMONS = ("events", "warranty", "gateway")
CLIENTS = 8


def aftercare(*words):
    """What the command answers."""
    return subprocess.run([BUILD / "bin" / "aftercare", *map(str, words)], capture_output=True, text=True, check=False)


def url_of(server):
    """A libpq conninfo of the superuser."""
    return " ".join(f"{key}={value}" for key, value in server.parameters.items())


def back_up(stage, folder):
    """A backup, which must succeed; its manifest."""
    done = aftercare("backup", folder, "--database", url_of(stage.server), "--keys", stage.cluster.keys)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{folder}: "), done.stdout
    return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))


def use(stage, server):
    """From now on the stage is this database's."""
    stage.hang_up()
    stage.server = server
    stage.environment = stage.environment | {"AFTERCARE_DATABASE": server.service_url(stage.cluster.keys / "pgpass")}


@pytest.fixture(name="place", params=["another cluster", "the same cluster"])
def place_fixture(stage, request):
    """An empty database; the stage is its own again afterwards."""
    before = stage.server, stage.environment
    other = None
    if request.param == "another cluster":
        other = PrivateServer(stage.cluster.folder / "restored", stage.folder / "log" / "restored.log")
        other.start()
        server = Server(url_of(other))
    else:
        server = stage.cluster.make_database("restored", "template0")
    yield server
    for noun in DAEMONS:
        for daemon in stage.running(noun):
            daemon.stop()
    stage.hang_up()
    stage.server, stage.environment = before
    if other is None:
        stage.cluster.drop_database("restored")
    else:
        other.stop()


@pytest.fixture(name="backup", scope="module")
def backup_fixture(stage, tmp_path_factory):
    """(folder, manifest, acknowledged before it, events that were told, sku) of a backup that was made under load."""
    web, folder, history = stage.web(), tmp_path_factory.mktemp("backup") / "today", History()
    sku = make_product(web)
    web.hang_up()
    with Load(stage, history, CLIENTS, lambda i: sku):
        for _ in range(count(2, 20)):
            before = history.count("ok")
            wait_until(lambda: history.count("ok") >= before + 100, "the clients work")
            acknowledged = {one.serial for one in list(history.tries) if one.outcome == "ok"}
            if folder.exists():
                check_whole(stage, folder, sku)
                folder = folder.with_name(folder.name + "-again")
            manifest = back_up(stage, folder)
        before = history.count("ok")
        wait_until(lambda: history.count("ok") >= before + 100, "they go on")
    wait_appended(stage, manifest["position"] + 100)
    with client_of(stage) as client:
        told = [(event.position, event.event_id) for event in client.read_all()]
    for noun in DAEMONS:
        stage.only(noun).stop()
    return folder, manifest, acknowledged, told, sku


def check_whole(stage, folder, sku):
    """Of a backup that was made while the relay emptied the outbox: each unit has its event, each event its unit."""
    server = stage.cluster.make_database("looked_at", "template0")
    done = aftercare("restore", folder, "--database", url_of(server), "--keys", stage.cluster.keys)
    assert done.returncode == 0, done.stderr
    connection = server.connect()
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*), count(*) FILTER (WHERE EXISTS (SELECT FROM events.outbox o WHERE o.aggregate_id = u.serial)"
                       " OR EXISTS (SELECT FROM events.log l WHERE l.aggregate_id = u.serial)) FROM warranty.units u WHERE sku = %s", (sku,))
        units, told = cursor.fetchone()
    connection.close()
    stage.cluster.drop_database("looked_at")
    assert units == told > 0


def test_a_restored_installation_goes_on_from_the_backup(stage, backup, place):
    folder, manifest, acknowledged, told, sku = backup
    done = aftercare("restore", folder, "--database", url_of(place), "--keys", stage.cluster.keys)
    assert done.returncode == 0, done.stderr
    use(stage, place)
    units, _ = read_rows(stage, sku)
    assert acknowledged <= set(units) and len(units) == len(set(units))

    for noun in DAEMONS:
        stage.start(noun)
    web = stage.web()
    wait_until(lambda: stage.value("SELECT count(*) FROM events.epochs") == 2, "a new epoch begins")
    beyond = stage.value("SELECT max(first_position) FROM events.epochs") - 1
    assert beyond >= manifest["position"]
    serial = make_unit(web, sku)
    wait_until(lambda: stage.value("SELECT count(*) FROM events.log WHERE aggregate_id = %s", serial) == 1, "events go on")
    units, events = read_rows(stage, sku)
    assert sorted(units) == sorted(aggregate for aggregate, version in events if version == 1), "each has its event, once"

    with client_of(stage) as client:
        now = [(event.position, event.event_id) for event in client.read_all()]
        assert now[:beyond] == told[:beyond]
        for after in (0, manifest["position"], beyond):
            assert client.pull(after=after, epoch=1, limit=10).events[0].position == after + 1
        with pytest.raises(Refused) as caught:
            client.pull(after=len(told), epoch=1)
        assert (caught.value.code, caught.value.reason) == (RESYNC, "RESYNC")
    assert last_position(stage) == len(now)


def test_nothing_is_emptied_while_a_backup_reads(stage):
    """A relay's TRUNCATE and DROP wait for these locks; snapshots do not see what they do."""
    connection = stage.server.connect()
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT log_position FROM events.begin_backup()")
        open_tables = stage.query("SELECT relid::regclass::text FROM (SELECT relid FROM pg_partition_tree('events.outbox')"
                                  " UNION SELECT relid FROM pg_partition_tree('events.log')) t EXCEPT"
                                  " SELECT relation::regclass::text FROM pg_locks WHERE granted AND mode = 'AccessShareLock' AND pid = %s",
                                  connection.get_backend_pid())
    connection.close()
    assert open_tables == []


def test_nothing_is_restored_over_something(stage, backup, tmp_path):
    done = aftercare("restore", backup[0], "--database", url_of(stage.server), "--keys", stage.cluster.keys)
    assert done.returncode == 1 and "it is not empty, it has the schema documents" in done.stderr
    keys = tmp_path / "keys"
    keys.mkdir()
    (keys / "installation.key").write_text("another\n")
    server = stage.cluster.make_database("never", "template0")
    done = aftercare("restore", backup[0], "--database", url_of(server), "--keys", keys)
    stage.cluster.drop_database("never")
    assert done.returncode == 1 and "another file stands there, and is not replaced" in done.stderr


@pytest.mark.parametrize("name,said", [
    ("database.dump", "cannot use database.dump: it is not as it was written"),
    ("keys/installation.key", "cannot use keys/installation.key: it is not as it was written"),
    ("manifest.json", "cannot read"),
])
def test_a_backup_that_was_damaged_is_refused_before_anything_changes(backup, tmp_path, name, said):
    folder = tmp_path / "copy"
    subprocess.run(["cp", "-r", backup[0], folder], check=True)
    path = folder / name
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    done = aftercare("restore", folder, "--database", "host=/nowhere", "--keys", tmp_path / "keys")
    assert done.returncode == 1 and said in done.stderr, done.stderr
    assert not (tmp_path / "keys").exists()


def test_a_file_that_is_gone_or_was_added_is_named(backup, tmp_path):
    folder = tmp_path / "copy"
    subprocess.run(["cp", "-r", backup[0], folder], check=True)
    (folder / "added").write_text("x")
    assert "cannot use added: it is not in the backup's manifest" in aftercare("restore", folder, "--database", "host=/nowhere").stderr
    (folder / "added").unlink()
    (folder / "roles.sql").unlink()
    assert "a file of its manifest is missing" in aftercare("restore", folder, "--database", "host=/nowhere").stderr


def test_a_backup_is_only_for_its_owner(backup):
    assert backup[0].stat().st_mode & 0o077 == 0
    assert (backup[0] / "keys" / "installation.key").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("words", [["backup"], ["backup", "a", "b"], ["restore", "a", "--database"], ["restore", "--what"]])
def test_wrong_words_show_the_usage(words):
    done = aftercare(*words)
    assert done.returncode == 2 and done.stderr.startswith(f"usage: aftercare {words[0]} FOLDER")


def test_a_folder_that_is_there_is_not_touched(stage, backup, tmp_path):
    done = aftercare("backup", tmp_path, "--database", url_of(stage.server), "--keys", stage.cluster.keys)
    assert done.returncode == 1 and "File exists" in done.stderr
    done = aftercare("backup", tmp_path / "new", "--database", "host=/nowhere")
    assert done.returncode == 1 and "the database does not answer" in done.stderr
