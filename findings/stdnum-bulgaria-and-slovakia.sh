#!/usr/bin/env bash
# stdnum 1.12.0 (the JavaScript one), three slips beside python-stdnum, of which it is a port:
# 1. Bulgaria, 9 digits: refused when they begin with 4 to 8, though many older companies begin with 8 (BG831902088, a
#    listed company; the check digit is right).
# 2. Bulgaria, 10 digits: the last rule is turned round (`!==`): a wrong check digit makes a number valid, the right one not.
# 3. Slovakia: the rule "the third digit is 2, 3, 4, 7, 8 or 9" is applied to the first digit.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private":true,"type":"module"}' > package.json
npm install --silent --no-audit --no-fund --save-exact stdnum@1.12.0
cat > try.mjs <<'JS'
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
const { stdnum } = createRequire(import.meta.url)('stdnum');
const bg = (number) => stdnum.BG.vat.validate(number).isValid;
const sk = (number) => stdnum.SK.dph.validate(number).isValid;

// The 9-digit rule: weights 1 to 8, modulo 11 (and 3 to 10 where that gives 10).
const sum = (digits, from) => [...digits].reduce((all, digit, i) => all + Number(digit) * (from + i), 0) % 11;
const check = (eight) => (sum(eight, 1) === 10 ? sum(eight, 3) % 10 : sum(eight, 1));
const company = '831902088';
assert.equal(check(company.slice(0, 8)), Number(company.at(-1)));
const byFirst = Object.fromEntries([...'0123456789'].map((first) => {
  const numbers = [...Array(50).keys()].map((i) => `${first}${String(1_234_567 + i * 7919).slice(0, 7)}`);
  return [first, numbers.filter((eight) => bg(`${eight}${check(eight)}`)).length];
}));
console.log('BG, 9 digits, taken of 50 right ones by first digit:', byFirst);

// The 10-digit rule of last resort: weights 4 3 2 7 6 5 4 3 2, 11 minus the sum modulo 11. 02 99 … is no birth date.
const weights = [4, 3, 2, 7, 6, 5, 4, 3, 2];
const nine = '029912345';
const last = (11 - ([...nine].reduce((all, digit, i) => all + Number(digit) * weights[i], 0) % 11)) % 10;
const taken = [...'0123456789'].filter((digit) => bg(nine + digit));
console.log('BG, 10 digits:', `${nine}?`, 'right last digit', last, 'taken', taken.join(' '));

// Slovakia: divisible by 11. The third digit may be 2 in the first of these and may not be 1 in the second.
const [good, bad] = ['1020000003', '2010000005'].map((stem) => {
  let number = Number(stem);
  while (number % 11 !== 0) number++;
  return String(number);
});
console.log('SK', good, sk(good), '·', bad, sk(bad));
assert.equal(bg(company), false);
assert.deepEqual(Object.values(byFirst), [50, 50, 50, 50, 0, 0, 0, 0, 0, 50]);
assert.equal(taken.includes(String(last)), false);
assert.ok(taken.length >= 8);
assert.deepEqual([sk(good), sk(bad)], [false, true]);
JS
node try.mjs
