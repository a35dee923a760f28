// A small website on loopback that the tests crawl. Only a worker with these variables reaches it: TESSERA_CRAWL_NETWORKS=127.0.0.0/8 and
// TESSERA_CRAWL_PORTS with the port that TESSERA_CRAWL_PORT names here; TESSERA_CRAWL_DELAY_MS=20 keeps it short.
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';

/** Where the website is served; 0: the stack that is tried reaches none. */
export const port = Number(process.env.TESSERA_CRAWL_PORT ?? 0);

const NOTICES = 12;
const SLOW_MS = 400;

const html = (title: string, main: string) => `<!doctype html><html lang="en"><head><title>${title}</title></head><body>
<nav><a href="/">Start</a> <a href="/laundry">Laundry</a></nav><main><h1>${title}</h1>${main}</main>
<footer>Kvarnbacken housing cooperative</footer></body></html>`;

const paragraphs = (text: string) =>
  `<p>${text}</p><p>The board of the cooperative answers questions every Tuesday evening in the office on the ground floor.
  Notices are kept for a year, and every member may read the minutes of the meetings in which they were decided.</p>`;

export class TestWebsite {
  /** What the page about the laundry says of its opening. */
  opens = 'seven';
  /** Each page takes a while, so that a crawl can be stopped. */
  slow = false;
  readonly url = `http://127.0.0.1:${port}/`;
  #server: Server;

  constructor() {
    this.#server = createServer((request, response) => {
      const path = new URL(request.url ?? '/', this.url).pathname;
      const [status, type, body] = this.#answer(path);
      setTimeout(
        () => response.writeHead(status, { 'content-type': type }).end(body),
        this.slow && path !== '/robots.txt' ? SLOW_MS : 0
      );
    });
  }

  async serve(): Promise<void> {
    this.#server.listen(port, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  end(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #answer(path: string): [status: number, type: string, body: string] {
    if (path === '/robots.txt') return [200, 'text/plain', 'User-agent: *\nDisallow: /private\n'];
    if (path === '/') return [200, 'text/html', html('Kvarnbacken at home', paragraphs('Welcome.') + this.#links())];
    if (path === '/laundry') {
      const text = `The laundry in the basement opens at ${this.opens} in the morning, and a washing time is booked on the board beside the door.`;
      return [200, 'text/html', html('The laundry', paragraphs(text))];
    }
    if (path === '/broken') return [500, 'text/html', html('Broken', '')];
    const notice = /^\/notice\/(\d+)$/.exec(path)?.[1];
    if (notice) {
      const text = `Notice number ${notice} is about repair number ${notice} in staircase ${notice}, which begins in week ${notice}.`;
      return [200, 'text/html', html(`Notice ${notice}`, paragraphs(text))];
    }
    return [404, 'text/html', html('Not found', '')];
  }

  #links(): string {
    const paths = ['/laundry', '/broken', '/private/minutes'];
    for (let at = 1; at <= NOTICES; at += 1) paths.push(`/notice/${at}`);
    return `<ul>${paths.map((path) => `<li><a href="${path}">${path}</a></li>`).join('')}</ul>`;
  }
}
