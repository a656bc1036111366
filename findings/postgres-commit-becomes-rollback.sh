#!/usr/bin/env bash
# postgres 3.4.9 (postgres.js): `sql.begin` sends its COMMIT as a prepared statement. When the server no longer knows that
# statement (another session behind a pooler in transaction mode, `deallocate all`, `discard all`), the first try fails and
# aborts the transaction; the driver prepares COMMIT anew and asks again, PostgreSQL answers ROLLBACK (COMMIT of an aborted
# transaction is allowed and is no error), and `begin` resolves: the caller believes that its rows are written.
# Expected: the rows, or an error. Cause: no retry may follow inside a transaction, and the answer's command is not looked at.
# Way round: `prepare: false`; or a patch that sends COMMIT unprepared and refuses the answer ROLLBACK.
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
await sql`create table orders (id int)`;
const order = (id, disturb) => sql.begin(async (tx) => {
  await tx.unsafe(`insert into orders values (${id})`);
  if (disturb) await tx.unsafe('deallocate all');
  return `order ${id} is taken`;
});
console.log(await order(1, false));
const told = await order(2, true);
console.log(told);
const kept = (await sql.unsafe('select id from orders order by id')).map(({ id }) => id);
console.log('orders that are there:', kept);
assert.equal(told, 'order 2 is taken');
assert.deepEqual(kept, [1]);
await sql.end();
await server.stop();
await db.close();
JS
node try.mjs
