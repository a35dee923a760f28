// One website, kept current by the event feed and, where that falls silent, by asking.
import type { CrawlRun, FeedEvent, Website } from '$lib/api/types';
import { isPlanned, isUnderway, newerRun, type RunAction } from '$lib/text/crawl-run';
import { eventFeed } from './event-feed';
import { actOnRun, readWebsite } from './websites';

const ASK_AGAIN_MS = 10_000;
/** The next time is worked out within seconds after a schedule was changed. */
const SOON_MS = 2000;
const SOON_TIMES = 10;

export class WebsiteState {
  website = $state.raw() as Website;
  /** A crawl that began or ended while one was looking. */
  latest = $state.raw<CrawlRun | null>(null);
  #soon = 0;

  constructor(website: Website) {
    this.website = website;
  }

  get run(): CrawlRun | null {
    return this.website.last_run;
  }

  /** Follows the website until the returned function is called. */
  follow(): () => void {
    const again = () => void this.reload().catch(() => undefined);
    const stopFeed = eventFeed.listen({ event: (event) => this.take(event), resync: again });
    const timer = setInterval(() => {
      if (isUnderway(this.run) && document.visibilityState === 'visible') again();
    }, ASK_AGAIN_MS);
    const soon = setInterval(() => {
      if (!this.#waitsForSchedule() || this.#soon >= SOON_TIMES) return;
      this.#soon += 1;
      again();
    }, SOON_MS);
    return () => {
      stopFeed();
      clearInterval(timer);
      clearInterval(soon);
    };
  }

  async act(action: RunAction): Promise<void> {
    this.#keepRun(await actOnRun(this.website.id, action, this.run));
  }

  async reload(): Promise<void> {
    this.keep(await readWebsite(this.website.id));
  }

  /** Shows the website as it is now. What an event reported about its crawl meanwhile stays. */
  keep(website: Website): void {
    if (website.updated_at !== this.website.updated_at) this.#soon = 0;
    const last = website.last_run;
    const last_run = last ? newerRun(this.run, last) : last;
    this.#note(last_run);
    this.website = { ...website, last_run };
  }

  take(event: FeedEvent): void {
    if (event.type === 'crawl_run' && event.run.website_id === this.website.id) this.#keepRun(event.run);
  }

  #keepRun(next: CrawlRun): void {
    const before = this.run;
    const last_run = newerRun(before, next);
    if (last_run === before) return;
    this.#note(last_run);
    this.website = { ...this.website, last_run };
    // A crawl that has ended leaves other counts and another next time.
    if (!isUnderway(last_run)) void this.reload().catch(() => undefined);
  }

  #note(run: CrawlRun | null): void {
    const before = this.run;
    if (run && (run.id !== before?.id || run.state !== before.state)) this.latest = run;
  }

  #waitsForSchedule(): boolean {
    const { next_run_at, schedule_error } = this.website;
    // While a crawl is paused, there is no next time.
    const planned = isPlanned(this.website) && this.run?.state !== 'paused';
    return planned && next_run_at === null && schedule_error === null && document.visibilityState === 'visible';
  }
}
