import { runCommand } from './command';

/** `npm run db:migrate`: brings the database to the newest migration. */
await runCommand(async () => {
  const url = process.env.DATABASE_URL ?? '';
  const { migrate } = await import('@/db/migrate');
  await migrate(url);
  process.stdout.write('the database is up to date\n');
});
