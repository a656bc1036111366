import { runCommand } from './command';
import { loadInstallation } from './installation';

/** `npm run db:migrate`: brings the database to the newest migration, around a pooler by `DATABASE_DIRECT_URL`. */
await runCommand(async () => {
  loadInstallation();
  const url = process.env.DATABASE_DIRECT_URL || process.env.DATABASE_URL || '';
  const { migrate } = await import('@/db/migrate');
  const { printMigration } = await import('./migration-words');
  await migrate(url, { tell: printMigration });
  process.stdout.write('the database is up to date\n');
});
