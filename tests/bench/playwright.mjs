// The demo's journeys by Playwright's library: contexts side by side in one Chromium.
//
// Usage: playwright.mjs NODE_MODULES CHROMIUM URL AT_ONCE
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";

import { conclude, Heard } from "./checks.mjs";
import { hasAgent, journeys } from "./journeys.mjs";

const [modules, executablePath, baseURL, atOnce] = process.argv.slice(2);
const { chromium } = createRequire(resolve(modules, "x.js"))("playwright-core");
const listen = readFileSync(new URL("listen.js", import.meta.url), "utf8");
const HITS = /\/g\/collect|\/b\/ss\/|\/collector\/events/;

/** A target as a locator; Playwright's own ways to look for things. */
function locator(page, { role, name, label, placeholder, testid, css, text, within, last }) {
  let place = page;
  if (css) place = place.locator(css);
  if (within) place = locator(page, within);
  let found = place;
  if (role) found = place.getByRole(role, { name, exact: true });
  else if (label) found = place.getByLabel(label, { exact: true });
  else if (placeholder) found = place.getByPlaceholder(placeholder, { exact: true });
  else if (testid) found = place.getByTestId(testid);
  else if (text) found = place.getByText(text, { exact: typeof text === "string" });
  return last ? found.last() : found;
}

function actor(page, heard) {
  const step = (act) => async (...args) => {
    const options = args.at(-1)?.constructor === Object ? args.at(-1) : {};
    const from = heard.all.length;
    await act(...args);
    if (options.fires) await heard.came(from, options.fires, options.within);
  };
  return {
    open: step((path) => page.goto(path)),
    reload: step(() => page.reload()),
    click: step((target) => locator(page, target).click()),
    fill: step(async (target, text, options) => {
      const field = locator(page, target);
      await field.fill(text);
      if (options?.press) await field.press(options.press);
    }),
    press: step((target, key) => locator(page, target).press(key)),
    select: step((target, label) => locator(page, target).selectOption({ label })),
    scroll: step((target) =>
      target === "bottom" ? page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight)) : locator(page, target).scrollIntoViewIfNeeded(),
    ),
    sees: step((target, options) => locator(page, target).waitFor({ state: options?.gone ? "hidden" : "visible" })),
    pause: (time) => page.waitForTimeout(time),
  };
}

async function walk(browser, name) {
  const heard = new Heard();
  const contexts = [];
  const window = async (listening) => {
    const context = await browser.newContext({ baseURL, viewport: { width: 1280, height: 800 } });
    contexts.push(context);
    context.setDefaultTimeout(30_000);
    if (listening) {
      await context.exposeBinding("__say", (_, what) => heard.say(what));
      await context.addInitScript(`(${listen.replace(/^(\s*\/\/.*\n)*/, "").replace(/;?\s*$/, "")})((what) => __say(what), false)`);
      await context.route(HITS, async (route) => {
        const request = route.request();
        heard.say({ kind: "hit", url: request.url(), body: request.postData() ?? "" });
        await route.fulfill({ status: 204 });
      });
    }
    return context.newPage();
  };
  const pages = [await window(true), ...(hasAgent(name) ? [await window(false)] : [])];
  const [visitor, agent] = pages.map((page) => actor(page, heard));
  try {
    await journeys[name]({ visitor, agent, id: `${process.pid}-${name}` });
    await heard.end(() => pages[0].evaluate(() => window.__ears()));
  } catch (error) {
    heard.check(false, () => error.message);
  }
  await Promise.all(contexts.map((context) => context.close()));
  return { name, heard };
}

const browser = await chromium.launch({ executablePath, headless: true, args: process.getuid?.() === 0 ? ["--no-sandbox"] : [] });
const left = Object.keys(journeys);
const done = [];
await Promise.all(
  Array.from({ length: Number(atOnce) }, async () => {
    for (let name; (name = left.shift()); ) done.push(await walk(browser, name));
  }),
);
await browser.close();
conclude(done);
