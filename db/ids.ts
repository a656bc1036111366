import { randomBytes } from 'node:crypto';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/**
 * An opaque id such as `mer_01k…`: 9 characters of time, so that new rows land at the end of the index, and 12
 * random ones (60 bits). Ids are for machines; nothing may be read out of one.
 */
export function newId(prefix: string): string {
  let time = Date.now();
  let head = '';
  for (let i = 0; i < 9; i++) {
    head = ALPHABET[time % 32] + head;
    time = Math.floor(time / 32);
  }
  const tail = Array.from(randomBytes(12), (byte) => ALPHABET[byte % 32]).join('');
  return `${prefix}_${head}${tail}`;
}
