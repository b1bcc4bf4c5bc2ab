"""Loads the sample catalogue through the gateway, as an integration would."""
# SPDX-License-Identifier: Apache-2.0
import json

from installation import ROOT, Trouble

CALLER = ("administrator", "scripts-run")


def load_products(api):
    """Adds the sample products; those that are there already stay as they are. Answers them."""
    products = json.loads((ROOT / "deploy" / "samples" / "products.json").read_text(encoding="utf-8"))
    for product in products:
        status, answer = api.call("POST", "/v1/products", CALLER, product, key=f"sample-{product['sku']}")
        if status not in (200, 201, 409):
            raise Trouble(f"sample product {product['sku']} was answered {status}: {json.dumps(answer)}")
    return products
