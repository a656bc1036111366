#!/usr/bin/env bash
# drizzle-orm 0.45.4 + drizzle-kit 0.31.11: an index on `column.desc()` is generated as `DESC NULLS LAST`, while
# PostgreSQL's `DESC` and drizzle's own `desc(column)` in `orderBy` mean NULLS FIRST. The index then cannot serve the very
# query it is written for: the plan sorts the whole table, on a NOT NULL column too. Way round: `.desc().nullsFirst()`.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private":true,"type":"module"}' > package.json
npm install --silent --no-audit --no-fund --save-exact drizzle-orm@0.45.4 drizzle-kit@0.31.11 @electric-sql/pglite@0.3.8
cat > schema.ts <<'TS'
import { index, integer, pgTable, timestamp } from 'drizzle-orm/pg-core';
export const events = pgTable('events', { id: integer().primaryKey(), at: timestamp().notNull() }, (t) => [
  index('newest').on(t.at.desc()),
]);
TS
npx --no-install drizzle-kit generate --dialect postgresql --schema schema.ts --out out > kit.log 2>&1 || { cat kit.log; exit 1; }
cat > try.mjs <<'JS'
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { PGlite } from '@electric-sql/pglite';
import { desc } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/pglite';
import { pgTable, timestamp } from 'drizzle-orm/pg-core';

const migration = readFileSync(`out/${readdirSync('out').find((name) => name.endsWith('.sql'))}`, 'utf8');
const index = migration.split('\n').find((line) => line.startsWith('CREATE INDEX'));
const events = pgTable('events', { at: timestamp() });
const client = new PGlite();
await client.exec(migration.replaceAll('--> statement-breakpoint', ''));
await client.exec(`insert into events select i, timestamp '2026-01-01' + i * interval '1 minute' from generate_series(1, 20000) i; analyze events`);
const query = drizzle(client).select().from(events).orderBy(desc(events.at)).limit(5).toSQL();
const plan = async () =>
  (await client.query(`explain ${query.sql}`, query.params)).rows.map((row) => row['QUERY PLAN']).join('\n');
const before = await plan();
await client.exec('drop index newest; create index newest on events (at desc)');
const after = await plan();
console.log(index, '\n', query.sql, '\n', before, '\nwith a plain DESC index:\n', after);
assert.match(index, /"at" DESC NULLS LAST/);
assert.match(before, /Sort Key: at DESC/);

assert.match(after, /Index (Only )?Scan/);
assert.doesNotMatch(after, /Sort/);
await client.close();
JS
node try.mjs
