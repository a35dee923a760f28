// A look at one page of a website: asked for, and then asked after until its result is there.
import { answer, api } from '$lib/api/client';
import { asProblem, type ApiProblem } from '$lib/api/problem';
import type { WebsiteCheck } from '$lib/api/types';

const FIRST_MS = 300;
const LONGEST_MS = 2000;
/** Far longer than a page may take to answer: no worker does it. */
const TIMEOUT_MS = 60_000;

export class PageCheck {
  /** The last result; it stays until the next one is there. */
  check = $state.raw<WebsiteCheck | null>(null);
  running = $state(false);
  /** There is no result after a minute. */
  late = $state(false);
  problem = $state.raw<ApiProblem | null>(null);
  #call = 0;

  constructor(readonly websiteId: string) {}

  /** Looks at a page, or at the first start address. */
  async start(url: string | null = null): Promise<WebsiteCheck | null> {
    return this.#follow(() =>
      answer(api.POST('/api/v1/websites/{website_id}/check', { params: this.#params(), body: url ? { url } : {} }))
    );
  }

  /** Shows the last check, if there was one, and waits for it if it has not ended. */
  async resume(): Promise<WebsiteCheck | null> {
    const check = await this.#follow(() => this.#read());
    // There was none yet.
    if (this.problem?.status === 404) this.problem = null;
    return check;
  }

  /** Asks no more. */
  stop(): void {
    this.#call += 1;
    this.running = false;
  }

  async #follow(begin: () => Promise<WebsiteCheck>): Promise<WebsiteCheck | null> {
    const call = ++this.#call;
    const current = () => call === this.#call;
    [this.running, this.late, this.problem] = [true, false, null];
    try {
      let check = await begin();
      for (
        let waited = 0, pause = FIRST_MS;
        check.state === 'queued' && current();
        pause = Math.min(pause * 1.5, LONGEST_MS)
      ) {
        if (waited >= TIMEOUT_MS) {
          this.late = true;
          return null;
        }
        await new Promise((resolve) => setTimeout(resolve, pause));
        waited += pause;
        if (current()) check = await this.#read();
      }
      if (!current()) return null;
      this.check = check;
      return check;
    } catch (thrown) {
      if (current()) this.problem = asProblem(thrown);
      return null;
    } finally {
      if (current()) this.running = false;
    }
  }

  #read(): Promise<WebsiteCheck> {
    return answer(api.GET('/api/v1/websites/{website_id}/check', { params: this.#params() }));
  }

  #params() {
    return { path: { website_id: this.websiteId } };
  }
}
