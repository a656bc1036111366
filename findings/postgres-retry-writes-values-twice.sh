#!/usr/bin/env bash
# postgres 3.4.9 (postgres.js): when the server no longer knows a prepared statement (`deallocate all`, `discard all`, another
# session behind a pooler), the driver asks again by itself, with the values that the first try has already made text:
# they are made text once more. A JSON document is stored as a JSON string, bytes as the text of their hexadecimal form.
# Nothing fails, nothing is reported. Expected: the same row as the first time (the retry is meant to be unseen).
# Cause: `Bind` replaces `parameters[i]` in place and `retry` keeps `q.parameters`. Way round: forget them before the retry.
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
await sql`create table kept (document jsonb, bytes bytea)`;
const write = async () => (await sql`
  insert into kept values (${sql.json({ paid: true })}, ${Buffer.from('hi')})
  returning jsonb_typeof(document) as type, document::text as document, encode(bytes, 'escape') as bytes`)[0];
const first = await write();
await sql.unsafe('deallocate all');
const second = await write();
console.log('first time  ', first, '\nasked again ', second);
assert.deepEqual({ ...first }, { type: 'object', document: '{"paid": true}', bytes: 'hi' });
assert.deepEqual({ ...second }, { type: 'string', document: '"{\\"paid\\":true}"', bytes: '\\\\x6869' });
await sql.end();
await server.stop();
await db.close();
JS
node try.mjs
