// A customer's journey by a client whose types come from openapi.json and from nothing else.
//
//     node client.js URL CUSTOMER_TOKEN AGENT_TOKEN
//
// That it compiles says that the document describes what a client needs; that it runs says that the document is true.
// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from "node:crypto";

import createClient from "openapi-fetch";

import type { components, paths } from "./api.js";

type Claim = components["schemas"]["warranty.v1.Claim"];
type Client = ReturnType<typeof makeClient>;

const SKU = "KETTLE-17";
const DAY_MS = 24 * 60 * 60 * 1000;
const PNG = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

function must<T>(value: T | undefined, what: string, error?: unknown): T {
    if (value === undefined) {
        throw new Error(`${what}: ${JSON.stringify(error)}`);
    }
    return value;
}

function expect(found: unknown, wanted: unknown, what: string): void {
    if (found !== wanted) {
        throw new Error(`${what} is ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`);
    }
}

function dayBefore(days: number): string {
    return new Date(Date.now() - days * DAY_MS).toISOString().slice(0, 10);
}

function key(): { "Idempotency-Key": string } {
    return { "Idempotency-Key": randomUUID() };
}

function makeClient(baseUrl: string, token: string) {
    return createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${token}` } });
}

async function sell(agent: Client, days: number): Promise<string> {
    const serial = `TS-${randomUUID()}`;
    const { data, error } = await agent.POST("/v1/units", {
        params: { header: key() },
        body: {
            serial, sku: SKU, owner_id: "anna", delivery_date: dayBefore(days), region: "US", channel: "shop",
            customer_class: "consumer", condition: "new", price_paid: { minor: 3900, currency_code: "EUR" },
        },
    });
    expect(must(data, "unit", error).serial, serial, "serial");
    return serial;
}

async function file(customer: Client, serial: string): Promise<Claim> {
    const { data, error } = await customer.POST("/v1/claims", {
        params: { header: key() },
        body: { serial, cause: "material_defect", description: "It does not heat any more.", contact: { name: "Anna Example" } },
    });
    return must(data, "claim", error);
}

async function addPhoto(customer: Client, claimId: string): Promise<Claim> {
    const photo = await customer.POST("/v1/documents", {
        params: { header: key() },
        headers: { "Content-Type": "image/png" },
        body: PNG,
        bodySerializer: () => PNG,
    });
    const documentId = must(must(photo.data, "document", photo.error).document_id, "document_id");
    const { data, error } = await customer.POST("/v1/claims/{claim_id}:add_document", {
        params: { header: key(), path: { claim_id: claimId } },
        body: { document: { document_id: documentId, kind: "fault_photo" } },
    });
    return must(data, "claim with a photo", error);
}

async function play(baseUrl: string, customerToken: string, agentToken: string): Promise<void> {
    const customer = makeClient(baseUrl, customerToken);
    const agent = makeClient(baseUrl, agentToken);

    const products = await customer.GET("/v1/products", { params: { query: { page_size: 500 } } });
    const skus = must(products.data, "products", products.error).products?.map((product) => product.sku) ?? [];
    expect(skus.includes(SKU), true, "the sample product's presence");

    const young = await sell(agent, 60);
    const old = await sell(agent, 3 * 365);
    const coverage = await customer.GET("/v1/units/{serial}/coverage", { params: { path: { serial: young } } });
    expect(must(coverage.data, "coverage", coverage.error).outcome, "COVERED", "coverage");

    const inside = await file(customer, young);
    expect(inside.state, "DOCUMENTS_REQUIRED", "state of the claim without a photo");
    const complete = await addPhoto(customer, must(inside.claim_id, "claim_id"));
    expect(complete.outcome, "GRANTED", "outcome of the claim inside the period");
    const after = await file(customer, old);
    expect(after.outcome, "DENIED", "outcome of the claim after the period");
    expect(after.deciding_clause_id, "warranty.period", "clause of the claim after the period");

    const read = await customer.GET("/v1/claims/{claim_id}", { params: { path: { claim_id: must(inside.claim_id, "claim_id") } } });
    expect(must(read.data, "claim", read.error).state, "APPROVED", "state");

    const missing = await customer.GET("/v1/units/{serial}", { params: { path: { serial: "NOT-THERE" } } });
    expect(must(missing.error, "problem").status, 404, "status of a unit that is not there");
    console.log(`typed client: 2 units, 2 claims (${inside.outcome}, then ${complete.outcome}; ${after.outcome}), 1 refusal as documented`);
}

const [baseUrl, customerToken, agentToken] = process.argv.slice(2);
await play(must(baseUrl, "URL"), must(customerToken, "customer's token"), must(agentToken, "agent's token"));
