/** `t=<real seconds>,v1=<hmac>`: signatures use real time although `created` is clock time (stripe.md 40). */
import { createHmac } from 'node:crypto';

export function signature(secret: string, body: string): string {
  const at = Math.floor(Date.now() / 1000);
  return `t=${at},v1=${createHmac('sha256', secret).update(`${at}.${body}`).digest('hex')}`;
}
