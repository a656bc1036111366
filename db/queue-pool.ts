import pg from 'pg';
import { findPrimary, hostsOf } from './hosts';

/**
 * A pool of the queue's own driver (graphile-worker speaks `pg`, which knows one host only). Of several hosts each new
 * connection goes to the one that takes writes at that moment, so that it follows a failover.
 */
export function openQueuePool(url: string, max: number): pg.Pool {
  const several = hostsOf(url).length > 1;
  const [first] = hostsOf(url);
  class PrimaryClient extends pg.Client {
    override connect(): Promise<pg.Client>;
    override connect(callback: (error: Error) => void): void;
    override connect(callback?: (error: Error) => void): Promise<pg.Client> | undefined {
      const connecting = this.findAndConnect();
      if (!callback) return connecting;
      connecting.then(() => callback(undefined as unknown as Error), callback);
      return undefined;
    }
    private async findAndConnect(): Promise<pg.Client> {
      const { hostname, port } = new URL(await findPrimary(url));
      Object.assign(this, { host: hostname, port: Number(port || 5432) });
      await super.connect();
      return this;
    }
  }
  return new pg.Pool({
    connectionString: first,
    max,
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    application_name: 'tierline worker',
    ...(several && { Client: PrimaryClient }),
  });
}
