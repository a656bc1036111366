import pino from 'pino';

/** Structured logs on stdout; secrets and cards never reach them. */
export const log = pino({
  level: process.env.LOG_LEVEL ?? (process.env.NODE_ENV === 'test' ? 'silent' : 'info'),
  base: undefined,
  redact: {
    paths: ['*.password', '*.secret', '*.authorization', 'headers.authorization'],
    censor: '[hidden]',
  },
});
