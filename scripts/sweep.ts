import { setTimeout as sleep } from 'node:timers/promises';
import { sweepAbandoned } from './temporary';

// What called us may still be about to end: its pipe closes a moment before it is gone.
await sleep(500);
await sweepAbandoned(process.argv[2] ?? '');
