#!/usr/bin/env bash
# A list in Luxembourgish comes out of `Intl.ListFormat('lb')` as "Basic, Pro a(n) Scale": CLDR 48.2 has "{0} a(n) {1}"
# as the pattern, the brackets included (the rule of the dropped n, "an" before some letters and "a" before others,
# written down as if it were text). The list with "or" is not translated at all. Seen by whoever joins names by
# next-intl's `format.list` or by Intl itself. Expected: "Basic, Pro a Scale". Way round: join such lists by hand.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private":true,"type":"module"}' > package.json
npm install --silent --no-audit --no-fund --save-exact cldr-misc-full@48.2.0
cat > try.mjs <<'JS'
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
const patterns = require('cldr-misc-full/main/lb/listPatterns.json').main.lb.listPatterns;

const plans = ['Basic', 'Pro', 'Scale'];
const list = new Intl.ListFormat('lb', { type: 'conjunction' });
const either = new Intl.ListFormat('lb', { type: 'disjunction' });
console.log(process.version, 'ICU', process.versions.icu, 'CLDR', process.versions.cldr);
console.log('used:', list.resolvedOptions().locale);
console.log(list.format(plans), '|', either.format(plans.slice(0, 2)), '|', patterns['listPattern-type-standard'].end);
assert.equal(list.resolvedOptions().locale, 'lb');
assert.equal(list.format(plans), 'Basic, Pro a(n) Scale');
assert.equal(either.format(plans.slice(0, 2)), 'Basic or Pro');
assert.equal(patterns['listPattern-type-standard'].end, '{0} a(n) {1}');
JS
node try.mjs
