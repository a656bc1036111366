import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { createDb } from '@/db/client';
import { Misuse, runCommand } from './command';
import { loadInstallation } from './installation';

/** `npm run create-admin -- --email x [--name y] [--password z]`: the first person of a new installation. */
await runCommand(async () => {
  const { values } = parseArgs({
    options: { email: { type: 'string' }, name: { type: 'string' }, password: { type: 'string' } },
  });
  const { email } = values;
  if (!email?.includes('@')) throw new Misuse('Say who: npm run create-admin -- --email you@example.com');
  loadInstallation();
  const password = values.password ?? randomBytes(15).toString('base64url');
  const { createAdmin } = await import('@/lib/tenancy/people');
  const { db } = createDb(process.env.DATABASE_URL ?? '', { max: 1 });
  await createAdmin(db, { email, name: values.name ?? email.split('@')[0] ?? email, password });
  process.stdout.write(`${email} is an admin now.\n`);
  if (!values.password) process.stdout.write(`Password, shown this once: ${password}\n`);
});
