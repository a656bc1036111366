/**
 * Ids that look like Stripe's and come out the same for the same sequence of requests after a reset: each prefix has
 * its own counter in the store, the rest is a hash of it.
 */
import { createHash } from 'node:crypto';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const LENGTHS: Record<string, number> = { cus: 14, prod: 14, si: 14, bpc: 24, di: 24, whsec: 32 };

export class Ids {
  constructor(private readonly next: (prefix: string) => number) {}

  make(prefix: string): string {
    const length = LENGTHS[prefix] ?? 24;
    const text = scramble(`tierline:${prefix}:${this.next(prefix)}`, length);
    return `${prefix}_${length === 24 && prefix !== 'bpc' && prefix !== 'di' ? `1T${text.slice(2)}` : text}`;
  }

  /** A checkout session's id is long and says its mode. */
  session(): string {
    return `cs_test_a1${scramble(`tierline:cs:${this.next('cs')}`, 56)}`;
  }

  secret(of: string): string {
    return `${of}_secret_${scramble(`secret:${of}`, 25)}`;
  }

  code(prefix: string, length: number): string {
    return scramble(`tierline:${prefix}:${this.next(prefix)}`, length).toUpperCase();
  }
}

export function scramble(text: string, length: number): string {
  let out = '';
  for (let round = 0; out.length < length; round += 1) {
    for (const byte of createHash('sha256').update(`${round}:${text}`).digest()) {
      if (byte < 248) out += ALPHABET[byte % 62];
    }
  }
  return out.slice(0, length);
}
