"""A small database in the manner of well-known ones: a music shop beside a framework's tables.

What is odd of it is what real ones have: keys of several columns, tables that only link, a table
that refers to itself, names with capitals and blanks, views, triggers of its own, files of bytes.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

import psycopg

COMMON = """
CREATE TABLE "Artist" ("ArtistId" {integer} PRIMARY KEY, "Name" {nvarchar}(120));
CREATE TABLE "Album" (
    "AlbumId" {integer} PRIMARY KEY,
    "Title" {nvarchar}(160) NOT NULL,
    "ArtistId" INTEGER NOT NULL REFERENCES "Artist" ("ArtistId"),
    "UnitPrice" NUMERIC(10,2) DEFAULT 0.99 NOT NULL,
    "Cover" {blob}
);
CREATE TABLE "Playlist" ("PlaylistId" {integer} PRIMARY KEY, "Name" {nvarchar}(120));
CREATE TABLE "PlaylistAlbum" (
    "PlaylistId" INTEGER NOT NULL REFERENCES "Playlist" ("PlaylistId") ON DELETE CASCADE,
    "AlbumId" INTEGER NOT NULL REFERENCES "Album" ("AlbumId"),
    CONSTRAINT "PK_PlaylistAlbum" PRIMARY KEY ("PlaylistId", "AlbumId")
);
CREATE INDEX "IFK_PlaylistAlbumAlbumId" ON "PlaylistAlbum" ("AlbumId");
CREATE TABLE "Employee" (
    "EmployeeId" {integer} PRIMARY KEY,
    "LastName" {nvarchar}(20) NOT NULL,
    "ReportsTo" INTEGER REFERENCES "Employee" ("EmployeeId"),
    "HireDate" {timestamp}
);
CREATE TABLE "Order Details" (
    "OrderID" INTEGER NOT NULL,
    "AlbumID" INTEGER NOT NULL REFERENCES "Album" ("AlbumId"),
    "Quantity" SMALLINT DEFAULT 1 NOT NULL CHECK ("Quantity" > 0),
    "Discount" REAL DEFAULT 0 NOT NULL,
    PRIMARY KEY ("OrderID", "AlbumID")
);
CREATE TABLE shipment (
    order_id INTEGER NOT NULL,
    album_id INTEGER NOT NULL,
    part SMALLINT NOT NULL,
    rating {rating},
    last_update {timestamp} DEFAULT CURRENT_TIMESTAMP NOT NULL,
    PRIMARY KEY (order_id, album_id, part),
    FOREIGN KEY (order_id, album_id) REFERENCES "Order Details" ("OrderID", "AlbumID")
        ON UPDATE CASCADE ON DELETE RESTRICT
);
CREATE TABLE django_content_type (
    id {integer} PRIMARY KEY, app_label varchar(100) NOT NULL, model varchar(100) NOT NULL
);
CREATE UNIQUE INDEX django_content_type_app_label_model_uniq
    ON django_content_type (app_label, model);
CREATE TABLE django_admin_log (
    id {integer} PRIMARY KEY,
    action_time {timestamp} NOT NULL,
    object_id text,
    object_repr varchar(200) NOT NULL,
    action_flag smallint NOT NULL CHECK (action_flag >= 0),
    change_message text NOT NULL,
    data {json},
    content_type_id integer REFERENCES django_content_type (id) DEFERRABLE INITIALLY DEFERRED
);
CREATE TABLE auth_user_groups (user_id integer NOT NULL, group_name varchar(80) NOT NULL);
CREATE VIEW "Sales by Album" AS
    SELECT a."Title", sum(d."Quantity" * a."UnitPrice") AS "Sales"
    FROM "Album" a JOIN "Order Details" d ON d."AlbumID" = a."AlbumId" GROUP BY a."Title";

INSERT INTO "Artist" VALUES (1, 'AC/DC'), (2, 'Antônio Carlos Jobim'), (3, NULL);
INSERT INTO "Album" VALUES
    (1, 'For Those About To Rock', 1, 0.99, NULL), (4, 'Let There Be Rock', 1, 1.50, {bytes}),
    (8, 'Warner 25 Anos', 2, 12.00, NULL);
INSERT INTO "Playlist" VALUES (1, 'Music'), (2, NULL);
INSERT INTO "PlaylistAlbum" VALUES (1, 1), (1, 4), (2, 8);
INSERT INTO "Employee" VALUES
    (1, 'Adams', NULL, '2002-08-14 00:00:00'), (2, 'Edwards', 1, '2002-05-01 00:00:00');
INSERT INTO "Order Details" VALUES (10248, 1, 12, 0), (10248, 4, 1, 0.15), (10249, 8, 3, 0);
INSERT INTO shipment VALUES
    (10248, 1, 1, 'PG-13', '2006-02-15 05:03:42'), (10249, 8, 2, NULL, '2006-02-15 05:03:42');
