// A list that is read page by page, and kept current while one changes it.

export interface ListPage<T> {
  items: T[];
  total: number;
  next: string | null;
}

export class PagedList<T> {
  items = $state.raw<T[]>([]);
  total = $state(0);
  next = $state<string | null>(null);
  reading = $state(false);
  readonly #read: (cursor: string) => Promise<ListPage<T>>;
  readonly #idOf: (item: T) => string;

  constructor(first: ListPage<T> | null, read: (cursor: string) => Promise<ListPage<T>>, idOf: (item: T) => string) {
    this.items = first?.items ?? [];
    this.total = first?.total ?? 0;
    this.next = first?.next ?? null;
    this.#read = read;
    this.#idOf = idOf;
  }

  /** Reads the next page; what moved meanwhile stands once. */
  async more(): Promise<void> {
    if (this.next === null || this.reading) return;
    this.reading = true;
    try {
      const page = await this.#read(this.next);
      const shown = new Set(this.items.map(this.#idOf));
      this.items = [...this.items, ...page.items.filter((item) => !shown.has(this.#idOf(item)))];
      this.next = page.next;
    } finally {
      this.reading = false;
    }
  }

  /** Shows it as it is now; first where it is new. */
  keep(item: T): void {
    const id = this.#idOf(item);
    if (this.items.some((old) => this.#idOf(old) === id)) {
      this.items = this.items.map((old) => (this.#idOf(old) === id ? item : old));
    } else {
      this.items = [item, ...this.items];
      this.total += 1;
    }
  }

  drop(id: string): void {
    const left = this.items.filter((item) => this.#idOf(item) !== id);
    this.total -= this.items.length - left.length;
    this.items = left;
  }
}
