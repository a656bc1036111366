#!/usr/bin/env bash
# postgres 3.4.9 (postgres.js): `sql.begin` as the question that fills a connection (100 wait on it, `max_pipeline`, or its
# socket is full) is sent, but never told which connection it has: the transaction cannot be used, it ends with a TypeError
# from inside the driver, and BEGIN stands open in the session of the others.
# Expected: a transaction. Cause: `execute` in connection.js calls `onexecute` last in a chain of `&&`.
# Way round: one pool for transactions that is never shared with single questions, or a patch.
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
let uncaught;
process.on('uncaughtException', (error) => { uncaught = error; });
process.on('unhandledRejection', (error) => { uncaught = error; });
await sql`select ${1}::int as n`;
const asked = Array.from({ length: 100 }, (_, n) => sql`select ${n}::int as n`.execute());
const begun = sql.begin((tx) => tx`select 'mine' as whose`).then(() => 'a transaction', (error) => error);
await Promise.all(asked);
const outcome = await Promise.race([begun, new Promise((after) => setTimeout(after, 1000, 'nothing'))]);
console.log('begin gave:', outcome?.message ?? outcome, '| nobody could catch:', uncaught?.message);
assert.match(String(outcome?.message ?? uncaught?.message), /Cannot (set|read) properties of undefined/);
process.exit(0);
JS
timeout 60 node try.mjs
