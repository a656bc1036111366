import { hash, verify } from '@node-rs/argon2';

/** argon2id with OWASP's second recommended setting: 19 MiB, 2 passes, 1 lane. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** The least a password needs. */
export const PASSWORD_MIN = 10;

/** Hashes a password for keeping. */
export function hashPassword(password: string): Promise<string> {
  return hash(password, cost);
}

/** Never true for a person without a password, but takes as long: the answer's time tells nothing about who exists. */
export async function verifyPassword(kept: string | null | undefined, password: string): Promise<boolean> {
  decoy ??= hashPassword('nobody has this password');
  const matches = await verify(kept ?? (await decoy), password);
  return matches && Boolean(kept);
}

let decoy: Promise<string> | undefined;