INSERT INTO django_content_type VALUES (1, 'auth', 'user'), (2, 'shop', 'order');
INSERT INTO django_admin_log VALUES
    (1, '2024-03-01 10:00:00', '7', 'Order 7', 1, '[{{"added": {{}}}}]', '{{"a": [1]}}', 2),
    (2, '2024-03-01 10:00:01.123456', NULL, '', 3, '', NULL, NULL);
INSERT INTO auth_user_groups VALUES (1, 'editors'), (1, 'editors');
"""

SQLITE = (
    COMMON.format(
        integer="INTEGER",
        nvarchar="NVARCHAR",
        timestamp="DATETIME",
        blob="BLOB",
        bytes="x'ffd8ff00'",
        json="text CHECK ((JSON_VALID(data) OR data IS NULL))",
        rating="TEXT CHECK (rating IN ('G', 'PG', 'PG-13'))",
    )
    + """
CREATE TRIGGER shipment_touch AFTER UPDATE ON shipment BEGIN
    UPDATE shipment SET last_update = DATETIME('NOW') WHERE rowid = new.rowid;
END;
CREATE VIRTUAL TABLE titles USING fts5(title);
INSERT INTO titles SELECT "Title" FROM "Album";
CREATE VIRTUAL TABLE places USING rtree(id, x0, x1);
INSERT INTO places VALUES (1, 0, 1), (2, 3, 4);
-- Made by a program that brings functions and collations of its own.
CREATE TABLE areas (
    fid INTEGER PRIMARY KEY, shape POLYGON, title TEXT, code TEXT COLLATE theirs, seen DATETIME
);
CREATE INDEX areas_code ON areas (code);
INSERT INTO areas VALUES (1, x'475000ff', 'Lake', 'L', 2461370.75), (2, NULL, 'Wood', NULL, 'now');
CREATE TRIGGER areas_update AFTER UPDATE OF title ON areas WHEN title_sort(new.title) BEGIN
    SELECT 1;
END;
"""
)

POSTGRESQL = (
    "CREATE TYPE mpaa_rating AS ENUM ('G', 'PG', 'PG-13');"
    "CREATE DOMAIN year AS integer CHECK (VALUE BETWEEN 1901 AND 2155);"
    + COMMON.format(
        integer="SERIAL",
        nvarchar="VARCHAR",
        timestamp="TIMESTAMPTZ",
        blob="BYTEA",
        bytes=r"'\xffd8ff00'",
        json="jsonb",
        rating="mpaa_rating",
    )
    + """
CREATE FUNCTION last_updated() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN NEW.last_update = CURRENT_TIMESTAMP; RETURN NEW; END $$;
CREATE TRIGGER last_updated BEFORE UPDATE ON shipment
    FOR EACH ROW EXECUTE FUNCTION last_updated();
CREATE TABLE film (
    film_id SERIAL PRIMARY KEY, title text NOT NULL, release_year year,
    special_features text[], fulltext tsvector NOT NULL
);
INSERT INTO film VALUES (1, 'ACADEMY', 2006, '{Trailers}', to_tsvector('academy'));
CREATE TABLE payment (payment_id SERIAL, amount numeric(5,2) NOT NULL,
    payment_date timestamp NOT NULL, PRIMARY KEY (payment_date, payment_id))
    PARTITION BY RANGE (payment_date);
CREATE TABLE payment_p2007 PARTITION OF payment FOR VALUES FROM ('2007-01-01') TO ('2008-01-01');
INSERT INTO payment VALUES (1, 2.99, '2007-02-15 22:25:46.996577');
CREATE SCHEMA "HumanResources";
CREATE TABLE "HumanResources"."Employee" ("BusinessEntityID" int PRIMARY KEY, "JobTitle" text);
INSERT INTO "HumanResources"."Employee" VALUES (1, 'Chief');
CREATE MATERIALIZED VIEW "Top" AS SELECT "Title" FROM "Album";
CREATE MATERIALIZED VIEW never_refreshed AS SELECT "Title" FROM "Album" WITH NO DATA;
"""
)


def make(url: str) -> None:
    """Fill the empty database at ``url``."""
    if url.startswith("postgresql"):
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(POSTGRESQL)
        return
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as file:
        file.create_collation("theirs", lambda a, b: (a > b) - (a < b))
        file.executescript(SQLITE)


def run(url: str, sql: str) -> list[Any]:
    """Run a statement as another program does, and return its rows."""
    if url.startswith("postgresql"):
        with psycopg.connect(url, autocommit=True) as connection:
            cursor = connection.execute(sql.encode())
            return cursor.fetchall() if cursor.description else []
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as file:
        return file.execute(sql).fetchall()
