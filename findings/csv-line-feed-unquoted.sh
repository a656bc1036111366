#!/usr/bin/env bash
# csv-stringify 6.9.0 with `record_delimiter: 'windows'` (CRLF, as RFC 4180 and spreadsheets want) leaves a cell with a
# lone line feed or carriage return unquoted: it looks for its own delimiter only. Readers then see one row more, and the
# cell is torn. With the default delimiter the same cell is quoted.
# Expected: quoted, as RFC 4180 section 2.6 says of fields with line breaks. Way round: `quoted_match: /[\r\n]/`.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private":true,"type":"module"}' > package.json
npm install --silent --no-audit --no-fund --save-exact csv-stringify@6.9.0 papaparse@5.7.1
cat > try.mjs <<'JS'
import assert from 'node:assert/strict';
import { stringify } from 'csv-stringify/sync';
import papa from 'papaparse';

const rows = [['note', 'amount'], ['paid in two parts\nsee ledger', '1200']];
const windows = stringify(rows, { record_delimiter: 'windows' });
const unix = stringify(rows);
const mended = stringify(rows, { record_delimiter: 'windows', quoted_match: /[\r\n]/ });
const read = papa.parse(windows, { skipEmptyLines: true, newline: '\n' }).data;
console.log({ windows, unix, mended, rowsWritten: rows.length, rowsReadByPapaParse: read.length });
assert.equal(windows, 'note,amount\r\npaid in two parts\nsee ledger,1200\r\n');
assert.equal(unix, 'note,amount\n"paid in two parts\nsee ledger",1200\n');
assert.equal(mended, 'note,amount\r\n"paid in two parts\nsee ledger",1200\r\n');
assert.equal(read.length, 3);
JS
node try.mjs
