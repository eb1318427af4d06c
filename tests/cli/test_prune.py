"""``dashboard prune`` keeps what the settings say."""


def test_it_prunes_all_but_the_newest(dashboard, ini, tmp_path):
    dashboard("init", ini, "--demo")
    text = ini.read_text().replace(
        "dashboard.public = true", "dashboard.public = true\ndashboard.retention_changes = 1000"
    )
    ini.write_text(text)
    assert dashboard("prune", ini).out == "Pruned 832 changes from the log.\n"
    assert dashboard("prune", ini).out == "Pruned 0 changes from the log.\n"
