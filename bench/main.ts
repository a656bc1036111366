import { parseArgs } from 'node:util';
import { Misuse, runCommand } from '@/scripts/command';
import { startPostgres } from '@/scripts/postgres';
import { makeTemporaryDataDir } from '@/scripts/temporary';
import { consumeFlatRow, consumeHotRow, consumeRow, liftLimits } from './consume';
import { makeBenchDb } from './data';
import { type Row, toTable, writeRows } from './row';

const local = ['consume', 'consume_hot', 'consume_flat'];
const http = ['webhook', 'entitlements', 'billing_page', 'memory_mb'];
const scale = [
  'scale_consume',
  'scale_webhook',
  'scale_entitlements',
  'scale_billing_page',
  'scale_admin_list',
  'stats',
  'jobs_trials',
];
/** Rows beside another commit: only with `--against`. */
const against = ['compare'];

/**
 * `npm run bench [-- scale] [-- --only NAME,…] [-- --largest 100000] [-- --against COMMIT]`: what things cost, each beside
 * its baseline.
 */
await runCommand(async () => {
  const { values, positionals } = parseArgs({
    options: {
      only: { type: 'string' },
      largest: { type: 'string', default: '1000000' },
      against: { type: 'string' },
    },
    allowPositionals: true,
  });
  const withScale = positionals.includes('scale');
  const all = [...local, ...http, ...(withScale ? scale : []), ...(values.against ? against : [])];
  const only = values.only?.split(',');
  const known = [...local, ...http, ...scale, ...against];
  const odd = only?.find((name) => !known.includes(name));
  if (odd !== undefined) throw new Misuse(`There is no row named ${odd}. Rows: ${known.join(', ')}`);
  const wanted = new Set(only ?? all);
  const wants = (names: string[]) => names.some((name) => wanted.has(name));
  if (wants(against) && !values.against)
    throw new Misuse(`${against.join(', ')}: say --against COMMIT, another build to measure beside.`);
  const largest = Number(values.largest);
  if (!Number.isInteger(largest) || largest < 20_000) throw new Misuse('--largest is a number from 20000');

  const dataDir = await makeTemporaryDataDir('bench', { guarded: true });
  const server = await startPostgres({ dataDir: dataDir.path, settings: 'throwaway' });
  const rows: Row[] = [];
  const add = (row: Row) => {
    rows.push(row);
    tell(`${row.name}: ${row.value} ${row.unit}${row.ratio === null ? '' : `, ratio ${row.ratio}`}`);
  };
  try {
    if (wants([...local, ...http])) {
      tell('making 20,000 merchants');
      const bench = await makeBenchDb(server.url, 'bench', 20_000);
      await liftLimits(bench);
      if (wanted.has('consume')) add(await consumeRow(bench));
      if (wanted.has('consume_hot')) add(await consumeHotRow(bench));
      if (wants(http)) {
        const { measureHttp } = await import('./http');
        await measureHttp(bench, dataDir.path, wanted, { add, tell });
      }
      // Last: a million products would stand in the way of the others.
      if (wanted.has('consume_flat')) add(await consumeFlatRow(bench));
      await bench.close();
    }
    if (wants(scale)) {
      const { measureScale } = await import('./scale');
      await measureScale(server.url, largest, wanted, { add, tell });
    }
    if (values.against && wanted.has('compare')) {
      const { measureCompare } = await import('./compare');
      await measureCompare(server.url, dataDir.path, values.against, { add, tell });
    }
  } finally {
    await server.stop();
    dataDir.remove();
  }
  if (!values.only) writeRows(rows);
  process.stdout.write(`\n${toTable(rows)}\n`);
});

function tell(line: string): void {
  process.stderr.write(`${new Date().toISOString().slice(11, 19)}  ${line}\n`);
}
