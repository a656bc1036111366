import autocannon from 'autocannon';

type Wanted = {
  url: string;
  method?: 'GET' | 'POST';
  headers?: Record<string, string>;
  /** Another path, body or header for every request. */
  each?: () => { path?: string; body?: string; headers?: Record<string, string> };
};

/**
 * Answers per second from a server on this machine, sixteen requests at once, for so many seconds.
 * @throws when an answer is anything but a success: a refusal would be quicker than the work
 */
export async function requestsPerSecond(wanted: Wanted, duration = 3): Promise<number> {
  const { url, method = 'GET', headers = {}, each } = wanted;
  const result = await autocannon({
    url,
    connections: 16,
    duration,
    requests: [
      {
        method,
        headers,
        setupRequest: (request) => {
          const own = each?.() ?? {};
          return { ...request, ...own, headers: { ...request.headers, ...headers, ...own.headers } };
        },
      },
    ],
  });
  if (result.non2xx > 0 || result.errors > 0) {
    throw new Error(
      `${url}: ${result.non2xx} refused, ${result.errors} broken off, of ${result.requests.total}`,
    );
  }
  return result.requests.total / result.duration;
}
