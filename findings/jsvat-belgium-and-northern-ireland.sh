#!/usr/bin/env bash
# jsvat 2.5.4 refuses every Belgian VAT number that begins with 1, which Belgium has given out
# since 2023, and knows no XI (Northern Ireland, which trades goods as part of the EU and is in VIES). Its check digits
# would fit: BE numbers end in 97 - (first eight digits mod 97). The fork jsvat-next 3.0.4 takes both.
# The numbers are made up; XI980780684 is the GB example of several libraries.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private":true,"type":"module"}' > package.json
npm install --silent --no-audit --no-fund --save-exact jsvat@2.5.4 jsvat-next@3.0.4
cat > try.mjs <<'JS'
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
const all = (library) => Object.values(library).filter((one) => one?.codes && one?.rules);
const check = (library, number) => library.checkVAT(number, all(library)).isValid;
const [old, fork] = [require('jsvat'), require('jsvat-next')];

const belgian = (first) => [...Array(200).keys()].map((i) => {
  const eight = String(first * 10_000_000 + i * 9973).padStart(8, '0');
  return `BE${eight}${String(97 - (Number(eight) % 97)).padStart(2, '0')}`;
});
const share = (library, numbers) => numbers.filter((number) => check(library, number)).length / numbers.length;
const ones = belgian(1);
console.log('BE1…', ones[0], { jsvat: share(old, ones), 'jsvat-next': share(fork, ones) });
console.log('BE0428759497', { jsvat: check(old, 'BE0428759497'), 'jsvat-next': check(fork, 'BE0428759497') });
console.log('XI980780684', { jsvat: check(old, 'XI980780684'), 'jsvat-next': check(fork, 'XI980780684') });
assert.deepEqual([share(old, ones), share(fork, ones)], [0, 1]);
assert.deepEqual([check(old, 'BE0428759497'), check(fork, 'BE0428759497')], [true, true]);
assert.deepEqual([check(old, 'XI980780684'), check(fork, 'XI980780684')], [false, true]);
assert.equal(old.checkVAT('XI980780684', all(old)).isSupportedCountry, false);
JS
node try.mjs
