import { type MigrationFile, withoutComments } from './migration-files';
import { BUILD, isOlder } from './migration-journal';

/** The first migration that must say in its own file what it locks; those before it are told of in migrations/README.md. */
const FIRST_RULED = 14;

/**
 * Tables that hold what is sold, some hundred rows at most: whatever is done to them is done at once. Every other table is
 * taken to be large.
 */
const SMALL = new Set([
  'platforms',
  'tiers',
  'tier_prices',
  'tier_limits',
  'add_ons',
  'add_on_features',
  'credit_packages',
  'retired_prices',
  'retired_products',
  'settings',
  'seeds',
]);

/** What a statement would hold up on a large table, and what to write instead. */
const hazards: { pattern: RegExp; instead: string }[] = [
  {
    pattern: /^create (?:unique )?index (?!concurrently)(?:if not exists )?\S+ on (?:only )?(\S+)/i,
    instead: 'CREATE INDEX CONCURRENTLY: a plain one keeps writers out while it is built',
  },
  {
    pattern: /^alter table (\S+) add constraint .*\bforeign key\b(?!.*\bnot valid\b)/i,
    instead: 'FOREIGN KEY … NOT VALID, and VALIDATE CONSTRAINT in the next migration',
  },
  {
    pattern: /^alter table (\S+) add constraint .*\bcheck\b(?!.*\bnot valid\b)/i,
    instead: 'CHECK … NOT VALID, and VALIDATE CONSTRAINT in the next migration',
  },
  {
    pattern: /^alter table (\S+) add constraint .*\b(?:unique|primary key)\b(?!.*\busing index\b)/i,
    instead:
      'CREATE UNIQUE INDEX CONCURRENTLY first, then ADD CONSTRAINT … USING INDEX in the next migration',
  },
  {
    pattern: /^alter table (\S+) alter column .*\bset data type\b/i,
    instead: 'a new column that is filled in batches: another type rewrites the table',
  },
  {
    pattern: /^alter table (\S+) alter column \S+ set not null/i,
    instead:
      'CHECK (… IS NOT NULL) NOT VALID, VALIDATE in the next migration, SET NOT NULL in the one after that',
  },
  {
    pattern:
      /^alter table (\S+) add column .*\bdefault (?:gen_random_uuid|random|clock_timestamp|nextval)\b/i,
    instead: 'a column without this default, filled in batches: it would rewrite the table',
  },
];

/** What is wrong with these migrations, a line each; empty when all is well. */
export function examineMigrations(files: MigrationFile[]): string[] {
  const lines: string[] = [];
  for (const [position, file] of files.entries()) {
    const tell = (line: string) => lines.push(`${file.name}: ${line}`);
    const before = files[position - 1];
    if (before && before.at >= file.at) tell(`its moment in the journal is not after that of ${before.name}`);
    if (!file.name.startsWith(String(position).padStart(4, '0'))) tell(`it is not number ${position}`);
    if (position < FIRST_RULED) continue;
    if (!file.locks) tell('the header says no `-- locks: …`');
    if (!file.tried) tell('the header says no `-- tried: …`');
    if (file.contract && !/^\d+\.\d+\.\d+$/.test(file.contract))
      tell(`\`-- contract: ${file.contract}\` is no version`);
    else if (file.contract && isOlder(BUILD, file.contract)) tell(`it bars this very build (${BUILD})`);
    for (const line of examineStatements(file)) tell(line);
  }
  return lines;
}

function examineStatements(file: MigrationFile): string[] {
  const statements = file.atOnce.map(withoutComments);
  const made = statements.flatMap((text) => plain(/^create table (?:if not exists )?(\S+)/i.exec(text)?.[1]));
  const isLarge = (table: string) => !made.includes(table) && !SMALL.has(table);
  const lines: string[] = [];
  for (const text of statements) {
    for (const { pattern, instead } of hazards) {
      const [table] = plain(pattern.exec(text)?.[1]);
      if (table && isLarge(table))
        lines.push(`"${text.slice(0, 80)}" on ${table}, which may be large. Write: ${instead}`);
    }
    if (
      /^drop (?:table|column|view|type)|^alter table .* (?:drop column|rename)\b/i.test(text) &&
      !file.contract
    )
      lines.push(
        `"${text.slice(0, 80)}" takes away what an older build may use. Say for whom: -- contract: VERSION`,
      );
  }
  const altered = statements.flatMap((text) => plain(/^alter table (?:only )?(\S+)/i.exec(text)?.[1]));
  const filled = statements.flatMap((text) =>
    plain(/^(?:update|delete from) (?:only )?(\S+)/i.exec(text)?.[1]),
  );
  for (const table of new Set(filled.filter(isLarge)))
    if (altered.length > 0)
      lines.push(
        `it alters a table and changes rows of ${table}: two migrations, so that nobody waits for the rows`,
      );
  for (const text of statements)
    if (/\bconcurrently\b/i.test(text))
      lines.push(`"${text.slice(0, 80)}": of CONCURRENTLY only CREATE INDEX and DROP INDEX are known here`);
  if (
    file.atOnce.some((text) => /validate constraint/i.test(text)) &&
    statements.length > 1 &&
    altered.length > 1
  )
    lines.push('VALIDATE CONSTRAINT belongs into a migration of its own');
  return lines;
}

const plain = (name: string | undefined): string[] =>
  name
    ? [
        name
          .replaceAll('"', '')
          .replace(/^public\./, '')
          .replace(/[(;].*$/, ''),
      ]
    : [];
