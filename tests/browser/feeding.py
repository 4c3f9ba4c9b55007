"""The utility's core system reports steps, by the same command an operator would use."""

import json
from pathlib import Path
from uuid import uuid4

import anyio

from backend.core import clock
from tests.processes import Product


async def move(
    product: Product, folder: Path, application: str, stage: str, state: str, note: str
) -> None:
    row = {
        "id": f"step-{uuid4().hex[:8]}",
        "application_id": application,
        "at": clock.now().isoformat(),
        "stage": stage,
        "state": state,
        "note": note,
    }
    file = folder / f"{row['id']}.ndjson"
    await anyio.Path(file).write_text(json.dumps(row))
    await anyio.to_thread.run_sync(product.denghuo, "import", "application-events", str(file))
