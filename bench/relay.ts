import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Hands every request on to `target` as it is, and counts them. */
export async function startCountingRelay(target: string) {
  const agent = new Agent({ keepAlive: true });
  let count = 0;
  const server = createServer((incoming, outgoing) => {
    count++;
    const { method, headers, url = '/' } = incoming;
    const onward = request(new URL(url, target), { agent, method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on('error', (error) => outgoing.destroy(error));
    incoming.pipe(onward);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** How many since the last time it was asked. */
    taken(): number {
      const taken = count;
      count = 0;
      return taken;
    },
    async stop() {
      server.closeAllConnections();
      agent.destroy();
      await new Promise((done) => server.close(done));
    },
  };
}
