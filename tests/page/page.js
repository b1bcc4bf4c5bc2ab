// Opens each page of a folder in each view and says what is wrong with it.
//
//     CHROMIUM=/usr/bin/chromium node page.js FOLDER
//
// The folder holds pages (*.html) and, where they are long and have a navigation, `anchors`: the ids that every page must have.
// A page is refused for what axe-core finds, for scrolling sideways, for an anchor that is missing or twice there, for a link to a
// fragment that is not there, for anything it fetches, and for anything the browser complains about; without navigation also for
// what is too small for a finger. Pictures are taken while scripts are off. Screenshots and PDFs are left in the folder.
// SPDX-License-Identifier: Apache-2.0
import { readdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

import puppeteer from "puppeteer-core";

import { VIEWS } from "./views.js";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const FINGER_PX = 44; // what a finger hits, https://www.w3.org/TR/WCAG22/#target-size-enhanced
const SLICE_PX = 2560; // a screenshot's height: what is much higher, browsers do not draw whole and people do not look at

// Runs inside the page: ids that are missing or not unique, links that lead nowhere.
function findBadAnchors(wanted) {
    const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
    const links = [...document.querySelectorAll('a[href^="#"]')].map((link) => decodeURIComponent(link.hash.slice(1)));
    return [
        ...wanted.filter((id) => !ids.includes(id)).map((id) => `there is no anchor ${id}`),
        ...ids.filter((id, i) => ids.indexOf(id) !== i).map((id) => `the anchor ${id} is there twice`),
        ...links.filter((id) => !ids.includes(id)).map((id) => `a link leads to #${id}, which is not there`),
    ];
}

// Runs inside the page: what reaches beyond the right edge, so that a reader would have to scroll sideways.
function findTooWide() {
    const root = document.documentElement;
    if (root.scrollWidth <= root.clientWidth) {
        return [];
    }
    const wide = [...document.body.querySelectorAll("*")]
        .filter((element) => element.getBoundingClientRect().right > root.clientWidth + 0.5)
        .slice(0, 3)
        .map((element) => element.outerHTML.slice(0, 100));
    return [`it is ${root.scrollWidth} px wide on a screen of ${root.clientWidth}: ${wide.join(" | ")}`];
}

// Runs inside the page. What axe cannot decide is a finding too: nothing of this page is beyond it.
async function findInaccessible() {
    const { violations, incomplete } = await axe.run(document, {
        rules: { "target-size": { enabled: true } },
        resultTypes: ["violations", "incomplete"],
    });
    return [...violations, ...incomplete].map(
        ({ id, help, nodes }) => `axe: ${id}: ${help}: ${nodes[0].html.slice(0, 160)} (${nodes.length} in all)`,
    );
}

// Runs inside the page: what is to be touched and is smaller than a finger. A link within a sentence may be.
function findTooSmall(least) {
    const isSmall = ({ width, height }) => Math.min(width, height) < least - 0.5;
    return [...document.querySelectorAll("button, fieldset label, textarea, nav a, footer a")]
        .filter((element) => isSmall(element.getBoundingClientRect()))
        .map((element) => `too small for a finger: ${element.outerHTML.slice(0, 100)}`);
}

// A keyboard's first stop is the link past the navigation, and it can be seen.
async function findBadSkipLink(page) {
    await page.keyboard.press("Tab");
    const seen = await page.evaluate(() => {
        const { left, top, width } = document.activeElement.getBoundingClientRect();
        return document.activeElement.matches(".skip") && left >= 0 && top >= 0 && width > 0;
    });
    return seen ? [] : ["the first key Tab does not show the link past the navigation"];
}

// The medium and the scheme in one command: of two, the second takes the first one back.
async function emulate(page, { media, scheme }) {
    const session = await page.createCDPSession();
    const features = [{ name: "prefers-color-scheme", value: scheme }];
    await session.send("Emulation.setEmulatedMedia", { media, features });
    const query = `${media} and (prefers-color-scheme: ${scheme})`;
    if (!(await page.evaluate((text) => matchMedia(text).matches, query))) {
        throw new Error(`the browser does not show pages as ${query}`);
    }
}

async function shoot(page, path) {
    const height = await page.evaluate(() => document.documentElement.scrollHeight);
    const { width } = page.viewport();
    for (let y = 0, i = 1; y < height; y += SLICE_PX, i++) {
        await page.screenshot({
            path: `${path}-${i}.png`,
            captureBeyondViewport: true,
            clip: { x: 0, y, width, height: Math.min(SLICE_PX, height - y) },
        });
    }
}

async function findInView(browser, file, view, wanted) {
    const page = await browser.newPage();
    const found = [];
    const url = pathToFileURL(file).href;
    page.on("console", (message) => found.push(`console: ${message.text()}`));
    page.on("pageerror", (error) => found.push(`script: ${error.message}`));
    page.on("request", (request) => {
        if (request.url() !== url && !request.url().startsWith("data:")) {
            found.push(`it fetches ${request.url()}`);
        }
    });
    await page.setViewport(view.viewport);
    await emulate(page, view);
    await page.setJavaScriptEnabled(false);
    await page.goto(url);
    await shoot(page, `${file.slice(0, -".html".length)}-${view.name}`);
    await page.setJavaScriptEnabled(true);
    await page.reload();
    found.push(...(await page.evaluate(findBadAnchors, wanted)), ...(await page.evaluate(findTooWide)));
    await page.addScriptTag({ path: AXE });
    found.push(...(await page.evaluate(findInaccessible)));
    if (view.media === "screen") {
        found.push(...(wanted.length > 0 ? await findBadSkipLink(page) : await page.evaluate(findTooSmall, FINGER_PX)));
    }
    await page.close();
    return found;
}

async function printPdf(browser, file) {
    const page = await browser.newPage();
    await page.goto(pathToFileURL(file).href);
    await page.pdf({ path: `${file.slice(0, -".html".length)}.pdf`, format: "A4", outline: true, tagged: true });
    await page.close();
}

const folder = resolve(process.argv[2]);
const names = await readdir(folder);
const wanted = names.includes("anchors") ? (await readFile(join(folder, "anchors"), "utf8")).split("\n").filter(Boolean) : [];
const files = names.filter((name) => name.endsWith(".html")).sort();
// A browser that root starts has no sandbox; its pages are ours and have no script.
const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
const browser = await puppeteer.launch({ executablePath: process.env.CHROMIUM, args });
let count = 0;
try {
    for (const name of files) {
        for (const view of VIEWS) {
            for (const finding of await findInView(browser, join(folder, name), view, wanted)) {
                console.log(`${name}, ${view.name}: ${finding}`);
                count++;
            }
        }
        await printPdf(browser, join(folder, name));
    }
} finally {
    await browser.close();
}
const seen = `${files.length} pages in ${VIEWS.length} views`;
console.log(count > 0 ? `${seen}: ${count} findings` : `${seen}, nothing found; pictures in ${process.argv[2]}`);
process.exitCode = count > 0 || files.length === 0 ? 1 : 0;
