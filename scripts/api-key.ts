import { parseArgs } from 'node:util';
import { createDb } from '@/db/client';
import { Misuse, runCommand } from './command';
import { loadInstallation } from './installation';

const roles = ['admin', 'support', 'usage'] as const;

/** `npm run -s api-key -- --name ci --role admin`: makes a key and prints it, and nothing else, this once. */
await runCommand(async () => {
  const { values } = parseArgs({
    options: {
      name: { type: 'string' },
      role: { type: 'string', default: 'usage' },
      merchant: { type: 'string' },
    },
  });
  const role = roles.find((known) => known === values.role);
  if (!values.name) throw new Misuse('Name the key: npm run -s api-key -- --name ci --role admin');
  if (!role) throw new Misuse(`--role is one of ${roles.join(', ')}`);
  loadInstallation();
  const { createApiKey } = await import('@/lib/tenancy/api-keys');
  const { db } = createDb(process.env.DATABASE_URL ?? '', { max: 1 });
  const { key } = await createApiKey(db, {
    name: values.name,
    role,
    merchantId: values.merchant ?? null,
  });
  process.stdout.write(`${key}\n`);
});
