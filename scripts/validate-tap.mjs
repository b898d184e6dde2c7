// Reads a report with node-tap's parser of TAP 14.
//
// Usage: validate-tap.mjs NODE_MODULES REPORT.tap
//
// Ends with 1 if the parser finds anything that is no TAP, if a plan isn't kept, or if a diagnostic is no YAML. That
// test points fail is what they are there for.

import { readFileSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { createRequire } from 'node:module'

const [modules, file] = process.argv.slice(2)
const { Parser } = createRequire(resolve(modules, 'x.js'))('tap-parser')

const problems = []
const counts = { points: 0, fail: 0, todo: 0, skip: 0, diagnostics: 0 }

function listen(parser, depth) {
  parser.on('version', (version) => {
    if (String(version) !== '14') problems.push(`version ${version}`)
  })
  parser.on('assert', (point) => {
    counts.points += 1
    counts.fail += !point.ok && !point.todo
    counts.todo += Boolean(point.todo)
    counts.skip += Boolean(point.skip)
    counts.diagnostics += Boolean(point.diag)
    const bad = point.tapError ?? point.diag?.tapError
    if (bad) problems.push(`${point.name}: ${bad}`)
    if (!point.ok && depth > 0 && !point.diag) problems.push(`${point.name}: fails without a diagnostic`)
  })
  parser.on('extra', (line) => problems.push(`no TAP: ${JSON.stringify(line.slice(0, 200))}`))
  parser.on('child', (child) => listen(child, depth + 1))
  parser.on('complete', (results) => {
    for (const failure of results.failures) if (failure.tapError) problems.push(failure.tapError)
  })
}

const parser = new Parser({ strict: true })
listen(parser, 0)
parser.end(readFileSync(file))

const said = Object.entries(counts).map(([name, number]) => `${number} ${name}`).join(', ')
console.log(`${problems.length ? '✘' : '✔'} ${basename(file).padEnd(16)} node-tap's parser of TAP 14: ${said}`)
for (const problem of problems.slice(0, 10)) console.log(`    ${problem}`)
process.exitCode = problems.length || !counts.points ? 1 : 0
