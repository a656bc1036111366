#!/usr/bin/env bash
# postgres 3.4.9 (postgres.js): of several hosts, `target_session_attrs=read-write` is content with a hot standby. It looks at
# `default_transaction_read_only` alone, which a standby reports as "off"; PostgreSQL 14 and newer report `in_hot_standby` for this.
# Expected, as libpq documents it: "the server must not be in hot standby mode and default_transaction_read_only must be off".
# Every write then fails until the order of the hosts changes. Way round: `primary`, which looks at `in_hot_standby`.
# Two servers that speak just enough of the protocol stand in for a standby and its primary.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private":true,"type":"module"}' > package.json
npm install --silent --no-audit --no-fund --save-exact postgres@3.4.9
cat > try.mjs <<'JS'
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import postgres from 'postgres';

const message = (type, body) => {
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length + 4);
  return Buffer.concat([Buffer.from(type), length, body]);
};
const status = (name, value) => message('S', Buffer.from(`${name}\0${value}\0`));
const ready = message('Z', Buffer.from('I'));
const row = (text) => Buffer.concat([
  message('T', Buffer.concat([Buffer.from([0, 1]), Buffer.from('name\0'), Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 25, 255, 255, 255, 255, 255, 255, 0, 0])])),
  message('D', Buffer.concat([Buffer.from([0, 1, 0, 0, 0, text.length]), Buffer.from(text)])),
  message('C', Buffer.from('SELECT 1\0')),
]);
const serve = async (name, standby) => {
  const server = createServer((socket) => {
    let greeted = false;
    socket.on('error', () => {}).on('data', (data) => {
      if (greeted) return data[0] === 81 ? socket.write(Buffer.concat([row(name), ready])) : socket.end();
      greeted = true;
      socket.write(Buffer.concat([message('R', Buffer.alloc(4)), status('in_hot_standby', standby ? 'on' : 'off'),
        status('default_transaction_read_only', 'off'), message('K', Buffer.alloc(8)), ready]));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server.address().port;
};
const ports = [await serve('standby', true), await serve('primary', false)];
const reached = async (wanted) => {
  const hosts = ports.map((port) => `127.0.0.1:${port}`).join(',');
  const sql = postgres(`postgres://u:p@${hosts}/db?target_session_attrs=${wanted}`, { max: 1, fetch_types: false });
  const [answer] = await sql.unsafe('select name');
  await sql.end({ timeout: 1 });
  return answer.name;
};
const found = { 'read-write': await reached('read-write'), primary: await reached('primary') };
console.log(found);
assert.deepEqual(found, { 'read-write': 'standby', primary: 'primary' });
process.exit(0);
JS
timeout 60 node try.mjs
