import { runCommand } from './command';
import { loadInstallation } from './installation';

/** `npm run db:migrate`: brings the database to the newest migration. */
await runCommand(async () => {
  loadInstallation();
  const url = process.env.DATABASE_URL ?? '';
  const { migrate } = await import('@/db/migrate');
  await migrate(url);
  process.stdout.write('the database is up to date\n');
});
