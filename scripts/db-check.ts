import { readMigrations } from '@/db/migration-files';
import { examineMigrations } from '@/db/migration-rules';
import { examineFolder, examineSchema } from './migration-drift';

/**
 * `npm run db:check`: whether the migrations hold to their rules (db/migrations/README.md) and make what `db/schema` says.
 * Needs no database. Exits 1 when something is wrong.
 */
const files = readMigrations();
const lines = [...examineMigrations(files), ...examineFolder(files), ...(await examineSchema(files))];
process.stdout.write(
  lines.length === 0
    ? `${files.length} migrations: all is well\n`
    : `${lines.map((line) => `- ${line}`).join('\n')}\n`,
);
process.exitCode = lines.length === 0 ? 0 : 1;
