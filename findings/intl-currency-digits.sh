#!/usr/bin/env bash
# `Intl.NumberFormat` in Node 20.20.2 (ICU 78.2, CLDR 48) gives 0 decimals for currencies whose ISO 4217 minor unit is 2
# (HUF, IDR, COP, PKR, LBP, MGA …) or 3 (IQD). ECMA-402's CurrencyDigits says: the minor unit of ISO 4217. Who divides an
# amount by `10 ** resolvedOptions().maximumFractionDigits` prints 19 900 (199.00 Ft, in fillér) as "HUF 19,900".
# Stripe takes HUF with two decimals (docs.stripe.com/currencies). ISK and UGX are the other way about: 0 in ISO and Intl,
# two decimals at Stripe. Way round: keep a table of exponents and pass `minimumFractionDigits` and `maximumFractionDigits`.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private":true,"type":"module"}' > package.json
npm install --silent --no-audit --no-fund --save-exact currency-codes@2.2.0 cldr-core@48.2.0
cat > try.mjs <<'JS'
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
const iso = require('currency-codes');
const { fractions } = require('cldr-core/supplemental/currencyData.json').supplemental.currencyData;

const digits = (currency) =>
  new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits;
const naive = (amount, currency) =>
  new Intl.NumberFormat('en', { style: 'currency', currency }).format(amount / 10 ** digits(currency));
const money = iso.codes().filter((code) => !code.startsWith('X') || ['XAF', 'XCD', 'XOF', 'XPF'].includes(code));
const fewer = money.filter((code) => digits(code) < iso.code(code).digits).sort();
console.log(process.version, 'ICU', process.versions.icu, 'CLDR', process.versions.cldr);
console.log('fewer decimals than ISO 4217:', fewer.join(' '));
console.log('19900 HUF, counted in hundredths, comes out as', naive(19_900, 'HUF'));
for (const code of ['HUF', 'IDR', 'COP', 'IQD', 'PKR', 'ISK', 'UGX'])
  console.log(code, 'ISO', iso.code(code).digits, 'Intl', digits(code), 'CLDR 48.2', Number(fractions[code]._digits));
assert.deepEqual(['COP', 'HUF', 'IDR', 'IQD', 'PKR'].filter((code) => !fewer.includes(code)), []);
assert.equal(iso.code('HUF').digits, 2);
assert.equal(fractions.HUF._digits, '0');
assert.match(naive(19_900, 'HUF'), /19,900/);
assert.deepEqual([digits('ISK'), digits('UGX'), digits('EUR'), digits('JPY'), digits('KWD')], [0, 0, 2, 0, 3]);
JS
node try.mjs
