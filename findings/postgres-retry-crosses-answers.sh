#!/usr/bin/env bash
# postgres 3.4.9 (postgres.js): when the server no longer knows a prepared statement (`deallocate all`, another session behind a
# pooler), the driver prepares it anew and asks again. It does so while the connection goes on taking questions: what is
# written between its Parse and its Bind is answered first, and handed to the question that waits. One caller gets another
# caller's rows, without an error; with several prepared questions under way the connection waits for ever instead.
# Expected: each question its own answer. Cause: `retry` in connection.js ignores that `execute` says "full" after a describe.
# Way round: `max_pipeline: 0` together with begin's own flaw (postgres-begin-without-connection.sh), `prepare: false`, a patch.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private":true,"type":"module"}' > package.json
npm install --silent --no-audit --no-fund --save-exact postgres@3.4.9 @electric-sql/pglite@0.3.8 @electric-sql/pglite-socket@0.0.13
cat > try.mjs <<'JS'
import assert from 'node:assert/strict';
import { PGlite } from '@electric-sql/pglite';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';
import postgres from 'postgres';

const db = await PGlite.create();
const server = new PGLiteSocketServer({ db, port: 0, host: '127.0.0.1' });
let port = 0;
server.addEventListener('listening', (event) => { port = event.detail.port; });
await server.start();
const sql = postgres({ host: '127.0.0.1', port, user: 'postgres', database: 'postgres', max: 1, fetch_types: false, onnotice() {} });
const mine = () => sql`select ${'mine'}::text as answer`;
const theirs = () => sql.unsafe(`select 'theirs' as answer`);
await mine();
await sql.unsafe('deallocate all');
let done = false;
const asked = mine().then(([row]) => row.answer).finally(() => { done = true; });
const others = [];
for (let turn = 0; turn < 500 && !done; turn++) {
  others.push(theirs().then(([row]) => row?.answer));
  await new Promise((next) => setImmediate(next));
}
const answer = await asked;
console.log('asked for mine, got:', answer);
assert.equal(answer, 'theirs');
process.exit(0);
JS
timeout 60 node try.mjs
