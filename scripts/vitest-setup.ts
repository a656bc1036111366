import postgres from 'postgres';
import type { TestProject } from 'vitest/node';
import { migrate } from '@/db/migrate';
import { startPostgres } from './postgres';
import { makeTemporaryDataDir } from './temporary';

declare module 'vitest' {
  interface ProvidedContext {
    /** The migrated database, on the throwaway server, that test files clone. Nobody may stay connected to it. */
    templateUrl: string;
  }
}

const TEMPLATE = 'template_migrated';

/** Once per vitest run: a throwaway PostgreSQL with one migrated database, which every test file clones. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dataDir = await makeTemporaryDataDir('vitest', { guarded: true });
  const server = await startPostgres({ dataDir: dataDir.path, settings: 'throwaway' });
  const sql = postgres(server.url, { max: 1 });
  await sql`create database ${sql(TEMPLATE)}`;
  await sql.end();
  const templateUrl = server.url.replace(/[^/]+$/, TEMPLATE);
  await migrate(templateUrl);
  project.provide('templateUrl', templateUrl);
  return async () => {
    await server.stop();
    dataDir.remove();
  };
}
