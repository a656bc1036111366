import { type Holder, type MigrationNews, migrate, requireMigrated } from '@/db/migrate';
import { directUrl, env } from '@/lib/env';

/** One line for whoever watches a migration. */
export function tellMigration(news: MigrationNews): string {
  if (news.kind === 'applied') return `migration ${news.migration}: applied in ${news.ms} ms`;
  if (news.kind === 'waiting')
    return `waiting for another migration${news.holder ? `: ${tellHolder(news.holder)}` : ''}`;
  const who = news.holders.map(tellHolder).join('; ');
  return `migration ${news.migration}: a table it changes is in use (try ${news.attempt})${who ? `: ${who}` : ''}`;
}

const tellHolder = ({ pid, application, seconds }: Holder): string =>
  `session ${pid} (${application || 'no name'}), for ${seconds} s`;

/** Tells it on stderr. */
export const printMigration = (news: MigrationNews): void =>
  void process.stderr.write(`${tellMigration(news)}\n`);

/** What a process does before it serves: migrates, or with `MIGRATE=0` demands that it was done. */
export const migrateAtStart = (): Promise<void> =>
  env().MIGRATE === '0' ? requireMigrated(directUrl()) : migrate(directUrl(), { tell: printMigration });
