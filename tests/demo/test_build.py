"""The data file is made from the published tables, and nothing is added on the way."""

import gzip
import json
import subprocess
import sys

from dashboard.demo import build

FLIGHTS = """\
year,month,day,dep_time,sched_dep_time,dep_delay,arr_time,sched_arr_time,arr_delay,carrier,flight,\
tailnum,origin,dest,air_time,distance,hour,minute,time_hour
2013,7,22,1,2305,56,135,13,82,B6,718,N1,JFK,BOS,32,187,23,5,2013-07-23T03:00:00Z
2013,7,22,1800,1755,5,2020,2015,NA,UA,1,N2,EWR,DEN,200,1600,17,55,2013-07-22T21:00:00Z
2013,7,22,607,611,-4,1155,954,NA,B6,1403,NA,JFK,SJU,NA,1598,6,11,2013-07-22T10:00:00Z
2013,7,22,NA,1900,NA,NA,2132,NA,UA,2,NA,EWR,DEN,NA,1600,19,0,2013-07-22T23:00:00Z
2013,7,23,NA,1900,NA,NA,2132,NA,UA,3,NA,EWR,DEN,NA,1600,19,0,2013-07-23T23:00:00Z
"""
AIRPORTS = """\
faa,name,lat,lon,alt,tz,dst,tzone
BOS,Boston,42.4,-71.0,19,-5,A,America/New_York
DEN,Denver,39.9,-104.7,5431,-7,A,America/Denver
EWR,Newark,40.7,-74.2,18,-5,A,America/New_York
JFK,Kennedy,40.6,-73.8,13,-5,A,America/New_York
"""
PLANES = """\
tailnum,year,type,manufacturer,model,engines,seats,speed,engine
N1,NA,Fixed wing,EMBRAER,ERJ 190,2,20,NA,Turbo-fan
"""


def test_the_rows_of_the_day_and_what_they_name(tmp_path, monkeypatch):
    target = tmp_path / "day.json.gz"
    monkeypatch.setattr(build, "DATA_FILE", target)
    (tmp_path / "flights.csv.gz").write_bytes(gzip.compress(FLIGHTS.encode()))
    (tmp_path / "airports.csv").write_text(AIRPORTS)
    (tmp_path / "airlines.csv").write_text("carrier,name\nB6,JetBlue\nUA,United\nXX,Unused\n")
    (tmp_path / "planes.csv").write_text(PLANES)
    build.main(tmp_path)
    tables = json.loads(gzip.decompress(target.read_bytes()))
    assert tables["airlines"]["rows"] == [["B6", "JetBlue"], ["UA", "United"]]
    assert [row[:2] for row in tables["airports"]["rows"]] == [
        ["BOS", "Boston"], ["DEN", "Denver"], ["EWR", "Newark"], ["JFK", "Kennedy"], ["SJU", None],
    ]  # fmt: skip
    assert tables["planes"]["rows"] == [
        ["N1", "EMBRAER", "ERJ 190", None, 20, 2, "Turbo-fan"],
        ["N2", None, None, None, None, None, None],
    ]
    assert [row[5:] for row in tables["flights"]["rows"]] == [
        ["2013-07-22T06:11", "2013-07-22T06:07", "2013-07-22T11:55", None],
        ["2013-07-22T17:55", "2013-07-22T18:00", "2013-07-22T22:20", None],
        ["2013-07-22T19:00", None, None, None],
        ["2013-07-22T23:05", "2013-07-23T00:01", "2013-07-23T01:35", 82],
    ]


def test_it_asks_for_the_folder():
    command = [sys.executable, "-m", "dashboard.demo.build"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert result.returncode == 1
    assert "FOLDER" in result.stderr
