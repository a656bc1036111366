import { migrate } from '@/db/migrate';

/** A migrator in a process of its own, to be killed: `url folder`. Says when it begins. */
const [url = '', folder = ''] = process.argv.slice(2);
process.stdout.write('begins\n');
await migrate(url, { folder });
