"""The pages that are written by hand name every vendor, and what its folder has."""

from pathlib import Path

import pytest

from app.rest import VENDORS, samples
from app.rest.vendor import Vendor

DOCS = Path(__file__).resolve().parents[2] / "docs"
REST, DATA = ((DOCS / name).read_text("utf-8") for name in ("rest.md", "data.md"))


def test_each_vendor_has_a_chapter() -> None:
    """Under the name of its reference, in the order of the vendors, after what all share."""
    headings = [line for line in REST.splitlines() if line.startswith("## ")]
    titles = [f"## {vendor.chapter.title}: {vendor.service}" for vendor in VENDORS]
    assert headings == ["## All vendors", *titles]


@pytest.mark.parametrize("vendor", VENDORS, ids=[vendor.name for vendor in VENDORS])
def test_each_sample_is_named(vendor: Vendor) -> None:
    """Its id stands in the table of the demo data."""
    for line in samples.lines(vendor.kind):
        assert f"`{line['sessionId']}`" in DATA
