// The demo's journeys by selenium-webdriver, as people write them: one Firefox, one journey after the other, each in a new
// window that nobody remembers; an agent in one more window, between which the driver goes to and fro.
//
// Usage: selenium.mjs NODE_MODULES FIREFOX GECKODRIVER URL
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";

import { conclude, Heard } from "./checks.mjs";
import { hasAgent, journeys } from "./journeys.mjs";

const [modules, binary, geckodriver, base] = process.argv.slice(2);
const require = createRequire(resolve(modules, "x.js"));
const { Builder, Key } = require("selenium-webdriver");
const firefox = require("selenium-webdriver/firefox");
const listen = readFileSync(new URL("listen.js", import.meta.url), "utf8").replace(/^(\s*\/\/.*\n)*/, "").replace(/;?\s*$/, "");
const TIMEOUT = 30_000;

/** In the page: the elements that a target names, those in open shadow roots too. */
function find(target) {
  const all = (root) => [...root.querySelectorAll("*")].flatMap((one) => [one, ...(one.shadowRoot ? all(one.shadowRoot) : [])]);
  const shown = (one) => one.checkVisibility({ visibilityProperty: true }) && one.getClientRects().length > 0;
  const words = (text) => (text ?? "").replace(/\s+/g, " ").trim();
  const inside = (one, outer) => {
    for (let at = one; at; at = at.parentNode ?? at.host) if (at === outer) return true;
    return false;
  };
  const matches = (one, { role, name, label, placeholder, testid, css }) => {
    const last = css?.split(" ").at(-1);
    if (role) {
      const is = one.getAttribute("role") ?? { BUTTON: "button" }[one.tagName];
      return is === role && (name === undefined || words(one.getAttribute("aria-label") ?? one.textContent) === name);
    }
    if (label) return words(one.labels?.[0]?.textContent) === label;
    if (placeholder) return one.placeholder === placeholder;
    if (testid) return one.dataset.testid === testid;
    return one.matches(last);
  };
  const { within, text, pattern, css, last, ...rest } = target;
  let found = all(document).filter(shown);
  if (text !== undefined || pattern) {
    const places = found.filter((one) => matches(one, within));
    const fits = (one) => (pattern ? new RegExp(pattern, "i").test(one.textContent) : words(one.textContent) === text);
    found = found.filter((one) => places.some((place) => place !== one && inside(one, place)) && fits(one));
    // The innermost ones.
    found = found.filter((one) => !found.some((other) => other !== one && inside(other, one)));
  } else if (css && Object.keys(rest).length > 0) {
    const places = found.filter((one) => one.matches(css.split(" ").at(-1)));
    found = found.filter((one) => matches(one, rest) && places.some((place) => inside(one, place)));
  } else found = found.filter((one) => matches(one, target));
  return last ? found.slice(-1) : found;
}

const plain = ({ text, ...rest }) => (text instanceof RegExp ? { ...rest, pattern: text.source } : { ...rest, text });

function actor(driver, handle, heard) {
  const found = async (target) => {
    const elements = await driver.executeScript(find, plain(target));
    return elements.length === 1 ? elements[0] : null;
  };
  /** Looks for it until it can be acted on: what covers it or takes its place may be on its way. */
  const act = (target, how) =>
    driver.wait(
      async () => {
        try {
          const element = await found(target);
          if (!element) return false;
          await how(element);
          return true;
        } catch (error) {
          if (/intercepted|stale|not interactable|could not be scrolled/i.test(`${error.name} ${error.message}`)) return false;
          throw error;
        }
      },
      TIMEOUT,
      `no ${JSON.stringify(target)}`,
    );
  const step = (how) => async (...args) => {
    await driver.switchTo().window(handle);
    const options = args.at(-1)?.constructor === Object ? args.at(-1) : {};
    const from = heard.all.length;
    await how(...args);
    if (options.fires) await heard.came(from, options.fires, options.within);
  };
  return {
    open: step((path) => driver.get(new URL(path, base).href)),
    reload: step(() => driver.navigate().refresh()),
    click: step((target) => act(target, (element) => element.click())),
    fill: step((target, text, options) =>
      act(target, async (element) => {
        await element.clear();
        await element.sendKeys(text, ...(options?.press ? [Key[options.press.toUpperCase()]] : []));
      }),
    ),
    press: step((target, key) => act(target, (element) => element.sendKeys(Key[key.toUpperCase()]))),
    select: step((target, label) =>
      act(target, (element) =>
        driver.executeScript(
          (one, text) => {
            one.value = [...one.options].find((option) => option.label === text).value;
            one.dispatchEvent(new Event("input", { bubbles: true }));
            one.dispatchEvent(new Event("change", { bubbles: true }));
          },
          element,
          label,
        ),
      ),
    ),
    scroll: step((target) =>
      target === "bottom"
        ? driver.executeScript("scrollTo(0, document.documentElement.scrollHeight)")
        : act(target, (element) => driver.executeScript("arguments[0].scrollIntoView()", element)),
    ),
    sees: step((target, options) =>
      driver.wait(
        async () => (await driver.executeScript(find, plain(target))).length > 0 === !options?.gone,
        TIMEOUT,
        `${options?.gone ? "still" : "no"} ${JSON.stringify(plain(target))}`,
      ),
    ),
    pause: (time) => driver.sleep(time),
  };
}

const options = new firefox.Options().setBinary(binary).addArguments("-headless").windowSize({ width: 1280, height: 800 });
options.enableBidi();
const driver = await new Builder()
  .forBrowser("firefox")
  .setFirefoxOptions(options)
  .setFirefoxService(new firefox.ServiceBuilder(geckodriver))
  .build();
const done = [];
try {
  let heard = new Heard();
  const bidi = await driver.getBidi();
  await bidi.subscribe("script.message");
  (await bidi.socket).on("message", (data) => {
    const { method, params } = JSON.parse(data.toString());
    if (method === "script.message" && params.channel === "bench") heard.say(JSON.parse(params.data.value));
  });
  await bidi.send({
    method: "script.addPreloadScript",
    params: {
      functionDeclaration: `(channel) => (${listen})((what) => channel(JSON.stringify(what)), true)`,
      arguments: [{ type: "channel", value: { channel: "bench" } }],
    },
  });
  const first = await driver.getWindowHandle();
  const opened = async () => {
    await driver.switchTo().newWindow("window");
    await driver.manage().window().setRect({ width: 1280, height: 800 });
    return driver.getWindowHandle();
  };
  for (const name of Object.keys(journeys)) {
    heard = new Heard();
    const handles = [await opened(), ...(hasAgent(name) ? [await opened()] : [])];
    const [visitor, agent] = handles.map((handle) => actor(driver, handle, heard));
    try {
      await journeys[name]({ visitor, agent, id: `${process.pid}-${name}` });
      await driver.switchTo().window(handles[0]);
      await heard.end(() => driver.executeScript("return window.__ears()"));
    } catch (error) {
      heard.check(false, () => error.message);
    }
    done.push({ name, heard });
    for (const handle of handles) {
      await driver.switchTo().window(handle);
      await driver.manage().deleteAllCookies();
      await driver.executeScript("localStorage.clear()");
      await driver.close();
    }
    await driver.switchTo().window(first);
  }
} finally {
  await driver.quit();
}
conclude(done);
