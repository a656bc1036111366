import { DomainError } from './errors';

/** 413: a body is larger than the route reads. */
export class BodyTooLarge extends DomainError {
  constructor(limit: number) {
    super('too_large', 'payload_too_large', { limit });
  }
}

/** Refuses by what a request says of itself, before anything of its body is read. @throws BodyTooLarge */
export function requireSmall(request: Request, limit: number): void {
  if (Number(request.headers.get('content-length') ?? 0) > limit) throw new BodyTooLarge(limit);
}

/** The raw body as text, read no further than its limit: anybody may knock here. @throws BodyTooLarge */
export async function readBody(request: Request, limit: number): Promise<string> {
  requireSmall(request, limit);
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of request.body ?? []) {
    size += part.byteLength;
    if (size > limit) throw new BodyTooLarge(limit);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}
