"""Packaging: what the program needs, its entry points, and the files that come along with it."""

import shutil
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).parent
SHARED = ("alembic", "development.ini", "production.ini")


class build_py_with_share(build_py):  # noqa: N801 (setuptools names commands in lower case)
    """Copy the migrations and the ini files into the wheel, as ``dashboard/_share``.

    They stand at the top of a checkout, where people look for them; an installed wheel has no
    such place, so ``dashboard.share`` finds them inside of the package.
    """

    def run(self):
        super().run()
        if self.editable_mode:
            return
        share = Path(self.build_lib) / "dashboard" / "_share"
        shutil.rmtree(share, ignore_errors=True)
        share.mkdir(parents=True)
        for name in SHARED:
            source = HERE / name
            if source.is_dir():
                ignore = shutil.ignore_patterns("__pycache__", "*.py[co]")
                shutil.copytree(source, share / name, ignore=ignore)
            else:
                shutil.copy2(source, share / name)


requires = [
    "alembic>=1.16",
    "argon2-cffi>=23.1",
    "plaster_pastedeploy>=1.0",
    "pyramid>=2.1",
    "pyramid_chameleon>=0.3",
    "Chameleon>=4.6",
    "pyramid_retry>=2.1",
    "pyramid_tm>=2.6",
    # Pyramid imports pkg_resources, which later versions of setuptools no longer have.
    "setuptools<81",
    "SQLAlchemy>=2.1",
    "transaction>=5.0",
    # The hub's event loop; asyncio's own does as well, more slowly.
    'uvloop>=0.21; sys_platform != "win32" and platform_python_implementation == "CPython"',
    "waitress>=3.0.2",
    # Its Sans-I/O layer alone: the hub has its own loop and sockets.
    "websockets>=16",
    "WTForms>=3.2",
    "zope.sqlalchemy>=4.1",
]

# A database or a backplane by whose URL it is chosen.
postgresql = ["psycopg[binary]>=3.2"]
redis = ["redis>=5.2"]
amqp = ["amqp>=5.3"]
# Verifies that a request came through an edge that holds streams.
edge = ["pyjwt>=2.10"]

testing = [
    *postgresql,
    *redis,
    *amqp,
    *edge,
    "axe-playwright-python",
    "beautifulsoup4",
    "build",
    "coverage[toml]>=7.6",
    "datasette>=0.65,<1",
    "gunicorn",
    "httpx",
    "hypothesis",
    "import-linter",
    "mypy",
    "playwright",
    "psycopg[binary]",
    "pytest>=8",
    "pytest-cov",
    "pytest-rerunfailures",
    "pytest-timeout",
    "pytest-xdist",
    "ruff",
    "WebTest",
    "wheel",
    # The clients of /ws in the tests: not the library that the server speaks with.
    "wsproto>=1.3",
]

setup(
    # The ini files name the distribution: `egg:dashboard`.
    name="dashboard",
    version="0.1.0",
    description="Live Dashboard: SQL records on a screen that is always true.",
    long_description=(HERE / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="MIT",
    author="Live Dashboard contributors",
    classifiers=[
        "Development Status :: 3 - Alpha",
        "Framework :: Pyramid",
        "License :: OSI Approved :: MIT License",
        "Programming Language :: Python :: 3",
        "Topic :: Internet :: WWW/HTTP :: WSGI :: Application",
    ],
    python_requires=">=3.11",
    packages=find_packages(include=["dashboard", "dashboard.*"]),
    package_data={
        "dashboard": ["py.typed", "templates/**/*", "static/**/*"],
        "dashboard.demo": ["data/*"],
    },
    install_requires=requires,
    extras_require={
        "postgresql": postgresql,
        "redis": redis,
        "amqp": amqp,
        "edge": edge,
        "testing": testing,
        "dev": testing,
    },
    cmdclass={"build_py": build_py_with_share},
    zip_safe=False,
    entry_points={
        "paste.app_factory": ["main = dashboard:main"],
        "paste.server_runner": ["main = dashboard.streaming.server:serve"],
        "console_scripts": ["dashboard = dashboard.cli:main"],
    },
)
