// Holds HTML reports to what they promise: valid HTML, nothing serious for assistive technology (axe-core, in a real
// Chromium, light, dark and as wide as a phone), no request to anywhere, nothing on the console, not wider than the
// screen, and readable with every style and picture forbidden.
//
//   node scripts/validate-html.mjs NODE_MODULES REPORT.html...
//
// `make validate` does so, and installs axe-core and html-validate; chromium and chromedriver have to be there.
import { spawn } from "node:child_process";
import { createServer } from "node:http";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [modules, ...files] = process.argv.slice(2);
if (files.length === 0) throw new Error("name the reports: node scripts/validate-html.mjs NODE_MODULES REPORT.html...");
const require = createRequire(join(resolve(modules), "package.json"));
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
let bad = 0;
const tell = (file, what) => {
  bad++;
  console.log(`✘ ${file}: ${what}`);
};

// --- The markup -----------------------------------------------------------------------------------------------------
const { HtmlValidate } = require("html-validate");
const validator = new HtmlValidate({
  extends: ["html-validate:standard", "html-validate:a11y"],
  rules: {
    // Matters of taste and of older browsers.
    "long-title": "off", "no-inline-style": "off", "void-style": "off", "attribute-boolean-style": "off", "no-redundant-role": "off",
    "require-sri": "off", "prefer-native-element": "off", "no-trailing-whitespace": "off",
  },
});
for (const file of files) {
  const report = await validator.validateFile(file);
  for (const { messages } of report.results)
    for (const { severity, line, column, ruleId, message } of messages.slice(0, 20))
      if (severity === 2) tell(file, `${line}:${column} ${message} (${ruleId})`);
}

// --- In a browser ---------------------------------------------------------------------------------------------------
const driver = spawn(process.env.CHATPROOF_CHROMEDRIVER || "chromedriver", ["--port=0"], { stdio: ["ignore", "pipe", "ignore"] });
const port = await new Promise((done, fail) => {
  let said = "";
  driver.on("error", fail);
  driver.stdout.on("data", (text) => {
    const found = (said += text).match(/successfully on port (\d+)/);
    if (found) done(found[1]);
  });
});
const call = async (method, path, body) => {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method, body: body && JSON.stringify(body) });
  const { value } = await answer.json();
  if (value?.error) throw new Error(`${path}: ${value.message}`);
  return value;
};
// What Jenkins sends with a file of its workspace: no style, no picture, no script but its own.
const strict = createServer((request, response) => {
  response.setHeader("Content-Type", "text/html; charset=utf-8");
  response.setHeader("Content-Security-Policy", "sandbox; default-src 'none'; img-src 'self'; style-src 'self'");
  response.end(readFileSync(files[Number(request.url.slice(1))]));
});
await new Promise((done) => strict.listen(0, "127.0.0.1", done));

const { sessionId } = await call("POST", "/session", {
  capabilities: {
    alwaysMatch: {
      browserName: "chrome",
      "goog:loggingPrefs": { browser: "ALL", performance: "ALL" },
      "goog:chromeOptions": { args: ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"] },
    },
  },
});
const session = `/session/${sessionId}`;
const run = (script, ...args) => call("POST", `${session}/execute/sync`, { script, args });
const cdp = (cmd, params) => call("POST", `${session}/goog/cdp/execute`, { cmd, params });
try {
  for (const [index, file] of files.entries()) {
    const url = pathToFileURL(resolve(file)).href;
    for (const [name, width, scheme] of [["light", 1280, "light"], ["dark", 1280, "dark"], ["phone", 390, "light"]]) {
      await cdp("Emulation.setDeviceMetricsOverride", { width, height: 900, deviceScaleFactor: 1, mobile: width < 500 });
      await cdp("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: scheme }] });
      await call("POST", `${session}/url`, { url });
      // All of it, also what is closed at first.
      await run("for (const one of document.querySelectorAll('details')) one.open = true;");
      const wide = await run("return [document.documentElement.scrollWidth, innerWidth]");
      if (wide[0] > wide[1]) tell(file, `${name}: ${wide[0]} pixels wide on a screen of ${wide[1]}`);
      await run(axe);
      await call("POST", `${session}/timeouts`, { script: 120000 });
      const found = await call("POST", `${session}/execute/async`, {
        script: "const done = arguments[0]; axe.run(document, { resultTypes: ['violations'] }).then((r) => done(r.violations.map((v) => ({ id: v.id, impact: v.impact, help: v.help, count: v.nodes.length, nodes: v.nodes.slice(0, 3).map((n) => n.target.join(' ') + '  ' + n.failureSummary.split('\\n').slice(1, 3).join(' ')) }))))",
        args: [],
      });
      for (const { id, impact, help, count, nodes } of found) {
        const serious = impact === "serious" || impact === "critical";
        if (serious) tell(file, `${name}: ${impact}: ${help} (${id}) × ${count}\n    ${nodes.join("\n    ")}`);
        else console.log(`  ${file}: ${name}: ${impact}: ${help} (${id}) × ${count}: ${nodes[0]}`);
      }
    }
    await call("POST", `${session}/url`, { url: `http://127.0.0.1:${strict.address().port}/${index}` });
    const text = await run("return document.body.innerText");
    if (!/conform|judge|Interrupted/.test(text) || !text.includes("Coverage")) tell(file, "can't be read with styles forbidden");
    const log = await call("POST", `${session}/se/log`, { type: "performance" });
    for (const entry of log) {
      const { method, params } = JSON.parse(entry.message).message;
      const to = method === "Network.requestWillBeSent" && params.request.url;
      if (to && !to.startsWith("file:") && !to.startsWith("data:") && !to.startsWith(`http://127.0.0.1:${strict.address().port}/`)) tell(file, `asks for ${to}`);
    }
    for (const { message, source } of await call("POST", `${session}/se/log`, { type: "browser" }))
      if (source !== "security" && !message.includes("favicon") && !message.includes(`127.0.0.1:${strict.address().port}`)) tell(file, `console: ${message}`);
  }
} finally {
  await call("DELETE", session).catch(() => {});
  driver.kill();
  strict.close();
}
if (bad === 0) console.log(`✔ ${files.length === 1 ? "the report is" : `${files.length} reports are`} valid, accessible and self-contained`);
process.exit(bad === 0 ? 0 : 1);
